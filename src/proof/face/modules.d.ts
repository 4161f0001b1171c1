/** dynalite's own parts, which bring no types; only what is used. */

declare module 'dynalite/actions/*' {
  const action: (
    store: import('./dynamodb-tables').DynaliteStore,
    data: Record<string, unknown>,
    done: (error: (Error & { body?: { __type?: string; message?: string } }) | null, answer?: unknown) => void,
  ) => void;
  export default action;
}

declare module 'dynalite/validations/*' {
  /** Parses the expressions into `data`; the message of what is wrong with them. */
  export const custom: (
    data: Record<string, unknown>,
    store: import('./dynamodb-tables').DynaliteStore,
  ) => string | undefined;
}

/** Packages of the world that bring no types; only what is used. */

declare module 'dynalite' {
  import type { Server } from 'node:http';

  const dynalite: (options: { createTableMs?: number; deleteTableMs?: number; updateTableMs?: number }) => Server;
  export default dynalite;
}

declare module 'snappyjs' {
  export const compress: (input: Uint8Array) => Uint8Array;
  export const uncompress: (input: Uint8Array) => Uint8Array;
}

import type { RuntimeConfig } from '../../config/runtime';

/** What the reloader tells, each as it happens. Files are relative to the checkout. */
export type ReloadEvent =
  /** Saves are seen from now on. */
  | { kind: 'watching' }
  /** New code answers. `ms`: from the file event to the moment at which its handler is there to be asked. */
  | { kind: 'reloaded'; files: string[]; ms: number; parts: { build: number; load: number } }
  /** A mistake, to be shown as it is: where, what, and what to do. What ran before goes on. */
  | { kind: 'broken'; of: 'code' | 'config' | 'infrastructure'; files: string[]; text: string }
  /** `changes`: lines for people, `policy.cpu.up: 70 → 80`. `config` is what the function would get (as cluster `k3s-local`). */
  | { kind: 'config'; files: string[]; changes: string[]; config: RuntimeConfig }
  /** What a deploy would change of the stack as `dev` began with it, a line for each address; none where it is the same. */
  | { kind: 'infrastructure'; files: string[]; changes: string[] }
  /** What runs is made of these: they take effect when `dev` is started again. */
  | { kind: 'restart'; files: string[] };

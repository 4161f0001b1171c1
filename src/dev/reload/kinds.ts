/** What a saved file is to a running `dev`. */
export type Kind =
  /** In the bundle: it is built and loaded. */
  | 'code'
  /** The configuration: it is read and checked anew. */
  | 'config'
  /** What Terraform's stack is made of: it is synthesized anew. */
  | 'infrastructure'
  /** This program's own: what runs has it loaded. */
  | 'program'
  /** Nothing that runs reads it. */
  | 'none';

export const CONFIG_FILE = 'autoscaler.config.ts';

const INFRASTRUCTURE = /^(src\/infra\/|userdata\/|k8s\/|main\.ts$)/;
const PROGRAM = /^src\/(?!autoscaler\/|adapters\/).*\.(ts|cjs)$/;

/** @param isCode whether it is one of the bundle's inputs */
export function kindOf(file: string, isCode: (file: string) => boolean): Kind {
  if (file === CONFIG_FILE) return 'config';
  if (isCode(file)) return 'code';
  if (INFRASTRUCTURE.test(file)) return 'infrastructure';
  return PROGRAM.test(file) ? 'program' : 'none';
}

import { askProgram } from './ask-program';
import { Unusable } from './errors';

/** Write-only values, which keep tokens out of the state, and locks in S3 came with it. OpenTofu numbers them the same. */
const LEAST = [1, 11] as const;
const NEEDED = `Terraform ${LEAST.join('.')} or newer is needed, for write-only values and the lock file in S3`;
const FIX = 'install it (https://developer.hashicorp.com/terraform/install), or name another by TERRAFORM_BINARY_NAME';

export interface Binary {
  /** Name or path. */
  program: string;
  version: string;
}

/** cdktf's own name for the variable, so that one setting serves both. */
export const programName = (env: NodeJS.ProcessEnv): string => env.TERRAFORM_BINARY_NAME || 'terraform';

const isEnough = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
};

/**
 * The Terraform to use.
 *
 * @throws {Unusable} where it is missing, does not answer, or is too old
 */
export async function findTerraform(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<Binary> {
  const program = programName(env);
  const unusable = (value: unknown, rule: string) => new Unusable(program, 'version', { value, rule, fix: FIX });
  const ended = await askProgram(program, ['version', '-json'], {
    env: { ...env, CHECKPOINT_DISABLE: '1' },
    signal,
    absent: () => unusable(undefined, `${NEEDED}; no such program is on PATH`),
  });
  const version = versionIn(ended.stdout);
  if (version === undefined) throw unusable(`${ended.stdout}${ended.stderr}`.trim(), `${NEEDED}; this does not tell`);
  if (!isEnough(version)) throw unusable(version, NEEDED);
  return { program, version };
}

function versionIn(text: string): string | undefined {
  try {
    const { terraform_version: version } = JSON.parse(text) as { terraform_version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

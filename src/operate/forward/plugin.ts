import { askProgram } from '../../deploy/ask-program';
import { Unusable } from '../../deploy/errors';

/** AWS' own program, which speaks the protocol of a session. */
export const PLUGIN = 'session-manager-plugin';

/**
 * Later ones take the session's token by an environment variable. This one and those before it want it among their
 * arguments, which every user of the machine can read. (aws-cli, `awscli/customizations/sessionmanager.py`)
 */
const LAST_WITH_TOKEN_IN_ARGUMENTS = [1, 2, 497, 0];

const NEEDED = `AWS' Session Manager plugin newer than ${LAST_WITH_TOKEN_IN_ARGUMENTS.join('.')} carries what is forwarded`;
const FIX =
  'install it: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html';

/**
 * The version of the plugin on `PATH`.
 *
 * @throws {Unusable} where there is none, it does not tell its version, or it is too old
 */
export async function findPlugin(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  const unusable = (value: unknown, rule: string) => new Unusable(PLUGIN, 'version', { value, rule, fix: FIX });
  const { stdout, stderr } = await askProgram(PLUGIN, ['--version'], {
    env,
    signal,
    absent: () => unusable(undefined, `${NEEDED}; no such program is on PATH`),
  });
  const version = stdout.trim();
  if (!/^\d+(\.\d+){0,3}$/.test(version)) throw unusable(`${stdout}${stderr}`.trim(), `${NEEDED}; this does not tell`);
  if (!isEnough(version)) throw unusable(version, `${NEEDED}: older ones show the session's token to every user here`);
  return version;
}

function isEnough(version: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, last] of LAST_WITH_TOKEN_IN_ARGUMENTS.entries()) {
    const part = parts[index] ?? 0;
    if (part !== last) return part > last;
  }
  return false;
}

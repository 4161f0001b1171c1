import { askProgram } from '../deploy/ask-program';
import { Unusable } from '../deploy/errors';
import { K3S } from '../infra/k3s';

/** Programs of other people's that the guide and our fixes have people type. Nothing here starts them but for a version. */

const KUBECTL_NEEDED =
  `kubectl within one minor version of the cluster's K3s (${K3S.version}) is what Kubernetes supports ` +
  '(https://kubernetes.io/releases/version-skew-policy/)';
const KUBECTL_FIX = 'install it: https://kubernetes.io/docs/tasks/tools/';

/**
 * The version of the kubectl on `PATH`. Its own: no cluster is asked.
 *
 * @throws {Unusable} where there is none, it does not tell its version, or it is too far from that of K3s
 */
export async function findKubectl(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  const unusable = (value: unknown, rule: string) =>
    new Unusable('kubectl', 'version', { value, rule, fix: KUBECTL_FIX });
  const { stdout, stderr } = await askProgram('kubectl', ['version', '--client', '--output', 'json'], {
    env,
    signal,
    absent: () => unusable(undefined, `${KUBECTL_NEEDED}; no such program is on PATH`),
  });
  const version = gitVersionIn(stdout);
  const [own, wanted] = [minorOf(version ?? ''), minorOf(K3S.version)];
  if (version === undefined || own === undefined || wanted === undefined) {
    throw unusable(`${stdout}${stderr}`.trim(), `${KUBECTL_NEEDED}; this does not tell`);
  }
  if (own.major !== wanted.major || Math.abs(own.minor - wanted.minor) > 1) throw unusable(version, KUBECTL_NEEDED);
  return version;
}

function gitVersionIn(text: string): string | undefined {
  try {
    const { clientVersion } = JSON.parse(text) as { clientVersion?: { gitVersion?: unknown } };
    return typeof clientVersion?.gitVersion === 'string' ? clientVersion.gitVersion : undefined;
  } catch {
    return undefined;
  }
}

function minorOf(version: string): { major: number; minor: number } | undefined {
  const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(version) ?? [];
  return major === undefined || minor === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

/**
 * `aws logs tail` came with 2 and is not in 1 (https://docs.aws.amazon.com/cli/latest/reference/logs/tail.html,
 * https://docs.aws.amazon.com/cli/v1/reference/logs/); all other commands of ours do with either.
 */
const LEAST_AWS = 2;
const AWS_NEEDED = `AWS CLI ${LEAST_AWS} or newer runs the commands of the guide and of doctor; \`aws logs tail\` is not in 1`;
const AWS_FIX = 'install it: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html';

/**
 * The version of the AWS CLI on `PATH`.
 *
 * @throws {Unusable} where there is none, it does not tell its version, or it is too old
 */
export async function findAwsCli(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  const unusable = (value: unknown, rule: string) => new Unusable('aws', 'version', { value, rule, fix: AWS_FIX });
  const { stdout, stderr } = await askProgram('aws', ['--version'], {
    env,
    signal,
    absent: () => unusable(undefined, `${AWS_NEEDED}; no such program is on PATH`),
  });
  const [, version] = /^aws-cli\/(\d+(?:\.\d+)*)/.exec(stdout) ?? [];
  if (version === undefined) throw unusable(`${stdout}${stderr}`.trim(), `${AWS_NEEDED}; this does not tell`);
  if (Number.parseInt(version, 10) < LEAST_AWS) throw unusable(version, AWS_NEEDED);
  return version;
}

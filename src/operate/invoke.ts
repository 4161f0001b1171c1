import { SignatureV4 } from '@smithy/signature-v4';
import { withDeadline } from '../adapters/aws';
import { Unusable } from '../deploy/errors';
import { endpointOf } from './endpoint';
import { type Deployed, laptopClient, outOfReach } from './stage';

/** A tick may last as long as the function may run, which is at most five minutes here. */
const DEADLINE_MS = 330_000;

/**
 * Invokes the stage's function and waits for its answer. One signed request: a client for the whole of Lambda would be a
 * dependency for one call (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html). Never repeated: a tick that
 * was started once need not be started twice.
 *
 * @throws Unusable where the function is out of reach, or failed
 */
export async function invoke(
  stage: Deployed,
  event: Record<string, unknown>,
  env: NodeJS.ProcessEnv,
): Promise<unknown> {
  const endpoint = endpointOf('lambda', stage.region, env);
  const where = {
    ...stage,
    service: 'Lambda',
    name: stage.function,
    right: `lambda:InvokeFunction on ${stage.function}`,
  };
  let answer: { status: number; failed: boolean; error: string; body: string };
  try {
    answer = await withDeadline('Lambda Invoke', DEADLINE_MS, (signal) =>
      send(endpoint, stage, JSON.stringify(event), signal),
    );
  } catch (error) {
    throw outOfReach(error, where);
  }
  if (answer.status >= 300) {
    throw outOfReach(
      Object.assign(new Error(`HTTP ${answer.status} ${answer.body.slice(0, 200)}`), { name: answer.error }),
      where,
    );
  }
  const value = parsed(answer.body);
  if (!answer.failed) return value;
  const { errorType = 'Error', errorMessage = answer.body } = (value ?? {}) as Record<string, string>;
  throw new Unusable(`Lambda in ${stage.region}`, stage.function, {
    value: undefined,
    rule: `failed: ${errorType}: ${errorMessage}`,
    fix: `see its log, /aws/lambda/${stage.function}; the next tick goes on where it stopped`,
  });
}

async function send(endpoint: URL, { region, function: name }: Deployed, body: string, signal: AbortSignal) {
  // The SDK's own way to credentials and hashes, which each of its clients carries.
  const client = laptopClient(region);
  try {
    const { credentials, sha256 } = client.config;
    const signer = new SignatureV4({ service: 'lambda', region, credentials, sha256 });
    const path = `/2015-03-31/functions/${name}/invocations`;
    const { method, headers } = await signer.sign({
      method: 'POST',
      protocol: endpoint.protocol,
      hostname: endpoint.hostname,
      path,
      query: {},
      headers: { host: endpoint.host, 'content-type': 'application/json' },
      body,
    });
    const response = await fetch(new URL(path, endpoint), { method, headers, body, signal });
    return {
      status: response.status,
      failed: response.headers.has('x-amz-function-error'),
      error: (response.headers.get('x-amzn-errortype') ?? '').split(':')[0] as string,
      body: await response.text(),
    };
  } finally {
    client.destroy();
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

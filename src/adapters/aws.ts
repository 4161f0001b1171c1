/** What the AWS clients share: deadlines, attempts, endpoints. */

/** A service that never answers is given up on after this long, all of the SDK's own attempts included. */
export const AWS_DEADLINE_MS = 5_000;

export interface AwsTimeouts {
  connectionMs: number;
  requestMs: number;
  /** Of one `send`, with its retries. */
  deadlineMs: number;
}

export const AWS_TIMEOUTS: AwsTimeouts = { connectionMs: 1_000, requestMs: 3_000, deadlineMs: AWS_DEADLINE_MS };

/** Without `throwOnRequestTimeout` the SDK only prints a warning when `requestTimeout` is over, and goes on waiting. */
export const handlerOptions = (timeouts: AwsTimeouts) => ({
  connectionTimeout: timeouts.connectionMs,
  requestTimeout: timeouts.requestMs,
  throwOnRequestTimeout: true,
});

/**
 * Dual-stack names are the function's way out of a VPC with no NAT, where its egress is IPv6 only; interface endpoints
 * answer to the ordinary names alone, so the configuration says which. The SDK refuses dual-stack together with an
 * endpoint override ("A custom endpoint cannot be combined with dual-stack").
 */
export function wantsDualstack(
  service: 'EC2' | 'SSM',
  dualStack: boolean,
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  return dualStack && !env.AWS_ENDPOINT_URL && !env[`AWS_ENDPOINT_URL_${service}`];
}

/**
 * Runs one SDK call under a deadline. The SDK's request timeout covers an attempt up to the answer's first byte only,
 * and its abort signal does not end a body that stalls: so the call is raced as well.
 */
export async function withDeadline<T>(
  what: string,
  deadlineMs: number,
  call: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`${what} did not answer within ${deadlineMs} ms`);
      error.name = 'TimeoutError';
      reject(error);
      controller.abort(error);
    }, deadlineMs);
  });
  try {
    return await Promise.race([call(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

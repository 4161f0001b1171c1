import type { UnknownReason } from '../autoscaler/snapshot';

/** A source could not be read, and why, in the words of `Observed`. */
export class SourceError extends Error {
  constructor(
    readonly reason: UnknownReason,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'SourceError';
  }
}

export type Unknown = { known: false; reason: UnknownReason; detail: string };

/** Makes the `known: false` of an `Observed` out of whatever was thrown. `source` opens the detail. */
export function toUnknown(source: string, error: unknown): Unknown {
  return { known: false, reason: unknownReasonOf(error), detail: `${source}: ${describe(error)}` };
}

export function unknownReasonOf(error: unknown): UnknownReason {
  if (error instanceof SourceError) return error.reason;
  if (isTimeout(error)) return 'timeout';
  const status = statusOf(error);
  if (status !== undefined) return 'refused';
  if (isNetworkError(error)) return 'unreachable';
  return 'invalid';
}

/** `Name: message (code)`, without the stack: for log lines and details. */
export function describe(error: unknown): string {
  if (!isError(error)) return String(error);
  const code = codeOf(error);
  const text = error.message === '' ? error.name : error.message;
  return code === undefined || text.includes(code) ? text : `${text} (${code})`;
}

/** HTTP status of an AWS answer; undefined when there was none, so that nothing is known of the effect. */
export function statusOf(error: unknown): number | undefined {
  const metadata = (error as { $metadata?: { httpStatusCode?: unknown } } | undefined)?.$metadata;
  return typeof metadata?.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

/** `InsufficientInstanceCapacity`, `ECONNREFUSED`, `UND_ERR_CONNECT_TIMEOUT` … */
export function codeOf(error: unknown): string | undefined {
  if (!isError(error)) return undefined;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && code !== '') return code;
  return statusOf(error) === undefined ? undefined : error.name;
}

const TIMEOUT_CODES = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

function isTimeout(error: unknown): boolean {
  if (!isError(error)) return false;
  return error.name === 'TimeoutError' || error.name === 'AbortError' || TIMEOUT_CODES.has(codeOf(error) ?? '');
}

/** Connection, name and certificate errors of Node carry an upper-case code. */
function isNetworkError(error: unknown): boolean {
  return /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(codeOf(error) ?? '');
}

/** By shape: an error made in another realm (a worker's sandbox, a test's) is no `instanceof Error` of this one. */
const isError = (error: unknown): error is Error =>
  typeof error === 'object' && error !== null && 'name' in error && 'message' in error;

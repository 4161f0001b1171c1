/**
 * Kubernetes quantities (`k8s.io/apimachinery/pkg/api/resource`): a decimal number with a binary suffix (Ki … Ei), a
 * decimal suffix (n u m k M G T P E) or an exponent. Computed with whole numbers: 0.1 + 0.2 must not cost a node.
 */
const QUANTITY = /^([+-]?)(\d+\.?\d*|\.\d+)(?:(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E)|[eE]([+-]?\d{1,2}))?$/;

const BINARY: Record<string, number> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 };
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

export class QuantityError extends Error {
  constructor(value: unknown, rule: string) {
    super(`${JSON.stringify(value)} is no quantity that can be counted: ${rule}`);
    this.name = 'QuantityError';
  }
}

/** Millicores, rounded up as the scheduler does. Throws `QuantityError`. */
export const parseCpuMilli = (value: unknown): number => parse(value, 3);

/** Bytes, rounded up. Throws `QuantityError`. */
export const parseBytes = (value: unknown): number => parse(value, 0);

/** Whole things (pods), rounded up. Throws `QuantityError`. */
export const parseCount = (value: unknown): number => parse(value, 0);

/** Value × 10^scale, rounded up. */
function parse(value: unknown, scale: number): number {
  // JSON numbers are allowed where a quantity is (`cpu: 1` in a manifest); the API server writes strings.
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') throw new QuantityError(value, 'a string like "500m", "1.5" or "256Mi" is needed');
  const match = QUANTITY.exec(text);
  if (match === null)
    throw new QuantityError(value, 'a number with a suffix n, u, m, k, M … E, Ki … Ei, or an exponent');
  if (match[1] === '-') throw new QuantityError(value, 'a request or capacity is not below zero');
  return scaled(value, match[2] ?? '0', match[3] ?? '', Number(match[4] ?? 0), scale);
}

function scaled(value: unknown, number: string, suffix: string, exponent: number, scale: number): number {
  const [whole = '', fraction = ''] = number.split('.');
  const ten = scale + exponent + (DECIMAL[suffix] ?? 0) - fraction.length;
  let numerator = BigInt(`${whole}${fraction}`) * 1024n ** BigInt(BINARY[suffix] ?? 0);
  let denominator = 1n;
  if (ten >= 0) numerator *= 10n ** BigInt(ten);
  else denominator = 10n ** BigInt(-ten);
  const result = (numerator + denominator - 1n) / denominator;
  if (result > BigInt(Number.MAX_SAFE_INTEGER)) throw new QuantityError(value, 'it is more than 2^53');
  return Number(result);
}

import { SourceError } from './errors';
import { excerpt, type HttpResponse, parseJson } from './http';

export interface VectorSample {
  metric: Record<string, string>;
  value: number;
}

/** The answer to an instant query (`/api/v1/query`). Throws `SourceError`: anything but a plain, whole success is doubtful. */
export function parseVector({ status, body }: HttpResponse): VectorSample[] {
  if (status !== 200) throw new SourceError('refused', `HTTP ${status} to a query: ${excerpt(body)}`);
  const answer = parseJson('Prometheus', body) as Answer | null;
  if (answer?.status !== 'success') throw new SourceError('refused', `status is not success: ${excerpt(body)}`);
  // A warning says that the result may be partial. Infos (Prometheus 3) are remarks on the query's style.
  if (answer.warnings?.length)
    throw new SourceError('invalid', `answered with warnings: ${answer.warnings.join('; ')}`);
  const { resultType, result } = answer.data ?? {};
  if (resultType !== 'vector' || !Array.isArray(result)) {
    throw new SourceError('invalid', `the result is no vector: ${excerpt(body)}`);
  }
  return result.map(toSample);
}

interface Answer {
  status?: unknown;
  warnings?: string[];
  data?: { resultType?: unknown; result?: unknown };
}

function toSample(entry: { metric?: Record<string, string>; value?: [unknown, unknown] } | null): VectorSample {
  const text = entry?.value?.[1];
  if (typeof text !== 'string') throw new SourceError('invalid', `a sample has no value: ${JSON.stringify(entry)}`);
  return { metric: entry?.metric ?? {}, value: parseValue(text) };
}

/** Go's spelling of floats. */
function parseValue(text: string): number {
  if (text === 'NaN') return Number.NaN;
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  const value = text === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw new SourceError('invalid', `a sample's value is ${JSON.stringify(text)}, no number`);
  return value;
}

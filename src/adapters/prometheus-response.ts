import { SourceError } from './errors';
import { excerpt, type HttpResponse, parseJson } from './http';

export interface VectorSample {
  metric: Record<string, string>;
  value: number;
}

export interface Series {
  metric: Record<string, string>;
  /** Milliseconds since 1970, and the value then. */
  points: [number, number][];
}

/** The answer to an instant query (`/api/v1/query`). Throws `SourceError`: anything but a plain, whole success is doubtful. */
export const parseVector = (response: HttpResponse): VectorSample[] => resultOf(response, 'vector').map(toSample);

/** The same of a query whose answer is a range of values, as a subquery's is. */
export const parseMatrix = (response: HttpResponse): Series[] => resultOf(response, 'matrix').map(toSeries);

function resultOf({ status, body }: HttpResponse, wanted: 'vector' | 'matrix'): Entry[] {
  if (status !== 200) throw new SourceError('refused', `HTTP ${status} to a query: ${reasonIn(body)}`);
  const answer = parseJson('Prometheus', body) as Answer | null;
  if (answer?.status !== 'success') throw new SourceError('refused', `status is not success: ${excerpt(body)}`);
  // A warning says that the result may be partial. Infos (Prometheus 3) are remarks on the query's style.
  if (answer.warnings?.length)
    throw new SourceError('invalid', `answered with warnings: ${answer.warnings.join('; ')}`);
  const { resultType, result } = answer.data ?? {};
  if (resultType !== wanted || !Array.isArray(result)) {
    throw new SourceError('invalid', `the result is no ${wanted}: ${excerpt(body)}`);
  }
  return result;
}

/** Prometheus says in JSON what it does not like; a proxy before it says anything. */
function reasonIn(body: string): string {
  try {
    const { error } = JSON.parse(body) as Answer;
    return typeof error === 'string' ? error : excerpt(body);
  } catch {
    return excerpt(body);
  }
}

interface Answer {
  status?: unknown;
  error?: unknown;
  warnings?: string[];
  data?: { resultType?: unknown; result?: unknown };
}

type Entry = { metric?: Record<string, string>; value?: Point; values?: Point[] } | null;
type Point = [unknown, unknown];

function toSample(entry: Entry): VectorSample {
  const text = entry?.value?.[1];
  if (typeof text !== 'string') throw new SourceError('invalid', `a sample has no value: ${JSON.stringify(entry)}`);
  return { metric: entry?.metric ?? {}, value: parseValue(text) };
}

function toSeries(entry: Entry): Series {
  const points = (entry?.values ?? []).map(([seconds, text]): [number, number] => {
    if (typeof seconds !== 'number' || typeof text !== 'string') {
      throw new SourceError('invalid', `a point has no time or value: ${JSON.stringify([seconds, text])}`);
    }
    return [Math.round(seconds * 1000), parseValue(text)];
  });
  return { metric: entry?.metric ?? {}, points };
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

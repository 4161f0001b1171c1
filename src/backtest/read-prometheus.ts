import { SourceError } from '../adapters/errors';
import { type Http, HttpClient, joinUrl } from '../adapters/http';
import { parseMatrix, type Series } from '../adapters/prometheus-response';
import { type Answers, noAnswers } from './answers';
import { DataRefused } from './errors';
import type { NodeNames } from './node-names';
import { QUERY_NAMES, queriesFor } from './queries';
import { type Range, stepsIn, timeOf } from './range';

/** Prometheus refuses a range of more than 11 000 points (web/api/v1, `exceeded maximum resolution`). */
export const MOST_POINTS = 11_000;
/** A page that is refused for its size is halved down to this. */
const LEAST_POINTS = 50;
const PAGE_DEADLINE_MS = 120_000;
const MOST_BYTES = 512 * 1024 * 1024;

/** What a server says of a question that is too large for it: `--query.max-samples`, `--query.timeout`. */
const TOO_LARGE = /too many samples|timed out|timeout|maximum resolution|longer than/i;

/**
 * Asks a Prometheus for the whole range, in pages.
 *
 * @param names of the nodes of its cluster
 * @param signal ends it
 * @throws {DataRefused} names the server, the query and its words
 */
export async function readPrometheus(
  url: URL,
  range: Range,
  names: NodeNames,
  signal: AbortSignal,
  http?: Http,
): Promise<Answers> {
  const client = http ?? new HttpClient({ maxBytes: MOST_BYTES });
  const answers = noAnswers();
  const queries = queriesFor(range.stepMs, names);
  try {
    for (const name of QUERY_NAMES) {
      answers[name] = await pages(range, (from, to) =>
        page({ client, url, query: queries[name], step: range.stepMs, from, to, signal }),
      ).catch((error: unknown) => {
        throw refused(url, name, error, signal);
      });
    }
    return answers;
  } finally {
    if (!http) await client.close();
  }
}

async function pages(range: Range, ask: (from: number, to: number) => Promise<Series[]>): Promise<Series[]> {
  const all: Series[] = [];
  let points = MOST_POINTS;
  for (let first = 0; first < stepsIn(range); ) {
    const last = Math.min(first + points, stepsIn(range)) - 1;
    try {
      for (const series of await ask(timeOf(range, first), timeOf(range, last))) all.push(series);
      first = last + 1;
    } catch (error) {
      if (!(error instanceof SourceError) || !TOO_LARGE.test(error.message) || points <= LEAST_POINTS) throw error;
      points = Math.max(LEAST_POINTS, Math.floor(points / 2));
    }
  }
  return all;
}

interface Page {
  client: Http;
  url: URL;
  query: string;
  step: number;
  from: number;
  to: number;
  signal: AbortSignal;
}

async function page({ client, url, query, step, from, to, signal }: Page): Promise<Series[]> {
  const seconds = (ms: number): string => (ms / 1000).toFixed(3);
  return parseMatrix(
    await client.send({
      method: 'POST',
      url: joinUrl(url.href, 'api/v1/query_range'),
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({ query, start: seconds(from), end: seconds(to), step: seconds(step) }).toString(),
      signal: AbortSignal.any([signal, AbortSignal.timeout(PAGE_DEADLINE_MS)]),
    }),
  );
}

function refused(url: URL, name: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new DataRefused(
    `--prometheus ${url.href}: query '${name}' was not answered: ${why}; ` +
      'give the address of a Prometheus that is reached from here (npm run forward shows the one of a stage)',
  );
}

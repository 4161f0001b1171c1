import type { Http, HttpRequest, HttpResponse } from '../../adapters/http';
import { garbage } from '../../world/wire/http';
import { ask, isRetriedByHttp } from './client';
import type { Invocation } from './invocation';
import type { Scrapes } from './scrapes';

type Vector = { metric: Record<string, string>; value: [number, string] }[];

const MANNERS = { attempts: 2, patienceMs: 4_000, isRetried: isRetriedByHttp };

/** Prometheus as `PrometheusSource` asks it: the five queries it sends, each told by what it names. */
export function prometheusHttp(scrapes: Scrapes, caller: () => Invocation): Http {
  return {
    async send(request) {
      const { query, at } = decode(request);
      return ask(
        caller,
        { service: 'prometheus', operation: 'query', mutates: false, target: nameOf(query) },
        {
          perform: () => {
            const vector = evaluate(scrapes, query, at);
            const nodes = vector.flatMap(({ metric }) => metric.node ?? []);
            return { answer: success(vector), truth: { kind: 'series', nodes, ageMs: scrapes.ageMs(at) } };
          },
          refuse: (code) => ({ status: Number(code) || 503, headers: {}, body: 'upstream connect error' }),
          garbage: () => ({ ...garbage, body: String(garbage.body) }),
          // Some targets were not scraped: their series are missing. A single number is of all that were.
          partial: (whole) => {
            const { result } = (JSON.parse(whole.body) as { data: { result: Vector } }).data;
            return success(result.length > 1 ? result.slice(0, -1) : result);
          },
        },
        MANNERS,
      );
    },
    close: async () => {},
  };
}

function decode({ body = '' }: HttpRequest): { query: string; at: number } {
  const form = new URLSearchParams(body);
  return { query: form.get('query') ?? '', at: Math.round(Number(form.get('time')) * 1000) };
}

const nameOf = (query: string): string => {
  if (query.includes('kube_node_info')) return 'state age';
  if (query.includes('kube_pod_status_unschedulable')) return 'unschedulable';
  return query.includes('rate(') ? `cpu ${windowOf(query) / 60_000}m` : 'exporter age';
};

const windowOf = (query: string): number => Number(/\[(\d+)ms\]/.exec(query)?.[1]);

function evaluate(scrapes: Scrapes, query: string, at: number): Vector {
  const one = (value: number | undefined): Vector => (value === undefined ? [] : [sample({}, value, at)]);
  const byNode = (values: Map<string, number>): Vector =>
    [...values].map(([node, value]) => sample({ node }, value, at));
  switch (nameOf(query)) {
    case 'state age':
      return one(scrapes.stateAge(at));
    case 'unschedulable':
      return one(scrapes.unschedulable(at));
    case 'exporter age':
      return byNode(scrapes.exporterAges(at));
    default:
      return byNode(scrapes.busyShares(at, windowOf(query)));
  }
}

const sample = (metric: Record<string, string>, value: number, at: number): Vector[number] => ({
  metric,
  value: [at / 1000, String(value)],
});

const success = (result: Vector): HttpResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }),
});

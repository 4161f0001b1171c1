import { createServer } from 'node:http';
import { ApiClient, type WatchEvent } from './api';
import { closed, hostOf, listening } from './local-server';
import { until } from './until';

const changed = (version: string) => ({
  type: 'MODIFIED',
  object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', resourceVersion: version } },
});
const GONE = { type: 'ERROR', object: { kind: 'Status', metadata: {}, code: 410 } };

/** An API server whose watches tell of what is given, one after the other, and end; the last one does not end. */
async function serverOf(watches: object[][]) {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    if (!url.includes('watch=true')) {
      response.end(JSON.stringify({ metadata: { resourceVersion: '7' }, items: [] }));
      return;
    }
    const events = watches[asked.push(url) - 1] ?? [];
    response.write(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    if (asked.length < watches.length) response.end();
  });
  await listening(server);
  return { server, asked };
}

const at = (version: string) => `/pods?watch=true&resourceVersion=${version}`;

describe('a watch', () => {
  it.each<[string, object[][], asked: string[], told: string[]]>([
    [
      'that the server ends goes on where it was',
      [[changed('8'), changed('9')], [changed('10')]],
      [at('7'), at('9')],
      ['8', '9', '10'],
    ],
    ['that ends before a change begins again', [[], [changed('8')]], [at('7'), at('7')], ['8']],
    ['whose version is too old is over', [[changed('8'), GONE], [changed('10')]], [at('7')], ['8']],
  ])('%s', async (_, watches, asked, told) => {
    // GIVEN
    const api = await serverOf(watches);
    const client = new ApiClient({ url: `http://${hostOf(api.server)}`, ca: '' });
    const end = new AbortController();
    const heard: WatchEvent[] = [];
    try {
      // WHEN
      await client.watch('pods', (event) => heard.push(event), end.signal);
      await until('all is told', () => heard.length >= told.length, { withinMs: 5_000 });
      // THEN
      expect(heard.map(({ object }) => object.metadata.resourceVersion)).toEqual(told);
      expect(api.asked).toEqual(asked);
    } finally {
      end.abort();
      await client.close();
      await closed(api.server);
    }
  });
});

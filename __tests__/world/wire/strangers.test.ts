import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Wire } from '../../../src/world/contract';
import { startWire } from '../../../src/world/wire';
import { HandModel, prometheusPath } from './hand-model';

/** What a web page of anywhere can send to the doors of the world that are on this machine. */

let model: HandModel;
let wire: Wire;
beforeAll(async () => {
  model = new HandModel();
  wire = await startWire(model, { bundle: __filename, prometheus: await prometheusPath(), scrapeMs: 15_000, seed: 1 });
});
afterAll(() => wire.stop());

type Door = keyof Wire['addresses'];
type Headers = Record<string, string>;

interface Said {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

/** As it is, with whatever headers: `fetch` sets its own. */
const ask = (url: string, method: string, headers: Headers, body = ''): Promise<Said> =>
  new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? httpsRequest : httpRequest;
    const sent = request(url, { method, headers, rejectUnauthorized: false }, (answer) => {
      let said = '';
      answer.on('data', (chunk: Buffer) => {
        said += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: said }));
    });
    sent.on('error', reject).end(body);
  });

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const LAUNCH =
  'Action=RunInstances&MinCount=1&MaxCount=1&LaunchTemplate.LaunchTemplateId=lt-1&InstanceType=t3.medium&SubnetId=subnet-a';

/** What does something at each door; Prometheus' own is another program's. */
const ASK: Record<Exclude<Door, 'prometheus'>, (headers: Headers) => Promise<Said>> = {
  ec2: (headers) => ask(wire.addresses.ec2, 'POST', { ...FORM, ...headers }, LAUNCH),
  ssm: (headers) => ask(wire.addresses.ssm, 'POST', { 'x-amz-target': 'AmazonSSM.GetParameter', ...headers }, '{}'),
  dynamodb: (headers) =>
    ask(wire.addresses.dynamodb, 'POST', { 'x-amz-target': 'DynamoDB_20120810.ListTables', ...headers }, '{}'),
  kubernetes: (headers) => ask(`${wire.addresses.kubernetes}/api/v1/nodes`, 'GET', headers),
};
const DOORS = Object.keys(ASK) as (keyof typeof ASK)[];

const portOf = (door: Door): string => new URL(wire.addresses[door]).port;

const HOSTILE: [string, string, (door: Door) => string][] = [
  ['a page of the internet', 'Origin', () => 'https://evil.example'],
  ['a sandboxed page or a file', 'Origin', () => 'null'],
  ['a page of another port of this machine', 'Origin', () => 'http://127.0.0.1:1'],
  ['the other name of this machine', 'Origin', (door) => wire.addresses[door].replace('127.0.0.1', 'localhost')],
  ['an image or a form of a page of the internet', 'Sec-Fetch-Site', () => 'cross-site'],
  ['an image or a form of another port of this machine', 'Sec-Fetch-Site', () => 'same-site'],
  ['a name that points here', 'Host', (door) => `evil.example:${portOf(door)}`],
  ['a name that begins like ours', 'Host', (door) => `127.0.0.1.evil.example:${portOf(door)}`],
  ['another port', 'Host', () => '127.0.0.1:1'],
  ['no port', 'Host', () => '127.0.0.1'],
];

describe.each(DOORS)('the door of %s', (door) => {
  it.each(HOSTILE)('refuses %s by its %s, and does nothing', async (_who, where, valueAt) => {
    const before = { instances: model.instances.length, calls: wire.calls };
    const value = valueAt(door);
    // WHEN
    const { status, headers, body } = await ASK[door]({ [where]: value });
    // THEN
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ what: 'The request was refused.', where, value });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    expect({ instances: model.instances.length, calls: wire.calls }).toEqual(before);
  });

  it('answers no question of a browser whether it may', async () => {
    const headers = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' };
    const answer = await ask(wire.addresses[door], 'OPTIONS', headers);
    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  it('lets programs in, by both names of this machine', async () => {
    for (const name of ['127.0.0.1', 'localhost']) {
      const { status } = await ASK[door]({ Host: `${name}:${portOf(door)}` });
      expect(status).not.toBe(403);
    }
  });

  it('lets no page read an answer, not even one of its own origin', async () => {
    const { headers } = await ASK[door]({ Origin: wire.addresses[door] });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-allow-origin'))).toEqual([]);
  });
});

it.each(['https://evil.example', 'null', 'http://127.0.0.1:1'])('Prometheus lets %s read nothing', async (Origin) => {
  const { status, headers } = await ask(`${wire.addresses.prometheus}/api/v1/query?query=1`, 'GET', { Origin });
  // It answers, as it asks nobody who they are; but a browser keeps the answer from the page.
  expect(status).toBe(200);
  expect(headers['access-control-allow-origin']).toBeUndefined();
});

it('Prometheus answers whatever Host it is asked by, as docs/security.md says', async () => {
  const { status } = await ask(`${wire.addresses.prometheus}/api/v1/query?query=1`, 'GET', { Host: 'evil.example' });
  expect(status).toBe(200);
});

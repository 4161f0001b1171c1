import { FAULTS } from '../../../src/dev/interactive/menus';
import { KEPT_TICKS } from '../../../src/dev/kept';
import type { Pushed, Run } from '../../../src/dev/web/frame';
import { startWebView, type WebView } from '../../../src/dev/web/server';
import { frame, HEAD, STATE } from './builders';
import { ask, Listener } from './client';

/** The real server on a free port, asked over HTTP. */
let view: WebView;
let obeyed: unknown[];
let lines: string[];
let listeners: Listener[];

const controls = (): Parameters<typeof startWebView>[0]['controls'] => {
  const note =
    (name: string) =>
    (...given: unknown[]) => {
      obeyed.push([name, ...given]);
      return undefined;
    };
  return {
    ...{ tick: note('tick'), pause: note('pause'), resume: note('resume'), speed: note('speed') },
    ...{ load: note('load'), fault: note('fault'), scenario: note('scenario') },
  };
};

const start = (more: Partial<Parameters<typeof startWebView>[0]> = {}) =>
  startWebView({ head: HEAD, state: STATE, controls: controls(), log: (line) => lines.push(line), ...more });

beforeEach(async () => {
  obeyed = [];
  lines = [];
  listeners = [];
  view = await start();
});
afterEach(async () => {
  for (const listener of listeners) listener.close();
  await view.close();
});

async function listen(lastId?: string): Promise<Listener> {
  const listener = await Listener.open(view.url, lastId);
  listeners.push(listener);
  return listener;
}

const post = (body: unknown, headers: Record<string, string> = {}) =>
  ask(`${view.url}/control`, {
    method: 'POST',
    headers: { origin: view.url, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const without = (name: string, value: Record<string, string>) =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));

describe('the page', () => {
  it('comes with a policy under which only its own script and style run, each answer with a nonce of its own', async () => {
    const [one, other] = [await ask(view.url), await ask(view.url)];
    expect(one.status).toBe(200);
    expect(one.headers['content-type']).toMatch(/^text\/html; charset=utf-8$/i);
    const policy = one.headers['content-security-policy'] as string;
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1] as string;
    expect(policy.split('; ').sort()).toEqual(
      [
        "default-src 'none'",
        `script-src 'nonce-${nonce}'`,
        `style-src 'nonce-${nonce}'`,
        "connect-src 'self'",
        'img-src data:',
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ].sort(),
    );
    expect(one.body).toContain(`nonce="${nonce}"`);
    expect(other.headers['content-security-policy']).not.toBe(policy);
    expect(one.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
    expect(one.headers['cross-origin-resource-policy']).toBe('same-origin');
  });

  it.each(['/', '/frames', '/events', '/control', '/nothing'])(
    'gives no other origin leave to read %s',
    async (path) => {
      // An answer to /events would not end: what refuses it does.
      const { headers, status } = await ask(`${view.url}${path}`, { headers: { origin: 'http://evil.example' } });
      expect(status).toBe(403);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    },
  );

  it('listens on 127.0.0.1 and nowhere else', async () => {
    expect(new URL(view.url).hostname).toBe('127.0.0.1');
    await expect(ask(`http://127.0.0.2:${new URL(view.url).port}/`)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('who may ask', () => {
  const port = () => new URL(view.url).port;

  it.each<[string, () => string]>([
    ['127.0.0.1', () => `127.0.0.1:${port()}`],
    ['localhost', () => `localhost:${port()}`],
  ])('a page at %s', async (_what, host) => {
    expect((await ask(`${view.url}/frames`, { headers: { host: host() } })).status).toBe(200);
    const { status } = await post({ kind: 'tick' }, { host: host(), origin: `http://${host()}` });
    expect(status).toBe(202);
  });

  it.each<[string, () => string]>([
    ['a name that somebody lets point here', () => `evil.example:${port()}`],
    ['a name that only begins like ours', () => `127.0.0.1.evil.example:${port()}`],
    ['a name that only begins like ours, with user', () => `localhost:${port()}@evil.example`],
    ['another port', () => '127.0.0.1:1'],
    ['no port', () => 'localhost'],
    ['the address of any interface', () => `0.0.0.0:${port()}`],
  ])('not by %s', async (_what, host) => {
    for (const path of ['/', '/frames', '/events']) {
      const { status } = await ask(`${view.url}${path}`, { headers: { host: host() } });
      expect([path, status >= 400 && status < 500]).toEqual([path, true]);
    }
    const { status } = await post({ kind: 'tick' }, { host: host() });
    expect(status >= 400 && status < 500).toBe(true);
    expect(obeyed).toEqual([]);
  });

  it.each<[string, (headers: Record<string, string>) => Record<string, string>]>([
    ['another page', (headers) => ({ ...headers, origin: 'https://evil.example' })],
    ['another page of this machine', (headers) => ({ ...headers, origin: 'http://127.0.0.1:1' })],
    ['the other name of this page', (headers) => ({ ...headers, origin: `http://localhost:${port()}` })],
    ['TLS', (headers) => ({ ...headers, origin: view.url.replace('http:', 'https:') })],
    ['a file or a sandbox', (headers) => ({ ...headers, origin: 'null' })],
    ['nobody', (headers) => without('origin', headers)],
  ])('no control comes from %s', async (_what, changed) => {
    const headers = changed({ origin: view.url, 'content-type': 'application/json' });
    const { status, body } = await ask(`${view.url}/control`, { method: 'POST', headers, body: '{"kind":"tick"}' });
    expect(status).toBe(403);
    expect(JSON.parse(body)).toEqual({
      what: 'The request was refused.',
      where: 'Origin',
      value: headers.origin ?? null,
      rule: 'must be the origin of the page itself',
      fix: `use the page at ${view.url}/, or send Origin: ${view.url}`,
    });
    expect(obeyed).toEqual([]);
  });

  it.each(['cross-site', 'same-site'])('no frames go to an image or a script of a page that is %s', async (site) => {
    const { status, body } = await ask(`${view.url}/frames`, { headers: { 'sec-fetch-site': site } });
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ where: 'Sec-Fetch-Site', value: site });
  });

  it('a link to it may be on any page', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await ask(view.url, { headers })).status).toBe(200);
  });
});

describe('a control', () => {
  it.each<[unknown, unknown[]]>([
    [{ kind: 'tick' }, ['tick']],
    [{ kind: 'pause' }, ['pause']],
    [{ kind: 'resume' }, ['resume']],
    [{ kind: 'speed', speed: 240 }, ['speed', 240]],
    [
      { kind: 'load', nodes: 'base', cpu: 0.95, minutes: 10 },
      ['load', { kind: 'load', nodes: 'base', cpu: 0.95, forMs: 600_000 }],
    ],
    [{ kind: 'scenario', name: 'quiet' }, ['scenario', 'quiet']],
    ...FAULTS.map(({ name, step }): [unknown, unknown[]] => [{ kind: 'fault', name }, ['fault', step]]),
  ])('%j is obeyed, and told at the terminal', async (body, call) => {
    expect((await post(body)).status).toBe(202);
    expect(obeyed).toEqual([call]);
    expect(lines).toEqual([`web view: ${JSON.stringify(body)}`]);
  });

  it.each<[string, unknown, { where: string; value: unknown; rule: RegExp; fix: RegExp }]>([
    ['no JSON', '{', { where: 'body', value: '{', rule: /^must be JSON$/, fix: /{"kind":"tick"}/ }],
    ['no object', [], { where: 'body', value: [], rule: /^must be an object/, fix: /kind: tick, pause/ }],
    ['nothing', null, { where: 'body', value: null, rule: /^must be an object/, fix: /kind: tick, pause/ }],
    ['no kind', {}, { where: 'body.kind', value: null, rule: /a kind that is known/, fix: /kind: tick, pause/ }],
    ['a kind that is none', { kind: 'rm' }, { where: 'body.kind', value: 'rm', rule: /known/, fix: /tick, pause/ }],
    [
      'a word too many',
      { kind: 'tick', now: 1 },
      { where: 'body.now', value: 1, rule: /must not be/, fix: /leave now/ },
    ],
    ['no speed', { kind: 'speed' }, { where: 'body.speed', value: null, rule: /above 0$/, fix: /like 60/ }],
    ['a speed of nothing', { kind: 'speed', speed: 0 }, { where: 'body.speed', value: 0, rule: /above 0$/, fix: /60/ }],
    [
      'a load of 95 cores',
      { kind: 'load', nodes: 'all', cpu: 95, minutes: 10 },
      { where: 'body.cpu', value: 95, rule: /from 0 to 1$/, fix: /like 0\.95/ },
    ],
    [
      'a load on a node by name',
      { kind: 'load', nodes: 'worker-1', cpu: 0.5, minutes: 1 },
      { where: 'body.nodes', value: 'worker-1', rule: /all, base, oldest$/, fix: /"all"/ },
    ],
    [
      'a fault that is none',
      { kind: 'fault', name: 'fire' },
      { where: 'body.name', value: 'fire', rule: /one of EC2 takes the oldest/, fix: /menu/ },
    ],
    [
      'a path for a scenario',
      { kind: 'scenario', name: '../../etc/passwd' },
      { where: 'body.name', value: '../../etc/passwd', rule: /one of quiet, tour$/, fix: /directory/ },
    ],
  ])('with %s is refused with where, value, rule and fix', async (_what, sent, { where, value, rule, fix }) => {
    const { status, body } = await post(sent);
    expect(status).toBe(400);
    const refusal = JSON.parse(body) as Record<string, string>;
    expect(refusal).toMatchObject({ what: 'The control was not obeyed.', where, value });
    expect(refusal.rule).toMatch(rule);
    expect(refusal.fix).toMatch(fix);
    expect(obeyed).toEqual([]);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
    'as %s, which a page of elsewhere can send without asking, is refused',
    async (type) => {
      const { status, body } = await post({ kind: 'tick' }, { 'content-type': type });
      expect([status, JSON.parse(body)]).toMatchObject([415, { where: 'Content-Type', value: type }]);
      expect(obeyed).toEqual([]);
    },
  );

  it.each([{ 'content-length': '5000' }, { 'transfer-encoding': 'chunked' }])(
    'of 5000 bytes is refused (%j)',
    async (headers) => {
      const { status, body } = await post(`{"kind":"tick"${' '.repeat(4985)}}`, headers as Record<string, string>);
      expect([status, JSON.parse(body)]).toMatchObject([413, { where: 'body', rule: 'must have at most 4096 bytes' }]);
      expect(obeyed).toEqual([]);
    },
  );

  it('that cannot be obeyed in the world as it is, is answered with why', async () => {
    const none = {
      what: 'EC2 takes no worker.',
      where: 'spot workers',
      value: 'none',
      rule: 'must be one',
      fix: 'wait',
    };
    const refusing = await start({ controls: { ...controls(), fault: () => none } });
    const { status, body } = await ask(`${refusing.url}/control`, {
      method: 'POST',
      headers: { origin: refusing.url, 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'fault', name: FAULTS[0]?.name }),
    });
    await refusing.close();
    expect([status, JSON.parse(body)]).toEqual([409, none]);
  });

  it('that fails is told to both, without a stack', async () => {
    const broken = await start({
      controls: {
        ...controls(),
        tick: () => {
          throw new Error('no world');
        },
      },
    });
    const headers = { origin: broken.url, 'content-type': 'application/json' };
    const { status, body } = await ask(`${broken.url}/control`, { method: 'POST', headers, body: '{"kind":"tick"}' });
    await broken.close();
    expect([status, JSON.parse(body)]).toMatchObject([500, { where: '/control', value: 'no world' }]);
    expect(body).not.toMatch(/\bat .*:\d+/);
    expect(lines.at(-1)).toBe('web view: POST /control failed: no world');
  });
});

describe('the frames', () => {
  it('so far are a run, with gzip where it is asked for', async () => {
    for (let index = 0; index < 20; index++) view.push(frame(index));
    const plain = await ask(`${view.url}/frames`);
    expect(JSON.parse(plain.body)).toEqual({ head: HEAD, frames: Array.from({ length: 20 }, (_, i) => frame(i)) });
    const response = await fetch(`${view.url}/frames`, { headers: { 'accept-encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.text()).toBe(plain.body);
  });

  it('of the next run replace them', async () => {
    view.push(frame(0));
    view.reset({ ...HEAD, scenario: 'quiet' });
    expect(JSON.parse((await ask(`${view.url}/frames`)).body)).toEqual({
      head: { ...HEAD, scenario: 'quiet' },
      frames: [],
    });
  });

  it('are the last ones only where the loop goes on for long: older ones are dropped', async () => {
    // GIVEN a page that has heard of the first ones, and is cut off
    for (let index = 0; index < 3; index += 1) view.push(frame(index));
    const cut = await listen();
    await cut.hear(2);
    const { lastId } = cut;
    cut.close();
    // WHEN more come than are kept
    const count = KEPT_TICKS + 10;
    for (let index = 3; index < count; index += 1) view.push(frame(index));
    // THEN one that comes late is given those, by the places that they have always had
    const { frames } = JSON.parse((await ask(`${view.url}/frames`)).body) as Run;
    expect([frames.length, frames[0]?.index, frames.at(-1)?.index]).toEqual([KEPT_TICKS, 10, count - 1]);
    // … and the one that was cut off sees that it lacks some
    const [, next] = await (await listen(lastId)).hear(2);
    expect(next).toMatchObject({ kind: 'frame', frame: { index: 10 } });
    // WHEN another run begins THEN it is whole
    view.reset(HEAD);
    view.push(frame(0));
    expect(JSON.parse((await ask(`${view.url}/frames`)).body).frames).toHaveLength(1);
  });

  it('come in their order, or the loop that pushes them is told', () => {
    expect(() => view.push(frame(3))).toThrow('frame 3 was pushed where 0 is next; call reset for a new run');
  });
});

describe('the events', () => {
  const state = (more: object = {}): Pushed => ({ kind: 'state', state: { ...STATE, ...more } });
  const pushed = (index: number): Pushed => ({ kind: 'frame', frame: frame(index) });

  it('begin with how the loop runs, and go on with what comes', async () => {
    const listener = await listen();
    expect(await listener.hear(1)).toEqual([state()]);
    view.push(frame(0));
    expect(await listener.hear(1)).toEqual([pushed(0)]);
    view.tell({ ...STATE, paused: true });
    expect(await listener.hear(1)).toEqual([state({ paused: true })]);
    view.push(frame(1));
    view.push(frame(2));
    expect(await listener.hear(2)).toEqual([pushed(1), pushed(2)]);
    view.reset(HEAD);
    view.push(frame(0));
    expect(await listener.hear(2)).toEqual([{ kind: 'reset', head: HEAD }, pushed(0)]);
  });

  it('tell a page that has just come the last frame again, so that it notices what it lacks', async () => {
    for (const index of [0, 1, 2]) view.push(frame(index));
    expect(await (await listen()).hear(2)).toEqual([state(), pushed(2)]);
  });

  it('go on after a cut where they stopped: nothing is lost, and nothing is told twice', async () => {
    // GIVEN a page that heard two frames and was cut off
    const first = await listen();
    view.push(frame(0));
    view.push(frame(1));
    await first.hear(3);
    first.close();
    // WHEN more happens before it is back
    for (const index of [2, 3]) view.push(frame(index));
    const second = await listen(first.lastId);
    // THEN
    expect(await second.hear(3)).toEqual([state(), pushed(2), pushed(3)]);
    view.push(frame(4));
    expect(await second.hear(1)).toEqual([pushed(4)]);
  });

  it('begin anew for a page that was cut off in a run before this one', async () => {
    const first = await listen();
    view.push(frame(0));
    await first.hear(2);
    first.close();
    view.reset({ ...HEAD, scenario: 'quiet' });
    for (const index of [0, 1, 2]) view.push(frame(index));
    const again = await (await listen(first.lastId)).hear(5);
    expect(again).toEqual([{ kind: 'reset', head: { ...HEAD, scenario: 'quiet' } }, state(), ...[0, 1, 2].map(pushed)]);
  });

  it.each(['', '7', '/0/1', 'x/y/z', '00000000-0000-0000-0000-000000000000/0/1'])(
    'begin anew for a page of another server (Last-Event-ID %j)',
    async (lastId) => {
      view.push(frame(0));
      view.push(frame(1));
      const heard = await (await listen(lastId)).hear(4);
      expect(heard).toEqual([{ kind: 'reset', head: HEAD }, state(), pushed(0), pushed(1)]);
    },
  );

  it('end with the server, which leaves nothing open', async () => {
    const listener = await listen();
    await listener.hear(1);
    await view.close();
    await expect(listener.hear(1)).rejects.toThrow();
    await expect(ask(view.url)).rejects.toThrow('ECONNREFUSED');
    view = await start();
  });
});

it('an address that there is not is refused with those that there are', async () => {
  const { status, body } = await ask(`${view.url}/etc/passwd`);
  expect([status, JSON.parse(body)]).toMatchObject([
    404,
    { value: 'GET /etc/passwd', rule: expect.stringContaining('POST /control') },
  ]);
});

import { KubernetesCluster } from '../../src/adapters/kubernetes';
import type { Node, Pod } from '../../src/autoscaler/snapshot';
import { certificate, deadlineFor, type Loopback, loopback, type Received, type Reply } from './loopback';

const NODE = { name: 'worker-i-1', uid: 'u-1', resourceVersion: '42' } as Node;
const POD = { namespace: 'default', name: 'web-1', uid: 'p-1' } as Pod;
const item = (name: string) => ({
  metadata: {
    name,
    namespace: 'n',
    uid: `uid-${name}`,
    resourceVersion: '1',
    creationTimestamp: '2026-01-05T00:00:00Z',
  },
  spec: {},
  status: { phase: 'Running' },
});
const list = (names: string[], next = ''): Reply => ({
  body: { items: names.map(item), metadata: { continue: next } },
});
const status = (code: number, message = 'no', headers: Record<string, string> = {}): Reply => ({
  status: code,
  headers,
  body: { kind: 'Status', code, message },
});

describe('KubernetesCluster', () => {
  let tls: { key: string; cert: string };
  const open: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    tls = await certificate();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });

  async function given(
    respond: (request: Received) => Reply,
    options: { ca?: string; tokens?: string[]; deadlineMs?: number } = {},
  ) {
    const server: Loopback = await loopback(respond, tls);
    const tokens = options.tokens ?? ['secret'];
    let token = tokens[0] ?? '';
    const secrets = {
      get: async (name: string, { fresh } = { fresh: false }) => {
        if (name === '/ca') return options.ca ?? tls.cert;
        if (fresh) token = tokens[1] ?? token;
        return token;
      },
    };
    const cluster = new KubernetesCluster({
      url: server.url,
      secrets,
      parameters: { controllerToken: '/token', ca: '/ca' },
      writeDeadlineMs: options.deadlineMs ?? 10_000,
      maxBytes: 50_000,
    });
    open.push(server, cluster);
    return { cluster, server };
  }

  it('reads all pages of the four lists with the bearer token', async () => {
    // GIVEN two pages of pods
    const { cluster, server } = await given(({ url }) => {
      if (url.pathname !== '/api/v1/pods') return list(url.pathname === '/api/v1/nodes' ? ['a'] : []);
      return url.searchParams.get('continue') === 'p2' ? list(['pod-2']) : list(['pod-1'], 'p2');
    });
    // WHEN
    const observed = await cluster.observe(9, 10_000);
    // THEN
    expect(observed).toMatchObject({
      known: true,
      at: 9,
      value: { nodes: [{ name: 'a' }], pods: [{ name: 'pod-1' }, { name: 'pod-2' }], budgets: [], daemonSets: [] },
    });
    expect(server.requests.map(({ url }) => url.pathname).sort()).toEqual([
      '/api/v1/nodes',
      '/api/v1/pods',
      '/api/v1/pods',
      '/apis/apps/v1/daemonsets',
      '/apis/policy/v1/poddisruptionbudgets',
    ]);
    for (const { headers, url } of server.requests) {
      expect(headers.authorization).toBe('Bearer secret');
      expect(url.searchParams.get('limit')).toBe('500');
    }
  });

  const withSpec = (spec: object, phase = 'Running'): Reply => ({
    body: { items: [{ ...item('pod-1'), spec, status: { phase } }] },
  });
  const claiming = { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] };
  const term = { topologyKey: 'zone', labelSelector: {}, namespaceSelector: {} };
  const selecting = {
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
  };
  const STORAGE = [
    '/api/v1/persistentvolumeclaims',
    '/api/v1/persistentvolumes',
    '/apis/storage.k8s.io/v1/storageclasses',
  ];
  const FOUR = ['/api/v1/nodes', '/api/v1/pods', '/apis/apps/v1/daemonsets', '/apis/policy/v1/poddisruptionbudgets'];

  it.each<[string, Reply, string[]]>([
    ['storage for a pod with a claim', withSpec(claiming), STORAGE],
    ['storage for a pod with an ephemeral volume', withSpec({ volumes: [{ name: 'v', ephemeral: {} }] }), STORAGE],
    ['nothing for a pod that has ended', withSpec({ ...claiming, ...selecting }, 'Succeeded'), []],
    ['namespaces for a pod that selects by them', withSpec(selecting), ['/api/v1/namespaces']],
  ])('lists also %s', async (_, pods, also) => {
    const { cluster, server } = await given(({ url }) => {
      if (url.pathname === '/api/v1/pods') return pods;
      return list(url.pathname === '/api/v1/namespaces' ? ['n'] : []);
    });
    expect(await cluster.observe(9, 10_000)).toMatchObject({ known: true });
    expect(server.requests.map(({ url }) => url.pathname).sort()).toEqual([...FOUR, ...also].sort());
  });

  it('understands pods by what they refer to', async () => {
    // GIVEN a pod with a claim that is not there, and anti-affinity to pods of all namespaces
    const { cluster } = await given(({ url }) => {
      if (url.pathname === '/api/v1/pods') return withSpec({ ...claiming, ...selecting });
      if (url.pathname !== '/api/v1/namespaces') return list([]);
      return { body: { items: [{ metadata: { name: 'n' } }, { metadata: { name: 'other' } }] } };
    });
    // WHEN
    const observed = await cluster.observe(9, 10_000);
    // THEN
    expect(observed).toMatchObject({
      value: { pods: [{ antiAffinity: [{ namespaces: ['n', 'other'] }], unsupported: ['claim c is not there'] }] },
    });
  });

  it('is unknown when what pods refer to cannot be listed', async () => {
    const { cluster } = await given(({ url }) => {
      if (url.pathname === '/api/v1/pods') return withSpec(claiming);
      return url.pathname === '/api/v1/persistentvolumes' ? status(403, 'forbidden') : list([]);
    });
    expect(await cluster.observe(9, 10_000)).toMatchObject({ known: false, reason: 'refused' });
  });

  it('does not believe that there is no namespace', async () => {
    const { cluster } = await given(({ url }) => (url.pathname === '/api/v1/pods' ? withSpec(selecting) : list([])));
    expect(await cluster.observe(9, 10_000)).toMatchObject({ known: false, reason: 'empty' });
  });

  it.each<[string, (request: Received) => Reply, string, RegExp]>([
    ['403', () => status(403, 'nodes is forbidden'), 'refused', /HTTP 403: nodes is forbidden/],
    ['500', () => status(500), 'refused', /HTTP 500/],
    ['garbage', () => ({ body: '<html>' }), 'invalid', /not JSON/],
    ['no list', () => ({ body: {} }), 'invalid', /no list/],
    ['an object out of shape', () => ({ body: { items: [{}] } }), 'invalid', /no metadata\.name/],
    ['silence', () => ({ silent: true }), 'timeout', /Kubernetes/],
    ['a body that stalls', () => ({ stalls: true, body: 'x'.repeat(99) }), 'timeout', /Kubernetes/],
    ['a flood', () => ({ body: 'x'.repeat(60_000) }), 'invalid', /more than 50000 bytes/],
    [
      'a list that expires between its pages',
      ({ url }) => (url.searchParams.has('continue') ? status(410) : list([], 'p2')),
      'incomplete',
      /changed too much/,
    ],
  ])('is unknown with a reason for %s', async (_, respond, reason, detail) => {
    const deadlineMs = deadlineFor(respond({ url: new URL('http://loopback') } as Received));
    const { cluster } = await given(respond);
    const observed = await cluster.observe(9, deadlineMs);
    expect(observed).toMatchObject({ known: false, reason, detail: expect.stringMatching(detail) });
  });

  it('trusts no certificate but those under the cluster CA', async () => {
    // GIVEN a server with a certificate of another CA
    const other = await certificate();
    const { cluster, server } = await given(() => list([]), { ca: other.cert });
    // WHEN / THEN the token was never sent
    expect(await cluster.observe(9, 10_000)).toMatchObject({ known: false, reason: 'unreachable' });
    expect(server.requests).toHaveLength(0);
  });

  it('reads the token again, once, when it is refused', async () => {
    const respond = ({ headers }: Received) =>
      headers.authorization === 'Bearer new' ? list([]) : status(401, 'Unauthorized');
    const rotated = await given(respond, { tokens: ['old', 'new'] });
    expect(await rotated.cluster.observe(9, 10_000)).toMatchObject({ known: true });
    const revoked = await given(respond, { tokens: ['old', 'older'] });
    expect(await revoked.cluster.observe(9, 10_000)).toMatchObject({ known: false, reason: 'refused' });
  });

  it('ends within its deadline when the secrets never come', async () => {
    const never = { get: () => new Promise<string>(() => {}) };
    const parameters = { controllerToken: '/token', ca: '/ca' };
    const cluster = new KubernetesCluster({ url: 'https://127.0.0.1:1', secrets: never, parameters });
    // Something must keep Node alive as sockets do in the function: AbortSignal.timeout does not.
    const alive = setInterval(() => {}, 1_000);
    expect(await cluster.observe(9, 50)).toEqual({
      known: false,
      reason: 'timeout',
      detail: 'Kubernetes: not all of its lists were read within 0.05 s: nothing came',
    });
    clearInterval(alive);
  });

  it('tells what would help where a part of the lists came in time', async () => {
    // GIVEN the second page of pods never comes
    const { cluster } = await given(({ url }) => {
      if (url.pathname !== '/api/v1/pods') return list(url.pathname === '/api/v1/nodes' ? ['a'] : []);
      return url.searchParams.has('continue') ? { silent: true } : list(['pod-1', 'pod-2'], 'p2');
    });
    // THEN
    expect(await cluster.observe(9, 500)).toEqual({
      known: false,
      reason: 'timeout',
      detail:
        'Kubernetes: not all of its lists were read within 0.5 s, 3 objects were; a larger function.memoryMb reads faster, a larger function.timeout waits longer',
    });
  });

  it('cordons and marks in one patch under uid and resourceVersion, and takes both back', async () => {
    const { cluster, server } = await given(() => ({ body: {} }));
    expect(await cluster.cordon(NODE, 'op-1@7')).toEqual({ outcome: 'done' });
    expect(await cluster.uncordon(NODE)).toEqual({ outcome: 'done' });
    const sent = server.requests.map(({ method, url, headers, body }) => [
      method,
      url.pathname,
      headers['content-type'],
      JSON.parse(body),
    ]);
    const patch = (mark: string | null, unschedulable: boolean) => [
      'PATCH',
      '/api/v1/nodes/worker-i-1',
      'application/merge-patch+json',
      {
        metadata: { uid: 'u-1', resourceVersion: '42', annotations: { 'k3s-autoscaler/operation': mark } },
        spec: { unschedulable },
      },
    ];
    expect(sent).toEqual([patch('op-1@7', true), patch(null, false)]);
  });

  it('deletes a node under its uid', async () => {
    const { cluster, server } = await given(() => ({ body: {} }));
    expect(await cluster.deleteNode(NODE)).toEqual({ outcome: 'done' });
    expect(server.requests[0]).toMatchObject({ method: 'DELETE' });
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({ preconditions: { uid: 'u-1' } });
  });

  it.each<[Reply, object]>([
    [status(404), { outcome: 'gone' }],
    [status(409), { outcome: 'conflict' }],
    [status(403, 'forbidden'), { outcome: 'failed', detail: 'HTTP 403: forbidden' }],
    [{ silent: true }, { outcome: 'failed' }],
  ])('tells how a fenced write ended: %#', async (reply, outcome) => {
    const { cluster } = await given(() => reply, { deadlineMs: deadlineFor(reply) });
    expect(await cluster.cordon(NODE, 'm')).toMatchObject(outcome);
    expect(await cluster.deleteNode(NODE)).toMatchObject(outcome);
  });

  it('evicts under the uid of the pod', async () => {
    const { cluster, server } = await given(() => status(201));
    expect(await cluster.evict(POD)).toEqual({ outcome: 'accepted' });
    expect(server.requests[0]).toMatchObject({ method: 'POST' });
    expect(server.requests[0]?.url.pathname).toBe('/api/v1/namespaces/default/pods/web-1/eviction');
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'web-1', namespace: 'default' },
      deleteOptions: { preconditions: { uid: 'p-1' } },
    });
  });

  const several = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
  it.each<[Reply, object]>([
    [status(200), { outcome: 'accepted' }],
    [status(404), { outcome: 'gone' }],
    [status(409), { outcome: 'gone' }],
    [
      status(429, 'budget', { 'retry-after': '10' }),
      { outcome: 'blocked', detail: 'HTTP 429: budget', retryAfterMs: 10_000 },
    ],
    [status(429, 'budget'), { outcome: 'blocked', detail: 'HTTP 429: budget' }],
    [status(500, several), { outcome: 'misconfigured', detail: `HTTP 500: ${several}` }],
    [status(500, 'etcd'), { outcome: 'failed', detail: 'HTTP 500: etcd' }],
  ])('tells how an eviction ended: %#', async (reply, outcome) => {
    const { cluster } = await given(() => reply, { deadlineMs: deadlineFor(reply) });
    expect(await cluster.evict(POD)).toEqual(outcome);
  });
});

import { KubernetesCluster } from '../../src/adapters/kubernetes';
import { toNode } from '../../src/adapters/kubernetes-objects';
import { workerNodeName } from '../../src/autoscaler/names';
import type { Node, Pod } from '../../src/autoscaler/snapshot';
import { config } from '../autoscaler/builders';
import { rights } from '../k8s/manifests';
import { itOrSkip } from '../support/skips';
import { allowedOf, everyRight, rulesOf } from './rbac/rights';
import type { ApiClient, ApiObject } from './support/api';
import { missingControlPlane } from './support/binary';
import { ControlPlane } from './support/control-plane';
import { type NodeOf, registeredNode } from './support/nodes';
import { printTable, seconds } from './support/table';
import { until } from './support/until';

const ACCOUNT = 'kube-system/k3s-autoscaler';
const zone = 'us-east-1a';
const instanceType = 't3.medium';

/** Nodes of each sort. The last two only look like workers: a name that is not ours, and another instance behind ours. */
const NODES: Record<'server' | 'base' | 'managed' | 'other' | 'dead' | 'foreign' | 'posing', NodeOf> = {
  server: { instanceId: 'i-5e', role: 'server', instanceType, zone },
  base: { instanceId: 'i-ba5e', role: 'base', instanceType, zone },
  managed: { instanceId: 'i-a1', role: 'worker', pool: 'burst', instanceType, zone },
  other: { instanceId: 'i-a2', role: 'worker', pool: 'burst', instanceType, zone },
  dead: { instanceId: 'i-dead', role: 'base', instanceType, zone },
  foreign: { instanceId: 'i-f0', role: 'base', instanceType, zone },
  posing: { instanceId: 'i-b2', role: 'worker', pool: 'burst', instanceType, zone },
};
type Sort = keyof typeof NODES;

const nameOf = (sort: Sort): string => {
  if (sort === 'server') return 'server-0';
  return sort === 'foreign' ? 'somebodys-node' : workerNodeName(NODES[sort].instanceId);
};

/** What section 8 of the design lists: resource and verbs. */
const GRANTED = {
  nodes: ['get', 'list', 'patch', 'delete'],
  pods: ['get', 'list'],
  'pods/eviction': ['create'],
  'policy/poddisruptionbudgets': ['get', 'list'],
  'apps/daemonsets': ['get', 'list'],
  'apps/replicasets': ['get', 'list'],
  persistentvolumes: ['get', 'list'],
  persistentvolumeclaims: ['get', 'list'],
  'storage.k8s.io/storageclasses': ['get', 'list'],
  namespaces: ['get', 'list'],
  events: ['create', 'patch'],
};
/** What Kubernetes grants everybody who shows a valid token: to ask about themselves. */
const EVERYBODYS = {
  'authentication.k8s.io/selfsubjectreviews': ['create'],
  'authorization.k8s.io/selfsubjectaccessreviews': ['create'],
  'authorization.k8s.io/selfsubjectrulesreviews': ['create'],
};

/** By `system:discovery`, `system:public-info-viewer` and `system:service-account-issuer-discovery`. */
const EVERYBODYS_PATHS = [
  '/.well-known/openid-configuration',
  '/.well-known/openid-configuration/',
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/openid/v1/jwks',
  '/openid/v1/jwks/',
  '/readyz',
  '/version',
  '/version/',
];

describe('the controller’s ServiceAccount', () => {
  let control: ControlPlane;
  let controller: ApiClient;
  /** An account to which nothing is bound: what it may, everybody may. */
  let nobodys: ApiClient;
  let adapter: KubernetesCluster;
  let token: string;
  const rows: [string, string | number][] = [];

  beforeAll(async () => {
    if (missingControlPlane()) return;
    control = await ControlPlane.start();
    await control.apply();
    token = await control.tokenFor(ACCOUNT);
    controller = control.clientOf(token);
    nobodys = control.clientOf(await control.tokenFor('kube-node-lease/default'));
    adapter = new KubernetesCluster({
      url: control.url,
      secrets: { get: async (name) => (name === '/ca' ? control.ca : token) },
      parameters: { controllerToken: '/token', ca: '/ca' },
      writeDeadlineMs: 20_000,
    });
    await Promise.all((Object.keys(NODES) as Sort[]).map(createNode));
    await until('all nodes but the dead one are Ready', async () => (await readyNodes()) === 6, { withinMs: 60_000 });
    // The policy is in force some time after it is there.
    await until('the admission policy is in force', async () => (await cordon('foreign')).status === 403, {
      withinMs: 60_000,
    });
  });

  afterAll(async () => {
    if (control === undefined) return;
    printTable('Rights of the controller', [['start of the control plane', seconds(control.startedMs)], ...rows]);
    await Promise.all([controller?.close(), nobodys?.close(), adapter?.close()]);
    await control.stop();
  });

  async function createNode(sort: Sort): Promise<void> {
    const node = registeredNode(NODES[sort], config);
    node.metadata.name = nameOf(sort);
    if (sort === 'posing') node.spec.providerID = `aws:///${zone}/i-5e`;
    // KWOK does not know it, so it never gets Ready.
    if (sort === 'dead') delete node.metadata.labels?.['kwok.x-k8s.io/node'];
    await control.create(node);
  }

  const readyNodes = async (): Promise<number> =>
    (await control.admin.list('api/v1/nodes')).map(toNode).filter(({ ready }) => ready).length;

  const nodeNow = async (sort: Sort): Promise<Node> => toNode(await control.admin.get(`api/v1/nodes/${nameOf(sort)}`));

  const patchNode = (sort: Sort, body: object) => controller.send('PATCH', `api/v1/nodes/${nameOf(sort)}`, body);
  const cordon = (sort: Sort) => patchNode(sort, { spec: { unschedulable: true } });

  async function runningPod(name: string): Promise<Pod> {
    const object: ApiObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', labels: { app: name } },
      spec: {
        nodeName: nameOf('other'),
        containers: [{ name: 'c', image: 'i' }],
        terminationGracePeriodSeconds: 1,
        tolerations: [{ operator: 'Exists' }],
      },
    };
    const { metadata } = await control.create(object);
    const path = `api/v1/namespaces/default/pods/${name}`;
    const runs = async () => (await control.admin.get(path)).status.phase === 'Running';
    await until(`pod ${name} runs`, runs, { withinMs: 30_000 });
    return { name, namespace: 'default', uid: metadata.uid } as Pod;
  }

  itOrSkip(
    missingControlPlane(),
    'may do what the design lists, and nothing else of all that the API has',
    async () => {
      // GIVEN every resource and verb that the API server knows
      const every = await everyRight(control.admin);
      // WHEN it is asked about each, as the controller
      const allowed = await allowedOf(controller, every);
      // THEN
      expect(allowed).toEqual({ ...GRANTED, ...EVERYBODYS });
      const granted = Object.values(allowed).flat().length;
      rows.push(['rights asked about', every.length], ['granted', granted], ['refused', every.length - granted]);
    },
  );

  const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease', 'monitoring'];
  for (const namespace of NAMESPACES) {
    itOrSkip(missingControlPlane(), `has no rule in ${namespace} beyond its manifests and everybody’s`, async () => {
      // GIVEN the rules of an account that nobody has given anything
      const everybodys = await rulesOf(nobodys, namespace);
      // WHEN
      const own = (await rulesOf(controller, namespace)).filter((rule) => !everybodys.includes(rule));
      // THEN
      const status = namespace === 'kube-system' ? rights('Role', 'k3s-autoscaler-status') : [];
      expect(own).toEqual([...rights('ClusterRole', 'k3s-autoscaler'), ...status].sort());
      rows.push([`rules in ${namespace}: own, everybody’s`, `${own.length}, ${everybodys.length}`]);
    });
  }

  itOrSkip(
    missingControlPlane(),
    'may ask of paths that are no resources what everybody may, and nothing more',
    async () => {
      const paths = (await rulesOf(controller, 'default')).filter((rule) => rule.startsWith('/'));
      expect(paths.sort()).toEqual(EVERYBODYS_PATHS.map((path) => `${path}: get`).sort());
      for (const path of ['metrics', 'debug/pprof/', 'logs/']) {
        expect([path, (await controller.send('GET', path)).status]).toEqual([path, 403]);
      }
    },
  );

  itOrSkip(missingControlPlane(), 'reads what it observes', async () => {
    const observed = await adapter.observe(Date.now(), 20_000);
    expect(observed).toMatchObject({ known: true });
    expect(observed.known && observed.value.nodes.map(({ name }) => name)).toContain(nameOf('managed'));
  });

  itOrSkip(missingControlPlane(), 'cordons and un-cordons a worker with our mark on it', async () => {
    expect(await adapter.cordon(await nodeNow('managed'), 'op@1')).toEqual({ outcome: 'done' });
    expect(await nodeNow('managed')).toMatchObject({
      unschedulable: true,
      annotations: { 'k3s-autoscaler/operation': 'op@1' },
    });
    // What Kubernetes itself writes on a Node that is cordoned; a write before that would lose to it.
    const isTainted = async () =>
      (await nodeNow('managed')).taints.some(({ key }) => key === 'node.kubernetes.io/unschedulable');
    await until('the cordoned Node has its taint', isTainted, { withinMs: 30_000 });
    expect(await adapter.uncordon(await nodeNow('managed'))).toEqual({ outcome: 'done' });
    expect((await nodeNow('managed')).unschedulable).toBe(false);
  });

  itOrSkip(missingControlPlane(), 'loses to whoever wrote the Node since it was read', async () => {
    // GIVEN
    const read = await nodeNow('managed');
    await control.admin.patch(`api/v1/nodes/${nameOf('managed')}`, { metadata: { annotations: { by: 'a person' } } });
    // THEN
    expect(await adapter.cordon(read, 'op@1')).toEqual({ outcome: 'conflict' });
  });

  itOrSkip(missingControlPlane(), 'evicts a pod, and keeps to its budget', async () => {
    // GIVEN
    const free = await runningPod('free');
    const kept = await runningPod('kept');
    await control.create({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'kept', namespace: 'default' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'kept' } } },
    });
    const budget = 'apis/policy/v1/namespaces/default/poddisruptionbudgets/kept';
    const counted = async () => (await control.admin.get(budget)).status?.expectedPods === 1;
    await until('the budget counts its pod', counted, { withinMs: 30_000 });
    // THEN
    expect(await adapter.evict(kept)).toMatchObject({ outcome: 'blocked' });
    // One of that name but of another uid is somebody else; the budget, where there is one, is asked before that.
    expect(await adapter.evict({ ...free, uid: 'another' })).toEqual({ outcome: 'gone' });
    expect(await adapter.evict({ ...kept, uid: 'another' })).toMatchObject({ outcome: 'blocked' });
    expect(await adapter.evict(free)).toEqual({ outcome: 'accepted' });
  });

  itOrSkip(missingControlPlane(), 'tells people: an Event, counted up, and the status', async () => {
    const { name, uid } = await nodeNow('managed');
    const about = { kind: 'Node', name, uid } as const;
    const event = { about, type: 'Normal', reason: 'ScaleDown', key: 'k', message: 'as an example' } as const;
    expect(await adapter.announce(event, Date.now())).toEqual({ outcome: 'done' });
    expect(await adapter.announce(event, Date.now())).toEqual({ outcome: 'done' });
    const events = await control.admin.list('api/v1/namespaces/default/events?fieldSelector=reason=ScaleDown');
    expect(events.map(({ count }) => count)).toEqual([2]);
    expect(await adapter.publishStatus('all is well')).toEqual({ outcome: 'done' });
    const path = 'api/v1/namespaces/kube-system/configmaps/k3s-autoscaler-status';
    expect((await controller.get(path)).data).toEqual({ status: 'all is well' });
  });

  const pod = 'api/v1/namespaces/default/pods';
  const configMaps = 'api/v1/namespaces/kube-system/configmaps';
  const REFUSED: [what: string, ask: () => Promise<{ status: number }>][] = [
    ['cordon the server', () => cordon('server')],
    ['cordon a Node that is not of this cluster’s making', () => cordon('foreign')],
    ['cordon a Node with our name on another instance', () => cordon('posing')],
    ['label a worker', () => patchNode('managed', { metadata: { labels: { 'k3s-autoscaler/pool': 'other' } } })],
    [
      'make a base worker one of the autoscaler’s',
      () => patchNode('base', { metadata: { labels: { 'k3s-autoscaler/managed': 'true' } } }),
    ],
    ['annotate a worker with anything else', () => patchNode('managed', { metadata: { annotations: { a: 'b' } } })],
    ['taint a worker', () => patchNode('managed', { spec: { taints: [{ key: 'a', effect: 'NoExecute' }] } })],
    ['give a worker a finalizer', () => patchNode('managed', { metadata: { finalizers: ['a.b/c'] } })],
    [
      'write a worker’s status',
      () => controller.send('PATCH', `api/v1/nodes/${nameOf('managed')}/status`, { status: {} }),
    ],
    ['delete the server', () => controller.send('DELETE', `api/v1/nodes/${nameOf('server')}`)],
    ['delete a Node that is not ours', () => controller.send('DELETE', `api/v1/nodes/${nameOf('foreign')}`)],
    ['delete a base worker that is Ready', () => controller.send('DELETE', `api/v1/nodes/${nameOf('base')}`)],
    ['delete all Nodes', () => controller.send('DELETE', 'api/v1/nodes')],
    ['watch Nodes', () => controller.send('GET', 'api/v1/nodes?watch=true&timeoutSeconds=1')],
    ['delete a pod', () => controller.send('DELETE', `${pod}/kept`)],
    ['delete all pods', () => controller.send('DELETE', pod)],
    ['run a pod', () => controller.send('POST', pod, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } })],
    ['read a pod’s log', () => controller.send('GET', `${pod}/kept/log`)],
    ['read secrets', () => controller.send('GET', 'api/v1/secrets')],
    ['read a secret by its name', () => controller.send('GET', 'api/v1/namespaces/kube-system/secrets/k3s-serving')],
    ['read another ConfigMap', () => controller.send('GET', `${configMaps}/extension-apiserver-authentication`)],
    ['delete the status', () => controller.send('DELETE', `${configMaps}/k3s-autoscaler-status`)],
    [
      'write another ConfigMap',
      () => controller.send('PATCH', `${configMaps}/extension-apiserver-authentication`, { data: {} }),
    ],
    ['list ConfigMaps', () => controller.send('GET', configMaps)],
    [
      'make itself another token',
      () => controller.send('POST', 'api/v1/namespaces/kube-system/serviceaccounts/k3s-autoscaler/token', {}),
    ],
    [
      'give itself more rights',
      () => controller.send('PATCH', 'apis/rbac.authorization.k8s.io/v1/clusterroles/k3s-autoscaler', { rules: [] }),
    ],
    [
      'take the admission policy away',
      () =>
        controller.send(
          'DELETE',
          'apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/k3s-autoscaler-nodes',
        ),
    ],
  ];
  for (const [what, ask] of REFUSED) {
    itOrSkip(missingControlPlane(), `may not ${what}`, async () => {
      expect((await ask()).status).toBe(403);
    });
  }

  itOrSkip(missingControlPlane(), 'deletes workers of its own, and a base worker that is not Ready', async () => {
    for (const sort of ['managed', 'dead'] as const) {
      const { name, uid } = await nodeNow(sort);
      expect([sort, await adapter.deleteNode({ name, uid: 'another' })]).toEqual([sort, { outcome: 'conflict' }]);
      expect([sort, await adapter.deleteNode({ name, uid })]).toEqual([sort, { outcome: 'done' }]);
    }
  });

  itOrSkip(
    missingControlPlane(),
    'is nobody with another token, and with its own once the account is gone',
    async () => {
      const strangers = [control.clientOf('wrong'), control.clientOf()];
      try {
        const answers = await Promise.all(strangers.map((client) => client.send('GET', 'api/v1/nodes')));
        expect(answers.map(({ status }) => status)).toEqual([401, 403]);
      } finally {
        await Promise.all(strangers.map((client) => client.close()));
      }
      // WHEN
      await control.admin.delete('api/v1/namespaces/kube-system/serviceaccounts/k3s-autoscaler');
      // THEN what was believed of the token is remembered for ten seconds
      const refused = async () => (await controller.send('GET', 'api/v1/nodes')).status === 401;
      const ms = await until('the token is refused', refused, { withinMs: 60_000, everyMs: 100 });
      rows.push(['token refused after its account went', seconds(ms)]);
    },
  );
});

import type { Frame, Picture, PictureNode, PicturePod, Run, Said } from '../../../src/dev/web/frame';

const START = Date.UTC(2026, 0, 5);
const MINUTE = 60_000;
const MIB = 2 ** 20;

/** A run of the web view: 50 pods come to one node, six nodes join, and go again one by one when the pods go. */
export function madeRun(names = { pod: 'web-', node: 'worker-i-' }): Run {
  const worlds = [...growing(), ...shrinking()];
  return {
    head: { scenario: 'made', seed: 7, start: START, artifact: 'ab'.repeat(32), cpu: { up: 70, down: 30 } },
    frames: worlds.map((world, index) => frameOf(world, index, names)),
  };
}

/** The same with names that no cluster should be able to hurt a page with. */
export const HOSTILE = {
  pod: '<img src=x onerror=alert(1)>-',
  node: '</script><script>alert(2)</script><!--<script>-',
};

export const hostileRun = (): Run => madeRun(HOSTILE);

interface World {
  pods: number;
  ready: number;
  joining: number;
  cordoned?: boolean;
  decision: Said;
  actions: string[];
}

const says = (code: string, text: string): Said => ({ code, text });

function growing(): World[] {
  return [
    { pods: 0, ready: 1, joining: 0, decision: says('steady', 'Nothing needs to change.'), actions: [] },
    {
      pods: 50,
      ready: 1,
      joining: 6,
      decision: says(
        'pending-pods',
        'Pending pods need nodes that are not there and not on their way. 42 pods: 6 × burst.',
      ),
      actions: ['launched: 3 × t3a.medium on-demand in us-east-1a', 'launched: 3 × t3a.medium on-demand in us-east-1b'],
    },
    { pods: 50, ready: 7, joining: 0, decision: says('steady', 'Nothing needs to change.'), actions: [] },
    { pods: 50, ready: 7, joining: 0, decision: says('steady', 'Nothing needs to change.'), actions: [] },
  ];
}

const shrinking = (): World[] =>
  [7, 6, 5, 4, 3, 2].flatMap((ready) => [
    { pods: 6, ready, joining: 0, decision: says('cool-down', '120 s are left.'), actions: [] },
    {
      pods: 6,
      ready,
      joining: 0,
      cordoned: true,
      decision: says('cpu-low', `It is 5 %; worker ${ready - 1} goes.`),
      actions: [`cordoned: worker ${ready - 1}`],
    },
  ]);

function frameOf(world: World, index: number, names: { pod: string; node: string }): Frame {
  const picture = pictureOf(world, names);
  const { nodes, pending } = picture;
  const state = (one: PictureNode['state']) => nodes.filter((node) => node.state === one).length;
  return {
    index,
    at: START + index * 2 * MINUTE,
    trigger: 'schedule',
    decision: world.decision,
    hold: null,
    actions: world.actions,
    counts: {
      ready: state('ready'),
      notReady: 0,
      joining: state('joining'),
      cordoned: state('cordoned'),
      terminating: 0,
      pending: pending.length,
      running: world.pods - pending.length,
    },
    cpu: index === 0 ? null : 5 + (world.pods * 10) / (world.ready + world.joining),
    usdPerHour: 0.0416 + 0.0376 * (nodes.length - 2),
    nodes: Object.fromEntries(nodes.map((node) => [node.name, verdictOf(node)])),
    pods: Object.fromEntries(
      pending.map(({ name }) => [name, says('pod-gets-node', 'A node is launched that takes the pod. Pool: burst.')]),
    ),
    pools: {
      burst:
        world.joining > 0 ? says('pool-grows', '6 more. 7 of 10.') : says('pool-steady', 'The pool has what it needs.'),
    },
    picture,
  };
}

function verdictOf({ role, state, name }: PictureNode): Said {
  if (role === 'server') return says('node-server', 'The server is never removed.');
  if (role === 'base') return says('node-base', 'A base worker is never removed.');
  if (state === 'joining') return says('node-joining', 'The node is on its way or not Ready yet.');
  if (state === 'cordoned') return says('node-chosen', `The node is chosen for removal: ${name}.`);
  return says(
    'node-busy',
    'More of the node is requested than the threshold for unneeded nodes. 90 % of it is requested.',
  );
}

function pictureOf({ pods, ready, joining, cordoned }: World, names: { pod: string; node: string }): Picture {
  const web = Array.from({ length: pods }, (_, index) => podOf(names.pod, index));
  const workers = Array.from({ length: ready + joining }, (_, index): PictureNode => {
    const isJoining = index >= ready;
    return {
      name: `${names.node}${index}`,
      instance: `i-${index}`,
      role: index === 0 ? 'base' : 'worker',
      pool: index === 0 ? null : 'burst',
      type: index === 0 ? 't3.medium' : 't3a.medium',
      market: 'on-demand',
      zone: index % 2 ? 'us-east-1a' : 'us-east-1b',
      state: isJoining ? 'joining' : cordoned && index === ready - 1 ? 'cordoned' : 'ready',
      cpuMilli: isJoining ? 0 : 2000,
      memoryBytes: isJoining ? 0 : 3700 * MIB,
      usdPerHour: index === 0 ? 0.0416 : 0.0376,
      pods: isJoining
        ? []
        : [{ ...podOf('proxy-', index), workload: 'DaemonSet proxy', cpuMilli: 100 }, ...web.splice(0, 7)],
    };
  });
  const server: PictureNode = {
    name: 'server',
    instance: 'i-server',
    role: 'server',
    pool: null,
    type: 't3.medium',
    market: 'on-demand',
    zone: 'us-east-1a',
    state: 'ready',
    cpuMilli: 2000,
    memoryBytes: 3700 * MIB,
    usdPerHour: 0.0416,
    pods: [{ ...podOf('coredns-', 0), workload: 'Deployment coredns', name: 'kube-system/coredns-0' }],
  };
  return { nodes: [server, ...workers], pending: web.map((pod) => ({ ...pod, phase: 'Pending' })) };
}

const podOf = (prefix: string, index: number): PicturePod => ({
  name: `default/${prefix}${index}`,
  workload: 'Deployment web',
  cpuMilli: 250,
  memoryBytes: 128 * MIB,
  phase: 'Running',
});

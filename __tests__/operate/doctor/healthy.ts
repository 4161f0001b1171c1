import type { Tick } from '../../../src/adapters/dynamodb-history-item';
import { doubtsOf } from '../../../src/autoscaler/planning/health';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { Snapshot } from '../../../src/autoscaler/snapshot';
import { emptyState } from '../../../src/autoscaler/state';
import { outlineOf } from '../../../src/autoscaler/telling/recording';
import { resolveConfig } from '../../../src/config/resolve';
import type { Found } from '../../../src/history/look-up';
import { K3S } from '../../../src/infra/k3s';
import { stageNames } from '../../../src/infra/names';
import type { Context } from '../../../src/operate/doctor/check';
import { type Diagnosis, examine } from '../../../src/operate/doctor/doctor';
import type { Finding } from '../../../src/operate/doctor/finding';
import type { Alarm, AttachedVolume, DeployedFunction, Outside } from '../../../src/operate/doctor/outside/outside';
import { instance, MINUTE, config as runtime, scene, T0 } from '../../autoscaler/builders';

/** A stage at which nothing is wrong, and the world around it, for tests that change one thing. */

export const NOW = T0 + MINUTE;
export const HOUR = 60 * MINUTE;

export const names = stageNames('dev-ana', 'prod');
const { joinToken, controllerToken, ca } = names.parameters;

export const server = instance('i-05e7', { role: 'server' });
export const worker = instance('i-a');
const base = instance('i-ba5e', { role: 'base' });

export const tick = (over: Partial<Tick> = {}): Tick => ({
  key: 'last',
  at: T0,
  epoch: 7,
  trigger: 'schedule',
  decision: { code: 'steady', text: 'Nothing needs to change.' },
  operations: [],
  actions: [],
  plan: 'same',
  parts: 1,
  ...over,
});

/** What a tick left that saw this, and recorded it whole; `last`: how the last tick differs. */
export function seen(snapshot: Snapshot, last: Partial<Tick> = {}): Found {
  const recording = { schema: 1 as const, config: runtime, snapshot, plan: plan(snapshot, runtime) };
  const recorded = tick({ plan: outlineOf(recording.plan), doubts: doubtsOf(snapshot, runtime) });
  return { tick: { ...recorded, ...last }, recorded: [{ tick: recorded, recording }], ticks: [recorded] };
}

export const lambda = (over: Partial<DeployedFunction> = {}): DeployedFunction => ({
  state: 'Active',
  update: 'Successful',
  reason: undefined,
  changedAt: T0 - 24 * HOUR,
  reserved: undefined,
  launchTemplates: { burst: 'lt-burst' },
  ...over,
});

/** As docs/infrastructure.md lists them. */
export const ALARMS = [
  'no-good-tick',
  'errors',
  'unknown-data',
  'max-reached',
  'circuit-open',
  'quota-exceeded',
  'orphans',
];

export const alarm = (name: string, over: Partial<Alarm> = {}): Alarm => ({
  name: `${names.function}-${name}`,
  state: 'OK',
  reason: '',
  description: 'It failed.',
  since: NOW - 24 * HOUR,
  ...over,
});

const written = (name: string) => ({ name, version: 9, writtenAt: NOW - HOUR });

export const attached = (over: Partial<AttachedVolume> = {}): AttachedVolume => ({
  id: 'vol-da7a',
  gib: 20,
  name: '',
  instance: server.id,
  device: '/dev/sdg',
  isOfClaim: false,
  ...over,
});

export const healthy = (): Outside => ({
  now: () => NOW,
  nodeVersion: () => '22.11.0',
  terraform: async () => ({ program: 'terraform', version: '1.11.4' }),
  plugin: async () => '1.2.650.0',
  kubectl: async () => K3S.version,
  awsCli: async () => '2.17.20',
  localState: () => undefined,
  isEmulated: () => false,
  addresses: async (_, family) => (family === 6 ? ['2600:1f00::1'] : ['198.51.100.7']),
  endpoints: async ({ dualStack }) =>
    ['ec2', 'ssm'].map((service) => `${service}.us-east-1.${dualStack ? 'api.aws' : 'amazonaws.com'}`),
  identity: async () => ({ account: '123456789012', arn: 'arn:aws:iam::123456789012:user/ana' }),
  zones: async () => ['a', 'b', 'c'].map((letter) => ({ name: `us-east-1${letter}`, state: 'available' })),
  quota: async () => 512,
  concurrency: async () => ({ all: 1_000, unreserved: 1_000 }),
  hasRole: async () => true,
  offerings: async (types, zones) => types.flatMap((type) => zones.map((zone) => ({ type, zone }))),
  image: async () => 'ami-0123456789abcdef0',
  deployedFunction: async () => lambda(),
  history: async () => seen(scene({ instances: [worker] })),
  state: async () => emptyState(),
  parameters: async () => [joinToken, controllerToken, ca].map(written),
  alarms: async () => ALARMS.map((name) => alarm(name)),
  instances: async () => [server, base, worker],
  looseVolumes: async () => [],
  attachedVolumes: async () => [
    attached({ name: 'k3s-dev-ana-data', device: '/dev/sdf' }),
    attached({ id: 'vol-c1a1', isOfClaim: true, instance: worker.id }),
  ],
  functionInterfaces: async () => [],
  launchTemplates: async () => [
    { id: 'lt-server', name: 'k3s-dev-ana.server' },
    { id: 'lt-base', name: 'k3s-dev-ana.base' },
    { id: 'lt-burst', name: 'k3s-dev-ana.burst' },
  ],
  close: () => {},
});

/** Everything that is looked at is used: a pool buys spot, and alarms are on. */
const CONFIG = { alarms: { enabled: true }, pools: { burst: { market: 'spot-then-on-demand' } } };

export function contextOf(outside: Partial<Outside> = {}, config: unknown = CONFIG): Context {
  return {
    stage: { ...names, region: 'us-east-1', isProtected: false },
    config: resolveConfig(config, 'test'),
    outside: { ...healthy(), ...outside },
  };
}

/** @param limitMs far longer than anything takes that answers at all */
export const examined = (outside: Partial<Outside> = {}, config?: unknown, limitMs = 10_000): Promise<Diagnosis> =>
  examine(contextOf(outside, config), limitMs);

export const bad = ({ findings }: Diagnosis): Finding[] =>
  findings.filter(({ level }) => level !== 'ok' && level !== 'skipped');

import type { Observed } from '../../../src/autoscaler/snapshot';
import { emptyState } from '../../../src/autoscaler/state';
import { Unusable } from '../../../src/deploy/errors';
import type { Found } from '../../../src/history/look-up';
import { K3S } from '../../../src/infra/k3s';
import type { Level } from '../../../src/operate/doctor/finding';
import type { Outside } from '../../../src/operate/doctor/outside/outside';
import { NEEDS_VALID } from '../../../src/operate/stage';
import { base, fillOf, instance, MINUTE, pending, scene, T0, times } from '../../autoscaler/builders';
import { ALARMS, alarm, attached, HOUR, lambda, NOW, names, seen, server, worker } from './healthy';
import { kubectlSays, kubectlVersion, saying } from './programs';

/** Each finding, and the one thing that has to be different for it. */

const lost: Observed<never> = { known: false, reason: 'timeout', detail: 'no answer within 3 s' };
const notYet: Observed<never> = { known: false, reason: 'not-yet', detail: 'SSM parameter holds nothing' };
const { joinToken, controllerToken, ca } = names.parameters;
const lonely = instance('i-10e1');
const refused = (rule: string) => async () => {
  throw new Unusable('STS', 'credentials', { value: undefined, rule, fix: 'log in' });
};
const parameters = (version: number, age: number) => async () =>
  [joinToken, controllerToken, ca].map((name) => ({ name, version, writtenAt: NOW - age }));
const undecided = (age: number) => ({ state: 'INSUFFICIENT_DATA', since: NOW - age });
/** As functions wrote it before they said what they saw. */
const unsaid = ({ tick: { doubts: _doubts, ...rest }, ...found }: Found): Found => ({ ...found, tick: rest });
const stateOf = (account: string, region: string) => () =>
  JSON.stringify({ arn: `arn:aws:lambda:${region}:${account}:function:${names.function}` });

export type Row = [
  finding: string,
  check: string,
  level: Level,
  outside: Partial<Outside>,
  says: RegExp,
  config?: Record<string, unknown>,
];

export const BEFORE: Row[] = [
  ['a Node.js that is too old', 'node', 'problem', { nodeVersion: () => '20.18.3' }, /20\.18\.3.*20\.19 or newer/],
  ['no Terraform', 'terraform', 'problem', saying('terraform'), /not there.*no such program is on PATH.*install it/],
  [
    'a Terraform that is too old',
    'terraform',
    'problem',
    saying('terraform', '{"terraform_version":"1.10.5"}'),
    /Terraform: 1\.10\.5 rule: +Terraform 1\.11 or newer.*install it/,
  ],
  ['no plugin for forward', 'session-manager-plugin', 'warning', saying('plugin'), /not there.*install it/],
  [
    "a plugin that shows the session's token",
    'session-manager-plugin',
    'warning',
    saying('plugin', '1.2.497.0'),
    /forward: 1\.2\.497\.0.*older ones show the session's token.*install it/,
  ],
  ['no kubectl', 'kubectl', 'warning', saying('kubectl'), /kubectl, for the guide: not there.*install it/],
  ...[-2, 2].map(
    (away): Row => [
      `a kubectl ${away} minor versions from the cluster`,
      'kubectl',
      'warning',
      saying('kubectl', kubectlSays(kubectlVersion(away))),
      new RegExp(
        `the guide: ${kubectlVersion(away)} rule: .*K3s \\(${K3S.version.replace('+', '.')}\\).*version-skew-policy`,
      ),
    ],
  ),
  ['a kubectl that tells nothing', 'kubectl', 'warning', saying('kubectl', 'hello'), /hello rule: .*does not tell/],
  ['no AWS CLI', 'aws', 'warning', saying('awsCli'), /not there.*getting-started-install/],
  [
    'an AWS CLI without `aws logs tail`',
    'aws',
    'warning',
    saying('awsCli', 'aws-cli/1.45.11 Python/3.11.7 Linux/6.1 botocore/1.43.11'),
    /: 1\.45\.11 rule: +AWS CLI 2 or newer.*getting-started-install/,
  ],
  ['an aws that is something else', 'aws', 'warning', saying('awsCli', 'hello'), /hello rule: .*does not tell/],
  [
    'credentials of nobody',
    'account',
    'problem',
    { identity: refused(NEEDS_VALID) },
    /not usable rule: +needs valid AWS credentials.*log in.*get-region-opt-status --region-name us-east-1/,
  ],
  [
    'no credentials at all',
    'account',
    'problem',
    { identity: refused('none were found') },
    /not usable rule: +none were found fix: +log in \d/,
  ],
  [
    "credentials of another account than Terraform's state",
    'account',
    'problem',
    { localState: stateOf('999999999999', 'us-east-1') },
    /account 123456789012.*in account 999999999999.*AWS_PROFILE/,
  ],
  [
    "another region than Terraform's state",
    'account',
    'problem',
    { localState: stateOf('123456789012', 'eu-west-1') },
    /in eu-west-1.*second time.*region: 'eu-west-1'/,
  ],
  [
    'a quota below what the cluster needs to stand',
    'vcpu-quota',
    'problem',
    { quota: async (code) => (code === 'L-1216C47A' ? 3 : 512) },
    /L-1216C47A.*3 vCPUs.*must be 4 or more.*--quota-code L-1216C47A --desired-value 22 --region us-east-1/,
  ],
  [
    'a quota below what the limits allow',
    'vcpu-quota',
    'warning',
    { quota: async (code) => (code === 'L-34B43A08' ? 5 : 512) },
    /L-34B43A08.*Spot.*5 vCPUs.*18 are needed.*--desired-value 18/,
  ],
  [
    'few executions that nobody reserved',
    'function-concurrency',
    'warning',
    { concurrency: async () => ({ all: 10, unreserved: 3 }) },
    /3 of 10.*L-B99A9384 --desired-value 1000/,
  ],
  [
    'no executions that nobody reserved',
    'function-concurrency',
    'problem',
    { concurrency: async () => ({ all: 1_000, unreserved: 0 }) },
    /0 of 1000/,
  ],
  [
    'a zone that the account lacks',
    'zones',
    'problem',
    { zones: async () => [{ name: 'us-east-1a', state: 'available' }] },
    /us-east-1b.*may use: us-east-1a/,
  ],
  [
    'a zone that is impaired',
    'zones',
    'warning',
    {
      zones: async () =>
        ['a', 'b'].map((z) => ({ name: `us-east-1${z}`, state: z === 'a' ? 'available' : 'impaired' })),
    },
    /us-east-1b: impaired/,
  ],
  [
    "the server's type not offered in the first zone",
    'instance-types',
    'problem',
    {
      offerings: async (types, zones) =>
        types.flatMap((type) => zones.map((zone) => ({ type, zone }))).filter(({ type }) => type !== 't3.small'),
    },
    /the server: not offered: t3\.small in us-east-1a/,
    { server: { instanceType: 't3.small' } },
  ],
  [
    'a type of a pool not offered in one zone',
    'instance-types',
    'warning',
    { offerings: async () => ['t3.medium', 't3a.medium'].map((type) => ({ type, zone: 'us-east-1a' })) },
    /pool burst: not offered: t3\.medium in us-east-1b, t3a\.medium in us-east-1b/,
    { pools: { burst: { market: 'on-demand' } }, alarms: { enabled: true } },
  ],
  [
    'a pool none of whose types is offered',
    'instance-types',
    'problem',
    {
      offerings: async (types, zones) =>
        types.flatMap((type) => zones.map((zone) => ({ type, zone }))).filter(({ type }) => type !== 'm7g.large'),
    },
    /pool arm: not offered: m7g\.large in us-east-1a, m7g\.large in us-east-1b/,
    { pools: { arm: { instanceTypes: ['m7g.large'] } } },
  ],
  [
    'an image parameter that is not there',
    'image',
    'problem',
    { image: async () => undefined },
    /al2023.*x86_64: not there/,
  ],
  [
    'no role for spot',
    'spot-role',
    'warning',
    { hasRole: async () => false },
    /pool burst.*create-service-linked-role/,
  ],
  [
    'a name of AWS without an IPv6 address',
    'endpoint-names',
    'problem',
    { addresses: async (_, family) => (family === 6 ? [] : ['198.51.100.7']) },
    /ec2\.us-east-1\.api\.aws: no IPv6 address.*interface-endpoints/,
  ],
  [
    'name servers that know nothing of AWS',
    'endpoint-names',
    'unknown',
    { addresses: async () => [] },
    /do not know ec2\.us-east-1\.amazonaws\.com either/,
  ],
];

/** Those that `last-tick` speaks of. */
export const DECISIONS: { code: string; level: Level; says: RegExp }[] = [
  { code: 'retired', level: 'problem', says: /docs\/state\.md#retirement/ },
  { code: 'paused', level: 'warning', says: /npm run resume -- --stage dev-ana/ },
  ...['data-doubtful', 'mass-unready', 'at-maximum', 'launch-held'].map((code) => ({
    code,
    level: 'warning' as const,
    says: /only in part, or not at all.*npm run explain -- --stage dev-ana/,
  })),
];

export const AFTER: Row[] = [
  [
    'a function that failed',
    'function',
    'problem',
    { deployedFunction: async () => lambda({ state: 'Failed', reason: 'no subnet' }) },
    /Failed, last update Successful: no subnet.*npm run deploy -- --stage dev-ana/,
  ],
  [
    'a function whose last update failed',
    'function',
    'problem',
    { deployedFunction: async () => lambda({ update: 'Failed', reason: 'no such layer' }) },
    /Active, last update Failed: no such layer.*npm run deploy -- --stage dev-ana/,
  ],
  [
    'a function that is being changed',
    'function',
    'warning',
    { deployedFunction: async () => lambda({ update: 'InProgress' }) },
    /InProgress.*wait/,
  ],
  [
    'a function that somebody stopped by a reservation',
    'function',
    'problem',
    { deployedFunction: async () => lambda({ reserved: 0 }) },
    /delete-function-concurrency --function-name k3s-dev-ana-autoscaler/,
  ],
  [
    'a tick that is three intervals old',
    'last-tick',
    'problem',
    { now: () => T0 + 7 * MINUTE },
    /7 min ago \(2026-01-05T00:00:00Z\): steady.*aws logs tail \/aws\/lambda\/k3s-dev-ana-autoscaler/,
  ],
  [
    'no tick, long after the deploy',
    'last-tick',
    'problem',
    { history: async () => undefined },
    /never.*aws logs tail/,
  ],
  [
    'no tick, just after the deploy',
    'last-tick',
    'warning',
    { history: async () => undefined, deployedFunction: async () => lambda({ changedAt: T0 }) },
    /never, so far.*within 2m.*wait/,
  ],
  ...DECISIONS.map(
    ({ code, level, says }): Row => [
      `a last decision that is ${code}`,
      'last-tick',
      level,
      { history: async () => seen(scene({ instances: [worker] }), { decision: { code, text: 'So.' } }) },
      says,
    ],
  ),
  ['no server', 'server', 'problem', { instances: async () => [] }, /not there.*npm run deploy/],
  [
    'a server that is stopped',
    'server',
    'problem',
    { instances: async () => [{ ...server, state: 'stopped' }, worker] },
    /i-05e7 stopped.*start-instances --instance-ids i-05e7/,
  ],
  [
    'a server that is on its way',
    'server',
    'warning',
    { instances: async () => [{ ...server, state: 'pending' }, worker] },
    /pending.*wait/,
  ],
  [
    'two servers',
    'server',
    'problem',
    { instances: async () => [server, { ...server, id: 'i-15e7' }, worker] },
    /i-05e7 running, i-15e7 running.*one instance must/,
  ],
  ...(['metrics', 'kubernetes', 'instances'] as const).map(
    (source): Row => [
      `${source} out of the function's reach`,
      'sources',
      'problem',
      { history: async () => seen(scene({ instances: [worker], snapshot: { [source]: lost } })) },
      /from the function: .* is unknown \(timeout: no answer within 3 s\).*run:/,
    ],
  ),
  [
    'a cluster that has not started so far',
    'sources',
    'warning',
    { history: async () => seen(scene({ instances: [worker], snapshot: { kubernetes: notYet } })) },
    /Kubernetes API, from the function.*not-yet.*wait/,
  ],
  [
    "Prometheus' data too old",
    'sources',
    'problem',
    {
      history: async () => {
        const snapshot = scene({ instances: [worker] });
        return seen({ ...snapshot, metrics: { ...snapshot.metrics, at: T0 - 5 * MINUTE } as typeof snapshot.metrics });
      },
    },
    /data is 300 s old/,
  ],
  [
    'a source that only the last tick could not use, though its plan is as before',
    'sources',
    'problem',
    {
      history: async () =>
        seen(scene({ instances: [worker] }), {
          key: 'later',
          doubts: [{ source: 'metrics', reason: 'timeout', text: 'Prometheus is unknown (timeout: no answer)' }],
        }),
    },
    /Prometheus, from the function: Prometheus is unknown \(timeout: no answer\).*npm run forward/,
  ],
  [
    "EC2's list that lacks a worker",
    'sources',
    'problem',
    {
      history: async () =>
        seen(scene({ instances: [worker], snapshot: { instances: { known: true, at: T0, value: [] } } })),
    },
    /EC2, from the function: EC2 shows no instance of this cluster/,
  ],
  [
    'a last tick of an older version, of which nothing was recorded',
    'sources',
    'unknown',
    { history: async () => unsaid(seen(scene({ instances: [worker] }), { key: 'later' })) },
    /did not write what it saw.*lambda:InvokeFunction.*npm run tick -- --stage dev-ana --dry-run/,
  ],
  [
    'launches of which no tick told',
    'launches',
    'unknown',
    { history: async () => undefined, deployedFunction: async () => lambda({ changedAt: T0 }) },
    /launches: no tick has been recorded/,
  ],
  [
    'launches whose plan was not recorded',
    'launches',
    'unknown',
    { history: async () => seen(scene({ instances: [worker] }), { key: 'later', plan: 'another' }) },
    /the plan of the last tick was not recorded.*npm run explain/,
  ],
  [
    'limits that nobody can know to be reached without Kubernetes',
    'launches',
    'unknown',
    { history: async () => seen(scene({ instances: [worker], snapshot: { kubernetes: lost } })) },
    /whether a limit keeps pods waiting cannot be told without Kubernetes and EC2: see sources/,
  ],
  [
    'instances that never join',
    'launches',
    'problem',
    { state: async () => ({ ...emptyState(), joinFailures: { burst: 3 } }) },
    /1 of the pools never joined/,
  ],
  [
    'launches that a quota stops',
    'launches',
    'problem',
    {
      state: async () => {
        const offerings = {
          'burst/on-demand/t3.medium/us-east-1a': { failures: 1, until: T0 + HOUR, reason: 'VcpuLimitExceeded' },
        };
        return { ...emptyState(), offerings };
      },
    },
    /a quota of the account.*see vcpu-quota/,
  ],
  [
    'pods that a limit keeps waiting',
    'launches',
    'warning',
    {
      history: async () => {
        // Of a pool of nine, eight of the pods to a node.
        const pods = [fillOf(base), fillOf(worker), ...times(80, () => pending())];
        return seen(scene({ instances: [worker], pods }));
      },
    },
    /pods need nodes that a limit of the configuration keeps from being launched.*never exceeded.*npm run explain/,
  ],
  [
    'tokens not renewed',
    'tokens',
    'warning',
    { parameters: parameters(9, 14 * HOUR) },
    /14 h ago.*made anew every 12 hours/,
  ],
  [
    'tokens that ended',
    'tokens',
    'problem',
    { parameters: parameters(9, 25 * HOUR) },
    /has ended.*start-session --target i-05e7/,
  ],
  ['tokens never written', 'tokens', 'problem', { parameters: parameters(1, HOUR) }, /never written by the server/],
  ['tokens not written so far', 'tokens', 'warning', { parameters: parameters(1, 5 * MINUTE) }, /made 5 min ago.*wait/],
  [
    'parameters that are not there',
    'tokens',
    'problem',
    { parameters: async () => [] },
    /\/k3s\/ca\/dev-ana: not there/,
  ],
  [
    'an alarm',
    'alarms',
    'problem',
    {
      alarms: async () =>
        ALARMS.map((name) => alarm(name, name === 'errors' ? { state: 'ALARM', reason: '1 > 0' } : {})),
    },
    /errors: in alarm: 1 > 0.*It failed\..*infrastructure\.md#alarms/,
  ],
  [
    'alarms that are on and not there',
    'alarms',
    'warning',
    { alarms: async () => [] },
    /there are none.*alarms\.enabled is true.*npm run deploy/,
  ],
  [
    'alarms of which some are not there',
    'alarms',
    'warning',
    { alarms: async () => ALARMS.filter((name) => !/orphans|errors/.test(name)).map((name) => alarm(name)) },
    /not there: k3s-dev-ana-autoscaler-errors, k3s-dev-ana-autoscaler-orphans.*npm run deploy/,
  ],
  [
    'an alarm that was not judged so far',
    'alarms',
    'unknown',
    { alarms: async () => ALARMS.map((name) => alarm(name, name === 'errors' ? undecided(12 * MINUTE) : {})) },
    /autoscaler-errors: INSUFFICIENT_DATA, since 12 min ago.*is judged 12 minutes after.*wait/,
  ],
  [
    'an alarm that is never judged',
    'alarms',
    'warning',
    { alarms: async () => ALARMS.map((name) => alarm(name, name === 'errors' ? undecided(12 * MINUTE + 1) : {})) },
    /autoscaler-errors: INSUFFICIENT_DATA, since 12 min ago.*see in CloudWatch/,
  ],
  [
    'an alarm of which CloudWatch does not say since when it is not judged',
    'alarms',
    'warning',
    {
      alarms: async () =>
        ALARMS.map((name) => alarm(name, name === 'orphans' ? { state: 'INSUFFICIENT_DATA', since: undefined } : {})),
    },
    /autoscaler-orphans: INSUFFICIENT_DATA rule: .*see in CloudWatch/,
  ],
];

export const LEFT: Row[] = [
  [
    'a worker that nobody knows',
    'orphans',
    'problem',
    { instances: async () => [server, worker, lonely] },
    /i-10e1 \(worker, t3\.medium\).*no Node.*terminate-instances --instance-ids i-10e1/,
  ],
  [
    'a base worker that never joined',
    'orphans',
    'problem',
    { instances: async () => [server, worker, instance('i-0b2', { role: 'base' })] },
    /i-0b2 \(base.*start-session --target i-0b2/,
  ],
  [
    'workers of which the last tick, of another plan, recorded nothing',
    'orphans',
    'unknown',
    { history: async () => seen(scene({ instances: [worker] }), { key: 'later', plan: 'another' }) },
    /which Nodes the last tick saw was not recorded/,
  ],
  [
    'workers of which nobody knows whether they joined',
    'orphans',
    'unknown',
    { history: async () => seen(scene({ snapshot: { kubernetes: lost } })) },
    /the function does not know the Nodes/,
  ],
  [
    'instances of a stage without its function',
    'orphans',
    'problem',
    { deployedFunction: async () => undefined },
    /which has no function: i-05e7 \(server, .*npm run destroy -- --stage dev-ana.*--instance-ids i-05e7 i-ba5e i-a/,
  ],
  [
    'a disk that nobody uses',
    'volumes',
    'warning',
    { looseVolumes: async () => [{ id: 'vol-1', gib: 20, name: 'k3s-dev-ana-burst' }] },
    /vol-1 \(k3s-dev-ana-burst, 20 GiB\).*delete-volume --volume-id vol-1/,
  ],
  [
    "the server's data, attached to nothing",
    'volumes',
    'warning',
    { looseVolumes: async () => [{ id: 'vol-2', gib: 20, name: 'k3s-dev-ana-data' }] },
    /the server's data.*nobody wants the data/,
  ],
  [
    'a volume that was attached by hand',
    'volumes',
    'warning',
    { attachedVolumes: async () => [attached({ id: 'vol-c09f' })] },
    /vol-c09f \(no name, 20 GiB\): attached to i-05e7 as \/dev\/sdg, .*kubectl get pv.*detach-volume --volume-id vol-c09f .*&& aws ec2 delete-volume --volume-id vol-c09f --region us-east-1/,
  ],
  [
    'interfaces of a function that is gone',
    'interfaces',
    'warning',
    {
      deployedFunction: async () => undefined,
      instances: async () => [],
      functionInterfaces: async () => [{ id: 'eni-1', status: 'in-use' }],
      launchTemplates: async () => [],
    },
    /eni-1 in-use.*wait/,
  ],
  [
    'a launch template of no pool',
    'launch-templates',
    'warning',
    { deployedFunction: async () => lambda({ launchTemplates: {} }) },
    /lt-burst \(k3s-dev-ana\.burst\).*delete-launch-template --launch-template-id lt-burst/,
  ],
  [
    'a function that knows no launch template at all',
    'launch-templates',
    'warning',
    {
      deployedFunction: async () => lambda({ launchTemplates: {} }),
      launchTemplates: async () => [{ id: 'lt-server', name: 'k3s-dev-ana.server' }],
    },
    /pool burst: the function knows no launch template for it.*npm run deploy -- --stage dev-ana/,
  ],
  [
    'a function whose environment nobody can read',
    'launch-templates',
    'unknown',
    { deployedFunction: async () => lambda({ launchTemplates: undefined }) },
    /environment does not tell.*get-function-configuration --function-name k3s-dev-ana-autoscaler/,
  ],
  [
    'a pool without its launch template',
    'launch-templates',
    'problem',
    { launchTemplates: async () => [] },
    /lt-burst of pool burst: not there.*npm run deploy/,
  ],
];

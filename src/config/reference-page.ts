import { DEVELOPER_VARIABLES, type EnvironmentVariable, FUNCTION_VARIABLES } from './environment-variables';
import { type Field, rootField } from './reference';
import { DEFAULT_POOLS } from './schema';

/** `docs/configuration.md`, written from the schema. */

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (value: unknown): string => `\`${typeof value === 'string' ? `'${value}'` : JSON.stringify(value)}\``;

function typeOf(field: Field): string {
  if (field.enum !== undefined) return field.enum.map(code).join(', ');
  if (field.type === 'integer') return 'whole number';
  return field.type ?? 'any';
}

interface Row {
  name: string;
  field: Field;
  required: boolean;
}

/** The fields with a value of their own, by full name; groups only lead to them. */
function rows(field: Field, prefix: string): Row[] {
  return Object.entries(field.properties ?? {}).flatMap(([key, child]) => {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    if (child.properties !== undefined) return rows(child, name);
    const required = field.required?.includes(key) === true && child.default === undefined;
    const row = { name, field: child, required };
    if (typeof child.additionalProperties === 'object' && child.additionalProperties.properties !== undefined) {
      return [row, ...rows(child.additionalProperties, `${name}.<name>`)];
    }
    return child.items?.properties === undefined ? [row] : [row, ...rows(child.items, `${name}[]`)];
  });
}

function defaultOf({ name, field, required }: Row): string {
  if (name === 'pools') return code(DEFAULT_POOLS);
  if (field.default !== undefined) return code(field.default);
  return required ? 'needed' : 'none';
}

function fieldTable(root: Field): string[] {
  return [
    '| Field | Type | Unit | Default | Meaning |',
    '|---|---|---|---|---|',
    ...rows(root, '').map((row) => {
      const { name, field } = row;
      const cells = [`\`${name}\``, typeOf(field), field.unit ?? '', defaultOf(row), field.description ?? ''];
      return `| ${cells.map(cell).join(' | ')} |`;
    }),
  ];
}

const variableTable = (variables: readonly EnvironmentVariable[]): string[] => [
  '| Variable | Meaning |',
  '|---|---|',
  ...variables.map(({ name, description }) => `| \`${name}\` | ${cell(description)} |`),
];

/** A test reads the example as the configuration that it is. */
const CHOICES = `## What is bought, and how much

\`\`\`ts
export default defineConfig({
  pools: {
    burst: { instanceTypes: ['t3.medium', 't3a.medium'] },
    jobs: { instanceTypes: ['c6i.2xlarge', 'c6i.xlarge'], market: 'spot-then-on-demand' },
  },
  limits: { maxNodes: 20, cores: 64, memory: '128Gi', usdPerMonth: 500 },
  policy: {
    placement: 'lowest-cost',
    headroom: { cores: 1, memory: '2Gi' },
    calendar: [
      {
        name: 'office-hours',
        start: '30 7 * * MON-FRI',
        timeZone: 'Europe/Berlin',
        for: '11h',
        pools: { burst: { min: 3 } },
        headroom: { cores: 2, memory: '4Gi', pods: 10 },
      },
    ],
    signals: [{ name: 'queue', query: 'sum(queue_length)', above: 100, below: 10 }],
  },
});
\`\`\`

- **Placement** chooses among all pools, markets and types that the pods can run on. \`lowest-cost\` takes what costs least
  in all, \`least-waste\` what leaves least unused, and \`priority\` goes by the order in which you wrote them.
- **Limits** count base workers, those on their way and the autoscaled ones, never the server. Prices are list prices of
  us-east-1 with volume and address, spot at 34 % of on demand
  ([compute-prices.ts](../src/cost/compute-prices.ts), [cost.md](cost.md)): a brake, not an invoice.
- **Headroom** is kept free beside what pods ask for, so that the next pods need not wait for a node.
- **The calendar** raises minima and headroom for a time. Windows that hold together give the largest of each, and are not
  added. A window lasts for its length, whatever the clocks do meanwhile; a start that the spring skips comes right after
  the gap, and one that autumn has twice comes once.
- **GPUs** of g4dn, g5 and g6 are \`nvidia.com/gpu\`. A node offers them once NVIDIA's driver and device plugin run on it,
  which this project does not install.`.split('\n');

export function referencePage(): string {
  return [
    '# Configuration',
    '',
    '<!-- Generated from src/config/schema.ts by `npm run docs`; do not edit. -->',
    '',
    '`autoscaler.config.ts` default-exports `defineConfig({ … })`. Every field may be left out and then has its default:',
    'objects merge with the defaults field by field, lists replace them. A field that is not listed here is an error, and',
    'so is a value that breaks a rule; `npm run synth` names file, line, field, value, rule and fix of each.',
    '',
    'Durations are whole numbers with units, largest first: `90s`, `2m`, `1h30m`, `7d`.',
    '',
    '## Fields',
    '',
    ...fieldTable(rootField()),
    '',
    ...CHOICES,
    '',
    '## What must hold between fields',
    '',
    '- `function.timeout` + 30 s (the lease) is not longer than `schedule.every`, which is whole minutes.',
    '- `zones` are zones of `region`, each named once; in `region` functions have URLs, and EC2 a dual-stack name unless',
    '  `network.functionEgress` is `interface-endpoints`.',
    '- `vpcCidr` is private, apart from K3s’ own 10.42.0.0/16 and 10.43.0.0/16, and has addresses for `limits.maxNodes` and',
    '  the server. Networks have no host bits set, and none is named twice.',
    '- `alarms.emails` only with `alarms.enabled`; `schedule.every` × `alarms.unknownTicks`, or × 3, is not more than an',
    '  alarm looks back: a day, or 7 days where the interval is an hour or more.',
    '- The server (`server.instanceType`) has at least 2 vCPU and 2 GiB.',
    '- `policy.cpu.down` is below `policy.cpu.up`, and `policy.offeringBackoff.first` not above its `max`.',
    '- A signal’s `below` is below its `above`; signals have different names, and so have the windows of the calendar.',
    '- A pool’s `min` is not above its `max`, nor is one of the calendar, which names pools that there are.',
    '- Base workers and the minima of all pools that can hold at once fit every limit, each pool with its smallest and its',
    '  cheapest type.',
    '- Every instance type is listed in `src/config/instance-types.ts`; those of one pool share an architecture.',
    '- Pool names are 1 to 30 of a-z, 0-9 and -, start with a letter, and are not `server` or `base`.',
    '- Labels of a pool are not under `kubernetes.io/`, `k8s.io/`, `k3s.io/`, `cattle.io/` or `k3s-autoscaler/`.',
    '',
    '## Environment of the function',
    '',
    ...variableTable(FUNCTION_VARIABLES),
    '',
    '## Environment of the commands',
    '',
    ...variableTable(DEVELOPER_VARIABLES),
    '',
  ].join('\n');
}

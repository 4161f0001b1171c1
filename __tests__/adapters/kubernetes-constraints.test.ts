import { NO_SURROUNDINGS, toPod } from '../../src/adapters/kubernetes-pods';

const podOf = (spec: object, labels: Record<string, string> = {}, status: object = { phase: 'Pending' }) => ({
  metadata: { name: 'x', namespace: 'shop', uid: 'u', creationTimestamp: '2026-01-05T00:00:00Z', labels },
  spec,
  status,
});
const namespaces = new Map([
  ['shop', { team: 'a', 'kubernetes.io/metadata.name': 'shop' }],
  ['bank', { team: 'b', 'kubernetes.io/metadata.name': 'bank' }],
  ['zoo', { team: 'a', 'kubernetes.io/metadata.name': 'zoo' }],
]);
const read = (spec: object, labels?: Record<string, string>) =>
  toPod(podOf(spec, labels), { ...NO_SURROUNDINGS, namespaces });

const required = (list: unknown) => ({ requiredDuringSchedulingIgnoredDuringExecution: list });
const isWeb = [{ key: 'app', operator: 'In', values: ['web'] }];
const web = { matchLabels: { app: 'web' } };

describe('node affinity of a pod', () => {
  const nodes = (terms: object[]) => ({ affinity: { nodeAffinity: required({ nodeSelectorTerms: terms }) } });

  it('is a list of terms with labels and fields', () => {
    const spec = nodes([
      { matchExpressions: [{ key: 'cores', operator: 'Gt', values: ['3'] }] },
      { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n-1'] }] },
    ]);
    expect(read(spec)).toMatchObject({
      nodeTerms: [
        [
          { labels: [{ key: 'cores', operator: 'Gt', values: ['3'] }], fields: [] },
          { labels: [], fields: [{ key: 'metadata.name', operator: 'In', values: ['n-1'] }] },
        ],
      ],
      unsupported: [],
    });
  });

  it('stays a list where it has no term: no node matches', () => {
    expect(read(nodes([])).nodeTerms).toEqual([[]]);
    expect(read(nodes([{}])).nodeTerms).toEqual([[{ labels: [], fields: [] }]]);
  });

  it('may be a preference with a weight; one that says nothing is left out', () => {
    const preference = { matchExpressions: [{ key: 'disk', operator: 'Exists' }] };
    const list = [{ weight: 7, preference }, { weight: 9, preference: {} }, { preference }];
    const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: list } };
    const pod = read({ affinity });
    expect(pod.preferredNodes).toEqual([
      { weight: 7, term: { labels: [{ key: 'disk', operator: 'Exists', values: [] }], fields: [] } },
    ]);
    expect(pod.nodeTerms).toBeUndefined();
  });

  it('is unsupported with an operator or a field that is not known', () => {
    const spec = nodes([
      {
        matchExpressions: [{ key: 'a', operator: 'Like', values: ['b'] }],
        matchFields: [{ key: 'spec.x', operator: 'In', values: ['y'] }],
      },
    ]);
    expect(read(spec).unsupported).toEqual(['node field spec.x', 'selector operator Like']);
  });
});

describe('pod affinity', () => {
  const term = (more: object) => ({ topologyKey: 'zone', labelSelector: web, ...more });

  it.each<[string, object, string[]]>([
    ['its own by default', {}, ['shop']],
    ['its own with empty lists', { namespaces: [], namespaceSelector: null }, ['shop']],
    ['those that are named', { namespaces: ['bank', 'gone'] }, ['bank', 'gone']],
    ['those that are selected', { namespaceSelector: { matchLabels: { team: 'a' } } }, ['shop', 'zoo']],
    [
      'those that are named or selected',
      {
        namespaces: ['shop'],
        namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['a'] }] },
      },
      ['bank', 'shop'],
    ],
    ['all with an empty selector', { namespaceSelector: {} }, ['bank', 'shop', 'zoo']],
    ['none when none is selected', { namespaceSelector: { matchLabels: { team: 'c' } } }, []],
  ])('is about pods of a namespace: %s', (_, more, expected) => {
    const pod = read({ affinity: { podAffinity: required([term(more)]) } });
    expect(pod.affinity).toEqual([{ selector: isWeb, namespaces: expected, topologyKey: 'zone' }]);
  });

  it('is read for anti-affinity alike, labels and expressions as one list', () => {
    const labelSelector = { ...web, matchExpressions: [{ key: 'canary', operator: 'DoesNotExist' }] };
    const pod = read({ affinity: { podAntiAffinity: required([term({ labelSelector })]) } });
    expect(pod.antiAffinity).toEqual([
      {
        selector: [...isWeb, { key: 'canary', operator: 'DoesNotExist', values: [] }],
        namespaces: ['shop'],
        topologyKey: 'zone',
      },
    ]);
    expect(pod.affinity).toBeUndefined();
  });

  it.each<[unknown, object]>([
    [null, {}],
    [undefined, {}],
    [{}, { selector: [] }],
  ])('selects nothing without a selector and everything with an empty one: %j', (labelSelector, expected) => {
    const pod = read({ affinity: { podAffinity: required([term({ labelSelector })]) } });
    expect(pod.affinity).toEqual([{ ...expected, namespaces: ['shop'], topologyKey: 'zone' }]);
  });

  it('is unsupported without a topology key', () => {
    const pod = read({ affinity: { podAffinity: required([term({ topologyKey: '' })]) } });
    expect(pod.unsupported).toEqual(['pod affinity without a topology key']);
  });

  it('leaves out preferences', () => {
    const affinity = { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{}] } };
    expect(read({ affinity }).antiAffinity).toBeUndefined();
  });
});

describe('topology spread', () => {
  const constraint = (more: object = {}) => ({ topologyKey: 'zone', maxSkew: 2, labelSelector: web, ...more });
  const spreadOf = (more: object, labels?: Record<string, string>) =>
    read({ topologySpreadConstraints: [constraint(more)] }, labels).spread;

  it('has defaults', () => {
    expect(spreadOf({})).toEqual([
      { topologyKey: 'zone', selector: isWeb, maxSkew: 2, minDomains: 1, honorAffinity: true, honorTaints: false },
    ]);
  });

  it('has what it says', () => {
    const more = {
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: null,
      minDomains: 3,
      nodeAffinityPolicy: 'Ignore',
      nodeTaintsPolicy: 'Honor',
    };
    expect(spreadOf(more)).toEqual([
      { topologyKey: 'zone', maxSkew: 2, minDomains: 3, honorAffinity: false, honorTaints: true },
    ]);
  });

  it('is left out where it may be violated', () => {
    expect(spreadOf({ whenUnsatisfiable: 'ScheduleAnyway' })).toBeUndefined();
  });

  it("adds the pod's own values of matchLabelKeys, once, and ignores keys that it lacks", () => {
    const hash = { key: 'hash', operator: 'In', values: ['7'] };
    const matchLabelKeys = ['hash', 'none'];
    const merged = { ...web, matchExpressions: [hash] };
    for (const labelSelector of [web, merged]) {
      expect(spreadOf({ matchLabelKeys, labelSelector }, { hash: '7' })).toMatchObject([
        { selector: [...isWeb, hash] },
      ]);
    }
    expect(spreadOf({ matchLabelKeys, labelSelector: undefined }, { hash: '7' })?.[0]).not.toHaveProperty('selector');
  });
});

describe('host ports', () => {
  it('are those of containers and sidecars, each once, with protocol and address', () => {
    const ports = (...list: object[]) => ({ name: 'c', ports: list });
    const spec = {
      initContainers: [
        { ...ports({ hostPort: 1 }), restartPolicy: 'Always' },
        ports({ hostPort: 2 }), // It is over before the others start.
      ],
      containers: [
        ports({ containerPort: 80, hostPort: 8080 }, { containerPort: 81 }, { hostPort: 0 }),
        ports({ hostPort: 8080, protocol: 'TCP' }, { hostPort: 53, protocol: 'UDP', hostIP: '10.0.0.1' }),
      ],
    };
    expect(read(spec).hostPorts).toEqual(['TCP/0.0.0.0/1', 'TCP/0.0.0.0/8080', 'UDP/10.0.0.1/53']);
    expect(read({ containers: [ports({ containerPort: 80 })] }).hostPorts).toBeUndefined();
  });
});

it('does not ask where a pod may run that has ended', () => {
  const spec = { affinity: { podAffinity: required([{ topologyKey: 'zone', labelSelector: web }]) } };
  expect(toPod(podOf(spec, {}, { phase: 'Succeeded' })).affinity).toBeUndefined();
});

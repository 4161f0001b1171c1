import { NO_SURROUNDINGS, toPod } from '../../src/adapters/kubernetes-pods';
import type { WireClaim, WirePersistentVolume, WireStorageClass } from '../../src/adapters/kubernetes-volumes';
import { matchesNode } from '../../src/autoscaler/planning/selectors';

const BOUND = { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } };
const bound: WireClaim = { metadata: BOUND, spec: { volumeName: 'pv-1' }, status: { phase: 'Bound' } };
const unbound = (more: object = {}): WireClaim => ({ spec: { storageClassName: 'disk' }, status: {}, ...more });
const late: WireStorageClass = { provisioner: 'ebs.csi.aws.com', volumeBindingMode: 'WaitForFirstConsumer' };
const inZone = (...values: string[]) => ({ key: 'topology.kubernetes.io/zone', operator: 'In', values });

interface Given {
  claim?: WireClaim;
  volume?: WirePersistentVolume;
  storageClass?: WireStorageClass;
  volumes?: object[];
  phase?: string;
  name?: string;
}

/** A pod with the claim `data-0`. */
function read({ claim, volume, storageClass, volumes, phase = 'Pending', name = 'db' }: Given) {
  const spec = { volumes: volumes ?? [{ name: 'data', persistentVolumeClaim: { claimName: 'data-0' } }] };
  const metadata = { name, namespace: 'shop', uid: 'u', creationTimestamp: '2026-01-05T00:00:00Z' };
  const storage = {
    claims: new Map(claim ? [['shop/data-0', claim]] : []),
    volumes: new Map(volume ? [['pv-1', volume]] : []),
    classes: new Map(storageClass ? [['disk', storageClass]] : []),
  };
  return toPod({ metadata, spec, status: { phase } }, { ...NO_SURROUNDINGS, storage });
}

describe('a claim that is bound', () => {
  const affinity = { required: { nodeSelectorTerms: [{ matchExpressions: [inZone('a')] }] } };

  it('lets the pod run where its volume can be reached', () => {
    const pod = read({ claim: bound, volume: { spec: { nodeAffinity: affinity } } });
    expect(pod).toMatchObject({ localVolume: false, unsupported: [] });
    expect(pod.volumeTerms).toEqual([[{ labels: [inZone('a')], fields: [] }]]);
  });

  it('says nothing where the volume has no place', () => {
    const pod = read({ claim: bound, volume: { spec: {} } });
    expect(pod).toMatchObject({ localVolume: false, unsupported: [] });
    expect(pod.volumeTerms).toBeUndefined();
  });

  it.each([['local'], ['hostPath']])('lives on the node with a volume of type %s', (type) => {
    const spec = { nodeAffinity: affinity, [type]: { path: '/x' } };
    expect(read({ claim: bound, volume: { spec } })).toMatchObject({ localVolume: true });
  });

  it.each<[string, Record<string, string>, Record<string, string>, boolean]>([
    ['the zone', { 'topology.kubernetes.io/zone': 'a' }, { 'topology.kubernetes.io/zone': 'a' }, true],
    ['another zone', { 'topology.kubernetes.io/zone': 'a' }, { 'topology.kubernetes.io/zone': 'b' }, false],
    ['one of several', { 'topology.kubernetes.io/zone': 'a__b' }, { 'topology.kubernetes.io/zone': 'b' }, true],
    [
      'the zone in its older spelling',
      { 'failure-domain.beta.kubernetes.io/zone': 'a' },
      { 'topology.kubernetes.io/zone': 'a' },
      true,
    ],
    [
      'another in its older spelling',
      { 'failure-domain.beta.kubernetes.io/zone': 'a' },
      { 'topology.kubernetes.io/zone': 'b' },
      false,
    ],
    ['a region', { 'topology.kubernetes.io/region': 'eu' }, { 'topology.kubernetes.io/zone': 'b' }, false],
    ['a node that has no place', { 'topology.kubernetes.io/zone': 'a' }, {}, true],
    ['a list with a gap', { 'topology.kubernetes.io/zone': 'a__' }, { 'topology.kubernetes.io/zone': 'b' }, true],
  ])('heeds the labels of an old volume: %s', (_, labels, node, expected) => {
    const { volumeTerms = [] } = read({ claim: bound, volume: { metadata: { labels }, spec: {} } });
    expect(volumeTerms.every((terms) => matchesNode(terms, { name: 'n', labels: node }))).toBe(expected);
  });
});

describe('a claim that waits for its first pod', () => {
  it('says nothing, as those of local-path', () => {
    const pod = read({ claim: unbound(), storageClass: late });
    expect(pod).toMatchObject({ localVolume: false, unsupported: [] });
    expect(pod.volumeTerms).toBeUndefined();
  });

  it('keeps to the places that its class allows', () => {
    const key = 'topology.kubernetes.io/zone';
    const allowedTopologies = [{ matchLabelExpressions: [{ key, values: ['a', 'b'] }] }];
    const pod = read({ claim: unbound(), storageClass: { ...late, allowedTopologies } });
    expect(pod.volumeTerms).toEqual([[{ labels: [inZone('a', 'b')], fields: [] }]]);
  });

  it('keeps to the node that the scheduler has chosen already', () => {
    const metadata = { annotations: { 'volume.kubernetes.io/selected-node': 'n-1' } };
    expect(read({ claim: unbound({ metadata }), storageClass: late }).volumeTerms).toEqual([
      [{ labels: [], fields: [{ key: 'metadata.name', operator: 'In', values: ['n-1'] }] }],
    ]);
  });

  it('may name its class in the older way', () => {
    const metadata = { annotations: { 'volume.beta.kubernetes.io/storage-class': 'disk' } };
    expect(read({ claim: unbound({ metadata, spec: {} }), storageClass: late }).unsupported).toEqual([]);
  });
});

describe('a claim that lets a pod run nowhere', () => {
  const deleted = { metadata: { ...BOUND, deletionTimestamp: '2026-01-05T00:00:00Z' } };

  it.each<[string, Given]>([
    ['claim data-0 is not there', {}],
    ['claim data-0 has lost its volume', { claim: { ...bound, status: { phase: 'Lost' } } }],
    ['claim data-0 is being deleted', { claim: { ...bound, ...deleted }, volume: { spec: {} } }],
    ['claim data-0 is bound to volume pv-1, which is not there', { claim: bound }],
    ['claim data-0 is not bound', { claim: { ...bound, metadata: {} }, volume: { spec: {} } }],
    ['claim data-0 is not bound', { claim: unbound({ spec: {} }) }],
    ['claim data-0 is not bound', { claim: unbound(), storageClass: { volumeBindingMode: 'Immediate' } }],
    ['claim data-0 is of class disk, which is not there', { claim: unbound() }],
    [
      'claim data-0 waits for a volume that is made by hand',
      { claim: unbound(), storageClass: { ...late, provisioner: 'kubernetes.io/no-provisioner' } },
    ],
  ])('makes it unsupported: %s', (expected, given) => {
    const pod = read(given);
    expect(pod.unsupported).toEqual([expected]);
    expect(pod.volumeTerms).toBeUndefined();
  });

  it('is of no concern to a pod that has ended', () => {
    expect(read({ phase: 'Failed' }).unsupported).toEqual([]);
  });
});

describe('the claim of an ephemeral volume', () => {
  const volumes = [{ name: '0', ephemeral: {} }];
  // The pod is `data` here, so the claim is `data-0` still.
  const ownedBy = (uid: string): WireClaim =>
    unbound({ metadata: { ownerReferences: [{ kind: 'Pod', name: 'data', uid, controller: true }] } });

  it.each<[string, WireClaim | undefined, string[]]>([
    ['is found by the names of pod and volume', ownedBy('u'), []],
    ['is missed by that name', undefined, ['claim data-0 is not there']],
    ['is that of no other pod', ownedBy('u-2'), ['claim data-0 belongs to another']],
    ['is none that a person made', unbound(), ['claim data-0 belongs to another']],
  ])('%s', (_, claim, expected) => {
    const given = { volumes, storageClass: late, name: 'data', ...(claim && { claim }) };
    expect(read(given).unsupported).toEqual(expected);
  });
});

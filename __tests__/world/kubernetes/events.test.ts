import { KubeError } from '../../../src/world/contract';
import { newWorld, seconds } from '../builders';

const HOUR = 3600;
const event = (name: string, about: object, reason = 'X') => ({
  metadata: { name },
  involvedObject: about,
  reason,
  type: 'Normal',
  count: 1,
});
const POD = { kind: 'Pod', namespace: 'default', name: 'web', uid: 'u-1' };
const NODE = { kind: 'Node', name: 'worker', uid: 'u-2' };

describe('Events of the simulated Kubernetes', () => {
  it('are found by what they are about, as kubectl describe looks for them', () => {
    const { kubernetes } = newWorld();
    kubernetes.create('events', event('a', POD), 'default');
    kubernetes.create('events', event('b', { ...POD, uid: 'u-9' }), 'default');
    kubernetes.create('events', event('c', NODE), 'default');
    const found = (fieldSelector: string) =>
      kubernetes.list('events', { fieldSelector }).items.map(({ metadata }) => metadata.name);
    expect(found('involvedObject.kind=Pod,involvedObject.name=web,involvedObject.uid=u-1')).toEqual(['a']);
    expect(found('involvedObject.kind=Node')).toEqual(['c']);
    expect(found('reason=Y')).toEqual([]);
  });

  it.each([
    ['of a pod in another namespace', POD, 'shop'],
    ['of a Node outside of default', NODE, 'kube-system'],
  ])('%s are refused as invalid', (_, about, namespace) => {
    const create = () => newWorld().kubernetes.create('events', event('a', about), namespace);
    expect(create).toThrow(KubeError);
    expect(create).toThrow(/involvedObject\.namespace: Invalid value: ".*": does not match event\.namespace/);
  });

  it('of one name exist once', () => {
    const { kubernetes } = newWorld();
    kubernetes.create('events', event('a', POD), 'default');
    expect(() => kubernetes.create('events', event('a', POD), 'default')).toThrow(/already exists/);
  });

  it('are forgotten an hour after their last write', () => {
    // GIVEN two Events, one of which is counted up half an hour later
    const { kubernetes, clock } = newWorld();
    kubernetes.create('events', event('a', POD), 'default');
    kubernetes.create('events', event('b', POD), 'default');
    const names = () => kubernetes.list('events').items.map(({ metadata }) => metadata.name);
    clock.advanceTo(seconds(HOUR / 2));
    kubernetes.patch('events', 'b', { count: 2 }, 'application/merge-patch+json', 'default');
    // WHEN / THEN
    clock.advanceTo(seconds(HOUR) + 1);
    expect(names()).toEqual(['b']);
    clock.advanceTo(seconds(1.5 * HOUR) + 1);
    expect(names()).toEqual([]);
  });
});

describe('the status ConfigMap', () => {
  it('is there and empty, as the manifests make it', () => {
    const status = newWorld().kubernetes.get('configmaps', 'k3s-autoscaler-status', 'kube-system');
    expect(status.data).toBeUndefined();
  });
});

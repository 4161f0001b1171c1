import { denials } from './admission';
import { find } from './manifests';

/**
 * These cases were also sent to a real kube-apiserver 1.36 with the token of the ServiceAccount, and it answered the
 * same: 200 where a case passes, 403 where it does not. (Two it refuses before the policy is asked: a change of the
 * provider id is invalid, 422, and RBAC grants no subresource.)
 */

interface Node {
  metadata: { name: string; labels?: object; annotations?: object; finalizers?: string[]; ownerReferences?: object[] };
  spec: Record<string, unknown>;
  status: { conditions?: { type: string; status: string }[] };
}

const node = (name: string, change: { labels?: object; providerID?: string; ready?: string } = {}): Node => ({
  metadata: { name, labels: change.labels ?? { a: 'b' }, annotations: { other: 'x' } },
  spec: {
    providerID: change.providerID ?? `aws:///us-east-1a/${name.replace('worker-', '')}`,
    taints: [{ key: 'dedicated', effect: 'NoSchedule' }],
    podCIDR: '10.42.1.0/24',
  },
  status: { conditions: [{ type: 'Ready', status: change.ready ?? 'True' }] },
});

const managed = { 'k3s-autoscaler/managed': 'true' };
const BASE = node('worker-i-0bbb');
const update = (from: Node, metadata: object, spec: object = {}) =>
  denials({
    operation: 'UPDATE',
    name: from.metadata.name,
    oldObject: from,
    object: { ...from, metadata: { ...from.metadata, ...metadata }, spec: { ...from.spec, ...spec } },
  });
const cordon = (from: Node) =>
  update(
    from,
    { annotations: { ...from.metadata.annotations, 'k3s-autoscaler/operation': 'op@1' } },
    { unschedulable: true },
  );
const remove = (from: Node) => denials({ operation: 'DELETE', name: from.metadata.name, oldObject: from });

describe('the controller may', () => {
  it.each([
    ['cordon a base worker', () => cordon(BASE)],
    ['cordon a worker of a pool', () => cordon(node('worker-i-0ddd', { labels: managed }))],
    [
      'take its cordon back',
      () => {
        const cordoned = node('worker-i-0bbb');
        cordoned.metadata.annotations = { other: 'x', 'k3s-autoscaler/operation': 'op@1' };
        cordoned.spec.unschedulable = true;
        return update(cordoned, { annotations: { other: 'x' } }, { unschedulable: false });
      },
    ],
    ['delete a worker of a pool', () => remove(node('worker-i-0ddd', { labels: managed }))],
    ['delete a base worker that is not ready', () => remove(node('worker-i-0ccc', { ready: 'Unknown' }))],
    ['delete a base worker that never said anything', () => remove({ ...node('worker-i-0ccc'), status: {} })],
  ])('%s', (_, ask) => {
    expect(ask()).toEqual([]);
  });
});

describe('the controller may not', () => {
  it.each([
    ['cordon the server', () => cordon(node('server-0')), /workers only/],
    [
      "cordon a worker whose instance is not the name's",
      () => cordon(node('worker-i-0eee', { providerID: 'aws:///a/i-0fff' })),
      /workers only/,
    ],
    [
      'cordon a server that has the name of a worker',
      () => cordon(node('worker-i-0abc', { labels: { 'node-role.kubernetes.io/control-plane': 'true' } })),
      /workers only/,
    ],
    ["cordon somebody else's node", () => cordon(node('worker-of-somebody')), /workers only/],
    ['label a node as its own', () => update(BASE, { labels: { ...BASE.metadata.labels, ...managed } }), /labels/],
    ['take the labels away', () => update(BASE, { labels: undefined }), /labels/],
    ['change an annotation of others', () => update(BASE, { annotations: { other: 'y' } }), /annotation/],
    ['take an annotation of others away', () => update(BASE, { annotations: {} }), /annotation/],
    ['take all annotations away', () => update(BASE, { annotations: undefined }), /annotation/],
    ['add an annotation', () => update(BASE, { annotations: { other: 'x', new: '1' } }), /annotation/],
    ['add a finalizer', () => update(BASE, { finalizers: ['example.com/x'] }), /finalizers/],
    ['give it an owner', () => update(BASE, { ownerReferences: [{ kind: 'Pod', name: 'x' }] }), /owners/],
    ['take taints away', () => update(BASE, {}, { taints: [] }), /field of a Node's spec/],
    ['take the field of taints away', () => update(BASE, {}, { taints: undefined }), /field of a Node's spec/],
    ['taint', () => update(BASE, {}, { taints: [{ key: 'a', effect: 'NoExecute' }] }), /field of a Node's spec/],
    ['change the range of pods', () => update(BASE, {}, { podCIDR: '10.42.9.0/24' }), /field of a Node's spec/],
    [
      'change the provider id',
      () => update(BASE, {}, { providerID: 'aws:///us-east-1a/i-0ccc' }),
      /field of a Node's spec/,
    ],
    ['delete the server', () => remove(node('server-0')), /workers only/],
    ['delete a server that is not ready', () => remove(node('server-0', { ready: 'False' })), /workers only/],
    ['delete a base worker that is ready', () => remove(BASE), /only when it is not ready/],
    [
      'write the status',
      () =>
        denials({ operation: 'UPDATE', subResource: 'status', name: 'worker-i-0bbb', object: BASE, oldObject: BASE }),
      /workers only/,
    ],
  ])('%s', (_, ask, why) => {
    expect(ask().join('\n')).toMatch(why);
  });
});

describe('nobody else', () => {
  it.each(['kubernetes-admin', 'system:node:worker-i-0bbb', 'system:serviceaccount:kube-system:node-controller'])(
    'is looked at: %s',
    (user) => {
      const server = node('server-0');
      expect(denials({ operation: 'DELETE', user, name: 'server-0', oldObject: server })).toEqual([]);
      const labelled = { ...server, metadata: { ...server.metadata, labels: { z: '1' } } };
      expect(denials({ operation: 'UPDATE', user, name: 'server-0', oldObject: server, object: labelled })).toEqual([]);
    },
  );
});

describe('the policy is in force', () => {
  const { spec } = find('ValidatingAdmissionPolicy', 'k3s-autoscaler-nodes');

  it('for every change of a Node, and denies what it cannot evaluate', () => {
    expect(spec.failurePolicy).toBe('Fail');
    expect(spec.matchConstraints).toEqual({
      resourceRules: [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          operations: ['CREATE', 'UPDATE', 'DELETE'],
          resources: ['nodes', 'nodes/*'],
          scope: '*',
        },
      ],
    });
  });

  it('by a binding that denies', () => {
    expect(find('ValidatingAdmissionPolicyBinding', 'k3s-autoscaler-nodes').spec).toEqual({
      policyName: 'k3s-autoscaler-nodes',
      validationActions: ['Deny'],
    });
  });
});

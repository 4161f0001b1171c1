import type { KubeObject } from '../contract';
import { type Context, newMeta } from './context';
import type { Node, NodeSelectorTerm, Pod, PodSpec } from './objects';

/**
 * Storage that is made when the first pod that claims it gets a node, and stays where it was made: on the node, as K3s'
 * own `local-path` does, or in its zone, as EBS' driver does. It is there at once, and lasts as long as the world.
 */
const CLASSES: Record<string, { provisioner: string; boundTo: string; source: (volume: string) => object }> = {
  'local-path': {
    provisioner: 'rancher.io/local-path',
    boundTo: 'kubernetes.io/hostname',
    source: (volume) => ({ hostPath: { path: `/var/lib/rancher/k3s/storage/${volume}`, type: 'DirectoryOrCreate' } }),
  },
  gp3: {
    provisioner: 'ebs.csi.aws.com',
    boundTo: 'topology.kubernetes.io/zone',
    source: (volume) => ({ csi: { driver: 'ebs.csi.aws.com', volumeHandle: volume } }),
  },
};
const DEFAULT_CLASS = 'local-path';
const ACCESS = { accessModes: ['ReadWriteOnce'], volumeMode: 'Filesystem' };
const SIZE = { storage: '1Gi' };

type Claim = KubeObject & { spec: { volumeName?: string; storageClassName?: string }; status?: object };
type Class = KubeObject & { volumeBindingMode?: string };
type Volume = KubeObject & { spec: { nodeAffinity?: { required?: { nodeSelectorTerms: NodeSelectorTerm[] } } } };
type Find = <T extends KubeObject>(resource: string, name: string, namespace?: string) => T | undefined;

/**
 * The pod's spec with its claims made. Of a set's pods each has its own, as by `volumeClaimTemplates`: `<claim>-<pod>`.
 * Beside `claimName` a scenario may name the class; Kubernetes' pods do not, so it is taken out.
 */
export function withClaims(context: Context, namespace: string, spec: PodSpec, podOfSet?: string): PodSpec {
  if (!spec.volumes?.some((volume) => volume.persistentVolumeClaim)) return spec;
  const volumes = spec.volumes.map((volume) => {
    if (!volume.persistentVolumeClaim) return volume;
    const { claimName, storageClassName, ...rest } = volume.persistentVolumeClaim;
    const name = podOfSet === undefined ? claimName : `${claimName}-${podOfSet}`;
    ensureClaim(context, namespace, name, storageClassName ?? DEFAULT_CLASS);
    return { ...volume, persistentVolumeClaim: { ...rest, claimName: name } };
  });
  return { ...spec, volumes };
}

/** A class that is none of ours makes a claim that nobody ever fills, as a spelling mistake does. */
function ensureClaim(context: Context, namespace: string, name: string, storageClassName: string): void {
  const { store } = context;
  const known = CLASSES[storageClassName];
  if (known && !store.find('storageclasses', storageClassName)) {
    store.insert('storageclasses', {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: newMeta(context, storageClassName, undefined),
      provisioner: known.provisioner,
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
  }
  if (store.find('persistentvolumeclaims', name, namespace)) return;
  store.insert('persistentvolumeclaims', {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: newMeta(context, name, namespace),
    spec: { ...ACCESS, storageClassName, resources: { requests: SIZE } },
    status: { phase: 'Pending' },
  });
}

const claimsOf = (pod: Pod): string[] =>
  (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);

/** Makes the volumes that waited for this pod, now that it has its node. */
export function provision(context: Context, pod: Pod): void {
  const { store } = context;
  for (const name of claimsOf(pod)) {
    const claim = store.find<Claim>('persistentvolumeclaims', name, pod.metadata.namespace);
    const known = CLASSES[claim?.spec.storageClassName ?? ''];
    const node = store.find<Node>('nodes', pod.spec.nodeName ?? '');
    if (!claim || !known || !node || claim.spec.volumeName !== undefined) continue;
    const volumeName = `pvc-${claim.metadata.uid}`;
    store.insert('persistentvolumes', volumeFor(context, claim, volumeName, known, node));
    store.update<Claim>('persistentvolumeclaims', {
      ...claim,
      metadata: {
        ...claim.metadata,
        annotations: {
          'pv.kubernetes.io/bind-completed': 'yes',
          'volume.kubernetes.io/selected-node': node.metadata.name,
        },
      },
      spec: { ...claim.spec, volumeName },
      status: { phase: 'Bound', accessModes: ACCESS.accessModes, capacity: SIZE },
    });
  }
}

function volumeFor(
  context: Context,
  { metadata: { name, namespace, uid }, spec: { storageClassName } }: Claim,
  volumeName: string,
  { boundTo, source }: (typeof CLASSES)[string],
  node: Node,
): KubeObject {
  const place = { key: boundTo, operator: 'In', values: [node.metadata.labels?.[boundTo] ?? ''] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: newMeta(context, volumeName, undefined),
    spec: {
      ...ACCESS,
      ...source(volumeName),
      capacity: SIZE,
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
      storageClassName,
      persistentVolumeReclaimPolicy: 'Delete',
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [place] }] } },
    },
    status: { phase: 'Bound' },
  };
}

/** Where the pod's volumes are: a list of terms for each, of which one matches its nodes; or why it can run nowhere. */
export function volumePlaces(pod: Pod, find: Find): { terms: NodeSelectorTerm[][] } | { reason: string } {
  const terms: NodeSelectorTerm[][] = [];
  for (const name of claimsOf(pod)) {
    const claim = find<Claim>('persistentvolumeclaims', name, pod.metadata.namespace);
    if (!claim) return { reason: `persistentvolumeclaim "${name}" not found` };
    const { volumeName, storageClassName = '' } = claim.spec;
    const waits = find<Class>('storageclasses', storageClassName)?.volumeBindingMode === 'WaitForFirstConsumer';
    if (volumeName === undefined && waits) continue;
    const volume = volumeName === undefined ? undefined : find<Volume>('persistentvolumes', volumeName);
    if (!volume) return { reason: 'pod has unbound immediate PersistentVolumeClaims' };
    const required = volume.spec.nodeAffinity?.required;
    if (required) terms.push(required.nodeSelectorTerms);
  }
  return { terms };
}

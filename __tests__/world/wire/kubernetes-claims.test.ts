import type { Http } from '../../../src/adapters/http';
import { KubernetesCluster } from '../../../src/adapters/kubernetes';
import type { KubernetesView } from '../../../src/autoscaler/snapshot';
import type { PodTemplate, WorkloadKind } from '../../../src/world/scenario/types';
import type { Answer } from '../../../src/world/wire/http';
import { kubernetesProtocol } from '../../../src/world/wire/kubernetes-server';
import type { World } from '../../../src/world/world';
import { newWorld, seconds, web } from '../builders';

/** The adapter as it is deployed, in front of the world's API without a socket. */
async function seenOf(world: World): Promise<{ view: KubernetesView; calls: string[] }> {
  const protocol = kubernetesProtocol(world, 'token');
  const calls: string[] = [];
  const http: Http = {
    async send({ method, url, headers = {}, body = '' }) {
      const exchange = protocol.decode({ method, url, headers, body: Buffer.from(body) });
      calls.push(exchange.call.operation);
      const answer = exchange.perform() as Answer;
      return { status: answer.status, headers: answer.headers, body: String(answer.body) };
    },
    close: async () => {},
  };
  const cluster = new KubernetesCluster({
    url: 'https://10.0.0.10:6443',
    secrets: { get: async () => 'token' },
    parameters: { controllerToken: '/token', ca: '/ca' },
    http,
  });
  const observed = await cluster.observe(world.clock.now(), 5_000);
  if (!observed.known) throw new Error(observed.detail);
  return { view: observed.value, calls };
}

async function given(pod: PodTemplate, workload: WorkloadKind = 'statefulSet') {
  const world = newWorld({ baseWorkers: 2 });
  world.workload(web(2, { pod: { cpu: '100m', ...pod }, workload }));
  world.clock.advanceTo(seconds(60));
  const { view, calls } = await seenOf(world);
  return { world, calls, pods: view.pods.filter(({ namespace }) => namespace === 'default') };
}

const claiming = (more: object = {}) => ({
  volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data', ...more } }],
});
const LISTS = ['listNodes', 'listPods', 'listPodDisruptionBudgets', 'listDaemonSets'];

describe('a pod of the world, as the adapter reads it', () => {
  it('is held by a local volume where it runs', async () => {
    const { pods, calls } = await given(claiming());
    expect(pods).toHaveLength(2);
    for (const { nodeName, volumeTerms, localVolume, unsupported } of pods) {
      const labels = [{ key: 'kubernetes.io/hostname', operator: 'In', values: [nodeName] }];
      expect({ volumeTerms, localVolume, unsupported }).toEqual({
        volumeTerms: [[{ labels, fields: [] }]],
        localVolume: true,
        unsupported: [],
      });
    }
    const storage = ['listPersistentVolumeClaims', 'listPersistentVolumes', 'listStorageClasses'];
    expect([...calls].sort()).toEqual([...LISTS, ...storage].sort());
  });

  it('is held in its zone by a volume of the cloud', async () => {
    const { pods } = await given(claiming({ storageClassName: 'gp3' }));
    for (const { volumeTerms, localVolume } of pods) {
      expect(localVolume).toBe(false);
      expect(volumeTerms).toMatchObject([[{ labels: [{ key: 'topology.kubernetes.io/zone', operator: 'In' }] }]]);
    }
  });

  it('may go anywhere while its volume waits for it', async () => {
    const { pods } = await given({ ...claiming(), cpu: '64' });
    expect(pods[0]).toMatchObject({ localVolume: false, unsupported: [] });
    expect(pods[0]?.volumeTerms).toBeUndefined();
  });

  it('is unsupported with a claim that nobody fills', async () => {
    const { pods } = await given(claiming({ storageClassName: 'typo' }));
    expect(pods[0]?.unsupported).toEqual(['claim data-web-0 is of class typo, which is not there']);
  });

  it('selects namespaces by their labels', async () => {
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } };
    const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: {}, namespaceSelector };
    const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
    const { pods, calls } = await given({ affinity: { podAntiAffinity } }, 'deployment');
    expect(pods[0]?.antiAffinity).toEqual([
      { selector: [], namespaces: ['kube-system'], topologyKey: 'kubernetes.io/hostname' },
    ]);
    expect([...calls].sort()).toEqual([...LISTS, 'listNamespaces'].sort());
  });
});

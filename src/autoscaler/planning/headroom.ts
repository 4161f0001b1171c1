import type { Headroom } from '../../config/runtime';
import type { Pod } from '../snapshot';

/** Namespace of the placeholders: a name that Kubernetes allows nobody. */
const NAMESPACE = '(headroom)';

/** More would only cost time: each then stands for several seats. */
const MOST = 200;

const CORE = 1000;
const GIB_4 = 4 * 2 ** 30;

/**
 * Placeholders for the room that is to be kept free: pods that nobody made, placed after all others. As many as there
 * shall be seats; where none are asked for, of a core or 4 GiB each, so that the room may lie on several nodes.
 */
export function placeholders({ cpuMilli, memoryBytes, pods }: Headroom): Pod[] {
  const wanted = pods > 0 ? pods : Math.ceil(Math.max(cpuMilli / CORE, memoryBytes / GIB_4));
  const count = Math.min(wanted, MOST);
  return Array.from({ length: count }, (_, i) => ({
    namespace: NAMESPACE,
    name: `${i}`,
    uid: `${NAMESPACE}-${i}`,
    phase: 'Pending',
    createdAt: Number.MAX_SAFE_INTEGER,
    gated: false,
    requests: {
      cpuMilli: Math.ceil(cpuMilli / count),
      memoryBytes: Math.ceil(memoryBytes / count),
      pods: Math.max(1, Math.ceil(pods / count)),
    },
    priority: Number.MIN_SAFE_INTEGER,
    labels: {},
    annotations: {},
    nodeSelector: {},
    tolerations: [],
    mirror: false,
    localVolume: false,
    unsupported: [],
  }));
}

export const isPlaceholder = ({ namespace }: Pick<Pod, 'namespace'>): boolean => namespace === NAMESPACE;

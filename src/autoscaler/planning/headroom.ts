import type { Headroom } from '../../config/runtime';
import type { Pod } from '../snapshot';
import { uniform } from '../uniform';

/** Namespace of the placeholders: a name that Kubernetes allows nobody. */
const NAMESPACE = '(headroom)';

/** More would only cost time: each is larger then. */
const MOST = 2000;

/** So small that the room may lie on several nodes, and that a node of any type takes some of it. */
const HALF_A_CORE = 500;
const GIB = 2 ** 30;

/**
 * Placeholders for the room that is to be kept free: pods that nobody made, placed after all others. Together they ask
 * for exactly what is asked: a seat or a core more could be one node more.
 */
export function placeholders({ cpuMilli, memoryBytes, pods }: Headroom): Pod[] {
  const wanted = Math.max(pods, Math.ceil(cpuMilli / HALF_A_CORE), Math.ceil(memoryBytes / GIB));
  const count = Math.min(wanted, MOST);
  const [cores, memory, seats] = [shares(cpuMilli, count), shares(memoryBytes, count), shares(pods, count)];
  return Array.from({ length: count }, (_, i) =>
    uniform({
      namespace: NAMESPACE,
      name: `${i}`,
      uid: `${NAMESPACE}-${i}`,
      phase: 'Pending',
      createdAt: Number.MAX_SAFE_INTEGER,
      gated: false,
      requests: {
        cpuMilli: cores(i),
        memoryBytes: memory(i),
        pods: seats(i),
      },
      priority: Number.MIN_SAFE_INTEGER,
      labels: {},
      annotations: {},
      nodeSelector: {},
      tolerations: [],
      mirror: false,
      localVolume: false,
      unsupported: [],
    }),
  );
}

/** Whole parts of a whole; the first ones have one more each, until the remainder is spent. */
const shares =
  (whole: number, count: number) =>
  (index: number): number =>
    Math.floor(whole / count) + (index < whole % count ? 1 : 0);

export const isPlaceholder = ({ namespace }: Pick<Pod, 'namespace'>): boolean => namespace === NAMESPACE;

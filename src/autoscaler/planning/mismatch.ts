import type { RuntimePool, Taint } from '../../config/runtime';
import type { Pod, Resources } from '../snapshot';
import { lacking, within } from './resources';
import type { Sample } from './samples';
import { admits, type Slot, selectsNode, untolerated } from './scheduling';

const takes = ({ slot }: Sample, pod: Pod): boolean => admits(slot, pod) && within(pod.requests, slot.free);

/** Those of which an empty node takes the pod. Company is left out. */
export const takersOf = (pod: Pod, samples: readonly Sample[]): Sample[] =>
  samples.filter((sample) => takes(sample, pod));

/**
 * Why no node that the pool could launch takes the pod, however empty; undefined where one does. Company is left out.
 *
 * @param samples of the pool
 */
export function mismatch(pod: Pod, pool: Pick<RuntimePool, 'name'>, samples: readonly Sample[]): string | undefined {
  if (takersOf(pod, samples).length > 0) return undefined;
  const admitting = samples.filter(({ slot }) => admits(slot, pod));
  if (admitting.length > 0) return tooLarge(pod, pool, admitting);
  const taint = samples.map(({ slot }) => untolerated(slot.taints, pod)).find((found) => found !== undefined);
  if (taint) return `it does not tolerate the taint ${inWords(taint)} of pool ${pool.name}`;
  return `no node of pool ${pool.name} matches its ${wish(pod, samples[0]?.slot)}`;
}

function tooLarge({ requests }: Pod, { name }: Pick<RuntimePool, 'name'>, samples: readonly Sample[]): string {
  const largest = samples.reduce((a, b) => (b.slot.free.cpuMilli > a.slot.free.cpuMilli ? b : a));
  const free = largest.slot.free;
  const [need, has] = shortage(requests, free);
  return `it needs ${need}; the largest type of pool ${name}, ${largest.type}, allocates ${has}`;
}

/** The first resource that there is too little of, what is needed and what there is, in words. */
function shortage(need: Resources, free: Resources): [string, string] {
  if (need.cpuMilli > free.cpuMilli) return [cores(need.cpuMilli), `${Number((free.cpuMilli / 1000).toFixed(2))}`];
  if (need.memoryBytes > free.memoryBytes) return [mebibytes(need.memoryBytes), mebibytes(free.memoryBytes)];
  const other = lacking(need, free);
  if (other) return [`${need.others?.[other]} of ${other}`, `${Math.max(0, free.others?.[other] ?? 0)}`];
  return ['a seat for a pod', `${Math.max(0, free.pods)}`];
}

const cores = (milli: number): string => `${Number((milli / 1000).toFixed(2))} ${milli === 1000 ? 'core' : 'cores'}`;
const mebibytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)}Mi`;

/** What it is that the node lacks. */
function wish({ nodeSelector, nodeTerms, volumeTerms }: Pod, slot: Slot | undefined): string {
  const selector = Object.entries(nodeSelector).map(([key, value]) => `${key}=${value}`);
  const matches = slot && selectsNode(slot, { nodeSelector, tolerations: [] });
  if (selector.length > 0 && !matches) return `node selector ${selector.join(', ')}`;
  if (!volumeTerms) return 'node affinity';
  return nodeTerms ? 'node affinity or the place of its volumes' : 'volumes, which are in another place';
}

const inWords = ({ key, value, effect }: Taint): string => `${key}${value ? `=${value}` : ''}:${effect}`;

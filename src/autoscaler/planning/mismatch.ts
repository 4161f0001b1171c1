import type { RuntimePool, Taint } from '../../config/runtime';
import type { Pod, Resources } from '../snapshot';
import { within } from './resources';
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

/**
 * Where some of what it asks for is more than any type has: the type with most of each of these. Else each is met by some
 * type and all together by none: those that clash.
 */
function tooLarge({ requests }: Pod, { name }: Pick<RuntimePool, 'name'>, samples: readonly Sample[]): string {
  const asked = asksOf(requests);
  const short = asked.filter((one) => !samples.some(meets(one)));
  if (short.length === 0) {
    const clash = clashing(asked, samples);
    const all = clash.length === 2 ? 'both' : 'all of it';
    return `it needs ${needs(clash)}; no type of pool ${name} allocates ${all}`;
  }
  const most = short.map((one) => ({ one, sample: samples.reduce((a, b) => (hasMore(one, a, b) ? b : a)) }));
  const has = most.map(({ one, sample }) => ({ type: sample.type, text: one.has(one.of(sample.slot.free)) }));
  const [first] = has;
  if (first && has.every(({ type }) => type === first.type)) {
    const texts = listed(has.map(({ text }) => text));
    return `it needs ${needs(short)}; the largest type of pool ${name}, ${first.type}, allocates ${texts}`;
  }
  const texts = listed(has.map(({ type, text }) => `${text} (${type})`));
  return `it needs ${needs(short)}; the largest types of pool ${name} allocate ${texts}`;
}

/** One resource: how much is asked for, and how it and what there is are called. */
interface Ask {
  amount: number;
  of(free: Resources): number;
  need: string;
  has(amount: number): string;
}

/** All that is asked for; nothing of a resource always fits, but for seats. */
function asksOf({ cpuMilli, memoryBytes, pods, others = {} }: Resources): Ask[] {
  const seat = { amount: pods, of: (free: Resources) => free.pods, need: 'a seat for a pod', has: atLeastNone };
  const asks: Ask[] = [
    { amount: cpuMilli, of: (free) => free.cpuMilli, need: cores(cpuMilli), has: (milli) => `${inCores(milli)}` },
    { amount: memoryBytes, of: (free) => free.memoryBytes, need: mebibytes(memoryBytes), has: mebibytes },
    ...Object.entries(others).map(([name, amount]) => ({
      amount,
      of: (free: Resources) => free.others?.[name] ?? 0,
      need: `${amount} of ${name}`,
      has: atLeastNone,
    })),
  ];
  return [...asks.filter(({ amount }) => amount > 0), seat];
}

const meets =
  ({ amount, of }: Ask) =>
  ({ slot }: Sample): boolean =>
    amount <= of(slot.free);

/** Of what is there in the same amount in both, the one with more cores is the larger. */
const hasMore = ({ of }: Ask, { slot: a }: Sample, { slot: b }: Sample): boolean =>
  of(b.free) > of(a.free) || (of(b.free) === of(a.free) && b.free.cpuMilli > a.free.cpuMilli);

/** As few as no type has together. */
function clashing(asked: readonly Ask[], samples: readonly Sample[]): Ask[] {
  const isMet = (asks: readonly Ask[]) => samples.some((sample) => asks.every((one) => meets(one)(sample)));
  let clash = [...asked];
  for (const one of [...asked].reverse()) {
    const rest = clash.filter((other) => other !== one);
    if (!isMet(rest)) clash = rest;
  }
  return clash;
}

const needs = (asks: readonly Ask[]): string => listed(asks.map(({ need }) => need));
/** `a`, `a and b`, `a, b and c`. */
const listed = (texts: readonly string[]): string => new Intl.ListFormat('en-GB').format(texts);

const atLeastNone = (amount: number): string => `${Math.max(0, amount)}`;
const inCores = (milli: number): number => Number((milli / 1000).toFixed(2));
const cores = (milli: number): string => `${inCores(milli)} ${milli === 1000 ? 'core' : 'cores'}`;
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

import type { PictureNode } from '../../frame';

export { clockOf } from '../../../text';

/** With its day, for who plays longer than one. */
export const momentOf = (at: number): string => new Date(at).toISOString().replace('.000', '');

export const cpuOf = (milli: number): string =>
  milli >= 1000 ? `${Number((milli / 1000).toFixed(2))} CPU` : `${Math.round(milli)}m CPU`;

const MIB = 2 ** 20;
const GIB = 2 ** 30;

export const memoryOf = (bytes: number): string =>
  bytes >= GIB ? `${Number((bytes / GIB).toFixed(1))} GiB` : `${Math.round(bytes / MIB)} MiB`;

export const usdOf = (usd: number | null): string => (usd === null ? 'unknown price' : `$${usd.toFixed(4)}/h`);

export const percentOf = (percent: number | null): string => (percent === null ? 'unknown' : `${percent.toFixed(0)} %`);

export const countOf = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** `default/web-1` without its namespace. */
export const shortName = (name: string): string => name.slice(name.indexOf('/') + 1);

export const STATES = ['ready', 'cordoned', 'ending', 'not-ready', 'joining'] as const satisfies PictureNode['state'][];

export const STATE_WORDS: Record<PictureNode['state'], string> = {
  ready: 'ready',
  cordoned: 'cordoned',
  ending: 'ending',
  'not-ready': 'not ready',
  joining: 'joining',
};

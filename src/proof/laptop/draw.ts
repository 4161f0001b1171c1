import { Random } from '../../world/random';
import type { Asked, LaptopManners, Move } from '../face/laptop';
import { Author, drawn } from './author';
import { HARMS, opportunities } from './harms';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** One that answers at once, with the plan that this version makes. */
export function honestLaptop(): LaptopManners {
  const author = new Author();
  return { attachesMs: [0], skewMs: 0, move: (asked) => author.honest(asked, 0), written: author.written };
}

/**
 * What one seed makes of it: mostly hostile, now and then dead, silent, late, cut off, of another contract or only
 * watching; its clock is wrong. From some time on it is honest, silent or dead: what it kept back must then come.
 *
 * @param untilMs after the start
 */
export function drawLaptop(seed: number, untilMs: number): LaptopManners {
  const random = new Random(seed, 'the laptop');
  const author = new Author();
  const skewMs = Math.floor((random.next() - 0.5) * 20_000 * DAY * (random.next() < 0.5 ? 0 : 1));
  const attachesMs = [0, ...Array.from({ length: 6 }, () => Math.floor(random.next() * untilMs))];
  const kind = random.next();
  const end = random.next();
  // The same again and again does what one alone does not.
  const favourite = random.next() < 0.8 ? oneOf(random) : undefined;
  return {
    attachesMs,
    skewMs,
    ...(kind < 0.06 && { mode: 'shadow' as const }),
    ...(kind > 0.95 && { contract: 'of another version' }),
    written: author.written,
    move: (asked) => {
      if (asked.sinceStart < untilMs)
        return drawn(asked.random, MOVES)(author, asked, favourite ?? oneOf(asked.random));
      return end < 0.2 ? { kind: 'silent' } : end < 0.5 ? { kind: 'dies', afterMs: 0 } : author.honest(asked, 0);
    },
  };
}

type Draw = (author: Author, asked: Asked, harm: string) => Move;

const soon = ({ random }: Asked): number => Math.floor(random.next() * 1_500);
/** About the end of the wait. */
const late = ({ random }: Asked): number => 8_000 + Math.floor(random.next() * 6_000);
const NAMES = Object.keys(HARMS);
const oneOf = (random: Random, of: readonly string[] = NAMES): string =>
  of[Math.floor(random.next() * of.length)] as string;

const MOVES: readonly (readonly [number, Draw])[] = [
  [20, (author, asked) => author.honest(asked, soon(asked))],
  [6, (author, asked) => author.honest(asked, late(asked))],
  [4, () => ({ kind: 'silent' })],
  [3, (_, asked) => ({ kind: 'dies', afterMs: soon(asked) })],
  [3, (_, asked) => ({ kind: 'leaves', afterMs: soon(asked) })],
  [3, (_, asked) => ({ kind: 'spoils', afterMs: soon(asked) })],
  [4, (author, asked) => author.half(asked, 'half', soon(asked))],
  [4, (author, asked) => author.half(asked, 'head', soon(asked))],
  [2, (author, asked) => author.half(asked, 'headless', soon(asked))],
  [5, (author, asked) => author.garbage(asked, soon(asked))],
  [8, (author, asked) => author.misaddressed(asked, soon(asked))],
  [5, (author, asked) => author.outdated(asked, soon(asked))],
  [20, (author, asked) => author.harmed(asked, oneOf(asked.random, opportunities(asked.parcel.snapshot)), soon(asked))],
  [30, (author, asked, harm) => author.harmed(asked, harm, soon(asked))],
];

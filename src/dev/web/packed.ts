import type { Frame, PictureNode, PicturePod, Run, RunHead, Said } from './frame';

/**
 * A run as a file holds it. From tick to tick most nodes stay as they are and most verdicts are said again: each is
 * there once, and frames name its place.
 */
export interface PackedRun {
  head: RunHead;
  said: Said[];
  nodes: PictureNode[];
  pods: PicturePod[];
  frames: PackedFrame[];
}

/** Numbers are places in the lists of the run. */
export type PackedFrame = Omit<Frame, Judged | 'picture'> &
  Record<Judged, Record<string, number>> & { picture: { nodes: number[]; pending: number[] } };

type Judged = 'nodes' | 'pods' | 'pools';

export function pack({ head, frames }: Run): PackedRun {
  const said = new Table<Said>();
  const nodes = new Table<PictureNode>();
  const pods = new Table<PicturePod>();
  const places = (verdicts: Record<string, Said>) => mapped(verdicts, (verdict) => said.place(verdict));
  const packed = frames.map((frame) => ({
    ...frame,
    nodes: places(frame.nodes),
    pods: places(frame.pods),
    pools: places(frame.pools),
    picture: {
      nodes: frame.picture.nodes.map((node) => nodes.place(node)),
      pending: frame.picture.pending.map((pod) => pods.place(pod)),
    },
  }));
  return { head, said: said.values, nodes: nodes.values, pods: pods.values, frames: packed };
}

/** Equal parts are one object then: change none of them. */
export function unpack({ head, said, nodes, pods, frames }: PackedRun): Run {
  const verdicts = (places: Record<string, number>) => mapped(places, (place) => at(said, place));
  return {
    head,
    frames: frames.map((frame) => ({
      ...frame,
      nodes: verdicts(frame.nodes),
      pods: verdicts(frame.pods),
      pools: verdicts(frame.pools),
      picture: {
        nodes: frame.picture.nodes.map((place) => at(nodes, place)),
        pending: frame.picture.pending.map((place) => at(pods, place)),
      },
    })),
  };
}

/** Equal values, compared as JSON, get one place. */
class Table<T> {
  readonly values: T[] = [];
  readonly #places = new Map<string, number>();

  place(value: T): number {
    const key = JSON.stringify(value);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    this.#places.set(key, this.values.length);
    return this.values.push(value) - 1;
  }
}

const mapped = <A, B>(record: Record<string, A>, to: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value)]));

function at<T>(values: readonly T[], place: number): T {
  const value = values[place];
  if (value === undefined) throw new Error(`the run is damaged: it has no place ${place}, only ${values.length}`);
  return value;
}

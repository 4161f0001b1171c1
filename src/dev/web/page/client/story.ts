import type { Frame, Said } from '../../frame';
import type { Subject } from './state';

/** A time through which the same was said. */
export interface Chapter {
  /** Indexes of its first and its last tick. */
  from: number;
  to: number;
  at: number;
  /** What its last tick said. */
  said: Said;
}

export function saidOf(frame: Frame, { kind, name }: Subject): Said | undefined {
  const verdicts = { node: frame.nodes, pod: frame.pods, pool: frame.pools }[kind];
  return Object.hasOwn(verdicts, name) ? verdicts[name] : undefined;
}

/** What was said of it until the frame with this index, newest first: a chapter for each change of the code. */
export function storyOf(frames: readonly Frame[], until: number, subject: Subject): Chapter[] {
  const chapters: Chapter[] = [];
  let open: Chapter | undefined;
  for (const frame of frames.slice(0, until + 1 - (frames[0]?.index ?? 0))) {
    const said = saidOf(frame, subject);
    if (said !== undefined && open?.said.code === said.code) {
      open.to = frame.index;
      open.said = said;
      continue;
    }
    open = said && { from: frame.index, to: frame.index, at: frame.at, said };
    if (open) chapters.push(open);
  }
  return chapters.reverse();
}

import type { Picture, PictureNode, PicturePod } from '../../world/report/picture-shape';

export type { Picture, PictureNode, PicturePod };

/**
 * What the web view shows of a run: a frame for each tick. Plain data, the same in a file of `simulate --html` and over
 * the wire of `dev`.
 */

export interface RunHead {
  scenario: string;
  seed: number;
  /** Milliseconds since 1970, virtual. */
  start: number;
  /** sha256 of the bundle that ran first. */
  artifact: string;
  /** Thresholds that are drawn, in percent. */
  cpu: { up: number; down: number };
}

export interface Said {
  code: string;
  text: string;
}

export interface Frame {
  /** Position among the frames of the run, from 0, with those that are kept no more. */
  index: number;
  /** Milliseconds since 1970, virtual. */
  at: number;
  trigger: string;
  decision: Said;
  /** Why removals are held; null: they are not. */
  hold: Said | null;
  actions: string[];
  counts: {
    ready: number;
    notReady: number;
    joining: number;
    cordoned: number;
    terminating: number;
    pending: number;
    running: number;
  };
  /** Mean of the warm workers, percent; null: unknown. */
  cpu: number | null;
  /** Of all workers; null: one has no known price. */
  usdPerHour: number | null;
  /** Verdicts by name; of pods `namespace/name`. What is absent was not judged. */
  nodes: Record<string, Said>;
  pods: Record<string, Said>;
  pools: Record<string, Said>;
  picture: Picture;
}

/** What `GET /frames` answers and a file holds. */
export interface Run {
  head: RunHead;
  /** One after the other; the first is another than 0 where older ones are kept no more. */
  frames: Frame[];
}

/** One message of `GET /events`. */
export type Pushed =
  | { kind: 'frame'; frame: Frame }
  | { kind: 'reset'; head: RunHead }
  | { kind: 'state'; state: LoopState };

/** How the loop runs now; only while it is served. */
export interface LoopState {
  paused: boolean;
  speed: number;
  scenario: string;
  scenarios: string[];
}

/** Body of `POST /control`. */
export type Control =
  | { kind: 'tick' | 'pause' | 'resume' }
  | { kind: 'speed'; speed: number }
  | { kind: 'load'; nodes: 'all' | 'base' | 'oldest'; cpu: number; minutes: number }
  /** Name of an entry of `src/dev/interactive/menus.ts`, FAULTS. */
  | { kind: 'fault'; name: string }
  | { kind: 'scenario'; name: string };

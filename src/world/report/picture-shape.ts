/** What `pictureOf` draws. In a file of its own, which a page in a browser can read too. */

/** The world at an instant. */
export interface Picture {
  nodes: PictureNode[];
  pending: PicturePod[];
}

export interface PictureNode {
  name: string;
  instance: string | null;
  role: 'server' | 'base' | 'worker' | 'foreign';
  pool: string | null;
  type: string;
  market: 'on-demand' | 'spot';
  zone: string;
  state: 'ready' | 'not-ready' | 'joining' | 'cordoned' | 'ending';
  /** What it offers to pods; 0 for one that has not registered yet. */
  cpuMilli: number;
  memoryBytes: number;
  usdPerHour: number | null;
  pods: PicturePod[];
}

export interface PicturePod {
  /** `namespace/name`. */
  name: string;
  /** `Deployment web`, `DaemonSet cache` …; what it is coloured by. */
  workload: string;
  cpuMilli: number;
  memoryBytes: number;
  phase: string;
}

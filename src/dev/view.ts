import type { PlayEvent } from '../world/play';
import type { Report } from '../world/report/report';

/** What runs, for the head of the output. */
export interface Running {
  scenario: string;
  artifact: { sha256: string; bytes: number };
  prometheus: { version: string; path: string };
}

/** Shows a run while it goes on. */
export interface View {
  show(event: PlayEvent, running: Running): void;
  end(report: Report): void;
}

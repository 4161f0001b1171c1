import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ReloadEvent } from '../../../src/dev/reload/events';

/** A checkout of a function that answers one word, small enough to break. */
export class Project {
  readonly root = realpathSync(mkdtempSync(path.join(tmpdir(), 'k3s-autoscaler-project-')));

  #saves = 0;

  constructor(files: Record<string, string> = {}) {
    symlinkSync(path.resolve(__dirname, '../../../node_modules'), path.join(this.root, 'node_modules'));
    for (const [file, text] of Object.entries({ ...SOURCES, ...files })) this.save(file, text);
  }

  /** In place. */
  save(file: string, text: string): void {
    const absolute = path.join(this.root, file);
    mkdirSync(path.dirname(absolute), { recursive: true });
    writeFileSync(absolute, text);
  }

  /** As editors do that cannot leave half a file. */
  saveByRename(file: string, text: string): void {
    this.save(`${file}.new`, text);
    renameSync(path.join(this.root, `${file}.new`), path.join(this.root, file));
  }

  /** As git does: another file under the same name. */
  saveAnew(file: string, text: string): void {
    this.remove(file);
    this.save(file, text);
  }

  /** As editors do that keep what was before. */
  saveWithBackup(file: string, text: string): void {
    renameSync(this.path(file), this.path(`${file}~`));
    this.save(file, text);
  }

  /**
   * Jest keeps what was required in a registry of its own, and what it transpiled by the file's time, which two saves in
   * a tick of the kernel share: so each has a time of its own. What Node keeps is the last test's.
   */
  saveConfig(text: string): void {
    this.save(CONFIG, text);
    this.#saves += 1;
    const time = new Date(Date.UTC(2026, 0, 1, 0, 0, this.#saves));
    utimesSync(this.path(CONFIG), time, time);
    jest.resetModules();
  }

  path(file: string): string {
    return path.join(this.root, file);
  }

  remove(file: string): void {
    rmSync(this.path(file));
  }

  dispose(): void {
    rmSync(this.root, { recursive: true });
  }
}

export const CONFIG = 'autoscaler.config.ts';
export const WORD = 'src/autoscaler/word.ts';
export const saying = (word: string): string => `export const word = (): string => '${word}';\n`;

const SOURCES: Record<string, string> = {
  'src/dev/reload/entry.ts': `export { handler } from '../../../handlers/autoscaler';
import { word } from '../../autoscaler/word';
export const replan = (recording: string): string => word() + ' of ' + recording;
`,
  'handlers/autoscaler.ts': `import { word } from '../src/autoscaler/word';
export const handler = async (event: { wait?: boolean }): Promise<string> => {
  const url = JSON.parse(process.env.AUTOSCALER_RESOURCES!).prometheusUrl + '/api/v1/query?query=1';
  if (event.wait) await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => {});
  return word();
};
`,
  [WORD]: saying('one'),
  [CONFIG]: 'export default {};\n',
  'package.json': '{}\n',
};

/** Events in order, each to be taken once. */
export class Told {
  private readonly events: ReloadEvent[] = [];
  private wake: () => void = () => {};
  private failure: unknown;

  readonly tell = (event: ReloadEvent): void => {
    this.events.push(event);
    this.wake();
  };

  /** Nothing more comes: whoever waits learns why. */
  readonly fail = (error: unknown): void => {
    this.failure = error;
    this.wake();
  };

  /** The next one, whatever it is. */
  async next(): Promise<ReloadEvent> {
    while (this.events.length === 0) {
      if (this.failure !== undefined) throw this.failure;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.events.shift() as ReloadEvent;
  }

  get unread(): readonly ReloadEvent[] {
    return this.events;
  }
}

import {
  cpSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { emptyState } from '../src/autoscaler/state';
import type { ReloadEvent } from '../src/dev/reload/events';
import { reloading } from '../src/dev/reload/reloader';
import type { Wire } from '../src/world/contract';
import { START } from '../src/world/scenario/types';
import { startWorld } from './world';

/** How long from a save until the new code answers, in milliseconds, in the world that `dev` starts. */
export interface ReloadMeasures {
  saves: number;
  /** As `dev` prints it: from the file event to the loaded handler. */
  reload: number[];
  /** From the write of the file to an answer that only the new code gives. */
  answer: number[];
  /** From the write of the file to its event. */
  watch: number[];
  build: number[];
  load: number[];
}

const ROOT = path.resolve(__dirname, '..');
/** What is watched and built, and what that needs. */
const COPIED = [
  'src',
  'handlers',
  'userdata',
  'k8s',
  'autoscaler.config.ts',
  'main.ts',
  'package.json',
  'tsconfig.json',
];

/** Nobody saves more often, and the next sandbox is there by then. */
const PAUSE_MS = 1_500;

const PLANNER = 'src/autoscaler/planning/planner.ts';
/** What the planner says of a snapshot in which nothing is known. */
const SAID = ['`$', '{sources.doubts.instances}.`'].join('');

export interface ReloadBenchOptions {
  saves: number;
  bundle: string;
  prometheus: string;
  log: (line: string) => void;
  signal: AbortSignal;
}

/** Saves a file of a copy of this checkout, again and again. */
export async function benchReload(options: ReloadBenchOptions): Promise<ReloadMeasures> {
  const root = copyOfCheckout();
  try {
    const { wire, config } = await startWorld(options);
    try {
      return await measure(root, wire, JSON.stringify({ config, snapshot: NOTHING_KNOWN }), options);
    } finally {
      await wire.stop();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function copyOfCheckout(): string {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'k3s-autoscaler-reload-')));
  for (const name of COPIED) cpSync(path.join(ROOT, name), path.join(root, name), { recursive: true });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(root, 'node_modules'));
  return root;
}

const UNKNOWN = { known: false, reason: 'not-yet', detail: 'nothing was asked' };
const NOTHING_KNOWN = {
  at: START,
  trigger: 'schedule',
  state: emptyState(),
  metrics: UNKNOWN,
  kubernetes: UNKNOWN,
  instances: UNKNOWN,
};

async function measure(
  root: string,
  wire: Wire,
  recording: string,
  { saves, log, signal }: ReloadBenchOptions,
): Promise<ReloadMeasures> {
  const file = path.join(root, PLANNER);
  const source = readFileSync(file, 'utf8');
  if (!source.includes(SAID)) throw new Error(`${PLANNER} has no ${SAID} any more: give the benchmark another text`);
  const measures: ReloadMeasures = { saves, reload: [], answer: [], watch: [], build: [], load: [] };
  const events = new Events();
  const end = new AbortController();
  const onReload = (event: ReloadEvent) => events.push(event);
  const done = reloading({ root, wire, onReload, signal: AbortSignal.any([signal, end.signal]) });
  done.catch((error) => events.fail(error));
  signal.addEventListener('abort', () => events.fail(signal.reason), { once: true });
  try {
    await events.next('watching');
    // The stack is synthesized in the background, once.
    await sleep(10_000, undefined, { signal });
    for (let save = 1; save <= saves; save++) {
      await sleep(PAUSE_MS, undefined, { signal });
      const mark = `Save ${save}.`;
      const began = performance.now();
      write(file, source.replace(SAID, SAID.replace(/`$/, ` ${mark}\``)), save);
      const { ms, parts } = await events.next('reloaded');
      const reloaded = performance.now();
      if (!(await wire.replan(recording)).includes(mark)) throw new Error(`save ${save}: old code answered`);
      measures.reload.push(ms);
      measures.answer.push(performance.now() - began);
      measures.watch.push(reloaded - began - ms);
      measures.build.push(parts.build);
      measures.load.push(parts.load);
      if (save % 10 === 0) log(`${save} of ${saves} saves`);
    }
    return measures;
  } finally {
    end.abort();
    await done;
  }
}

/** As editors do: half of them in place, half of them by another file that is renamed. */
function write(file: string, source: string, save: number): void {
  const isInPlace = save % 2 === 0;
  writeFileSync(isInPlace ? file : `${file}.new`, source);
  if (!isInPlace) renameSync(`${file}.new`, file);
}

/** Events to be waited for; what nobody waits for is dropped, but for a mistake. */
class Events {
  private waiting:
    | { kind: ReloadEvent['kind']; resolve: (event: never) => void; reject: (error: unknown) => void }
    | undefined;

  push(event: ReloadEvent): void {
    if (event.kind === 'broken') this.fail(new Error(event.text));
    if (event.kind === this.waiting?.kind) this.waiting.resolve(event as never);
  }

  fail(error: unknown): void {
    this.waiting?.reject(error);
  }

  next<K extends ReloadEvent['kind']>(kind: K): Promise<ReloadEvent & { kind: K }> {
    return new Promise((resolve, reject) => {
      this.waiting = { kind, resolve, reject };
    });
  }
}

import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildArtifact } from '../dev/build/bundle';
import { Session } from '../dev/interactive/session';
import { JsonLines } from '../dev/json-lines';
import { live } from '../dev/live/command';
import { SavedPlanner } from '../dev/live/saved-planner';
import { LiveView } from '../dev/live/view';
import { type FileOfSignals, signalsOf } from '../dev/signals';
import { StatusLine } from '../dev/status-line';
import { Terminal } from '../dev/terminal';
import { play } from '../world/play';
import { reportOf } from '../world/report/report';
import { readScenario } from '../world/scenario/parse';
import { DEFAULT_SPEED, type DevOptions } from './dev';
import { interruptible, untilInterrupted } from './interrupt';
import { type Setup, setUp } from './setup';
import { ROOT } from './stage-options';
import { EXIT, UsageError } from './usage';
import { refuseUnwritable } from './writable';

/** Scenario B, then A, then the quiet after them. */
export const TOUR = path.resolve(__dirname, '../../scenarios/tour.yaml');

/** Its signals are checked though the scenario has a configuration of its own: nothing else here would try them. */
const CONFIG = path.resolve(__dirname, '../../autoscaler.config.ts');

/** What `dev` does, loaded when it is asked for: the whole world is behind it. */
export async function dev(options: DevOptions): Promise<number> {
  const mode = modeOf(options);
  if (mode) return attached(mode, options);
  const scenario = readScenario(options.scenario ?? TOUR);
  const written = await signalsOf(CONFIG);
  const { artifact, prometheus } = await setUp((line) => process.stderr.write(`${line}\n`));
  return untilInterrupted(async (signal) => {
    try {
      if (isInteractive(options)) return await interactive(options, { artifact, prometheus }, written, signal);
      const view = options.json ? new JsonLines(write) : new Terminal(write, { color: hasColor(), width: width() });
      const speed = speedOf(options);
      const recording = await play(scenario, {
        bundle: artifact.bundle,
        prometheus: prometheus.path,
        signal,
        ...(written && { signals: written.signals }),
        onEvent: (event) => view.show(event, { scenario: scenario.name, artifact, prometheus }),
        ...(options.seed === undefined ? {} : { seed: options.seed }),
        ...(speed !== undefined && { pace: (ms: number) => sleep(ms / speed, ms, { signal }) }),
      });
      const report = reportOf(recording, { sha256: artifact.sha256 });
      view.end(report);
      return report.expectations.every(({ pass }) => pass) ? EXIT.done : EXIT.failed;
    } catch (error) {
      throw (await written?.located(error)) ?? error;
    }
  });
}

type Mode = 'live' | 'shadow';

/** Undefined: no stage is attached to. @throws {UsageError} for flags that do not go together */
function modeOf(options: DevOptions): Mode | undefined {
  const { live, shadow } = options;
  if (live && shadow) throw new UsageError('dev: --live and --shadow exclude each other');
  const mode = live ? 'live' : shadow ? 'shadow' : undefined;
  const [other] = (mode ? OF_THE_WORLD : OF_A_STAGE).filter((flag) => options[flag] !== undefined);
  if (other === undefined) return mode;
  throw new UsageError(
    mode
      ? `dev: --${other} is of the simulated world: leave it out with --${mode}`
      : `dev: --${other} needs --live or --shadow`,
  );
}

const OF_THE_WORLD = ['scenario', 'speed', 'once', 'seed'] as const;
const OF_A_STAGE = ['stage', 'config', 'export'] as const;

async function attached(mode: Mode, { stage, config: configFile, json, export: file }: DevOptions): Promise<number> {
  if (file !== undefined) refuseUnwritable('--export', file);
  const { signal, dispose } = interruptible();
  const ended = new AbortController();
  const planner = new SavedPlanner();
  const status = process.stdout.isTTY && !json ? new StatusLine(write, width) : undefined;
  const view = new LiveView({ write, json: json ?? false, status });
  const more = file === undefined ? {} : { export: file };
  const watching = planner.watch(ROOT, (event) => view.reload(event), AbortSignal.any([signal, ended.signal]));
  try {
    const planning = live({ stage, configFile, mode, plan: planner.plan, view, ...more }, signal);
    // Watching ends before it only where it fails.
    return await Promise.race([planning, watching.then(() => planning)]);
  } finally {
    dispose();
    ended.abort();
    await watching.catch(() => undefined);
    status?.close();
  }
}

/** Undefined: as fast as it goes. A speed that was asked for holds on a terminal and off it. */
function speedOf({ once, speed }: DevOptions): number | undefined {
  if (once) return undefined;
  return speed ?? (process.stdout.isTTY ? DEFAULT_SPEED : undefined);
}

/** Keys need a terminal on both sides. */
const isInteractive = ({ once, json }: DevOptions): boolean =>
  !once && !json && process.stdin.isTTY === true && process.stdout.isTTY === true;

async function interactive(
  options: DevOptions,
  { artifact, prometheus }: Setup,
  written: FileOfSignals | undefined,
  signal: AbortSignal,
): Promise<number> {
  const session = new Session({
    scenario: options.scenario ?? TOUR,
    scenarioDirectory: path.dirname(TOUR),
    speed: options.speed ?? DEFAULT_SPEED,
    root: ROOT,
    running: { prometheus },
    artifact,
    build: () => buildArtifact({ outdir: 'dist/autoscaler' }),
    play: {
      prometheus: prometheus.path,
      ...(written && { signals: written.signals }),
      ...(options.seed === undefined ? {} : { seed: options.seed }),
    },
    terminal: { input: process.stdin, write, width, color: hasColor() },
    time: { now: () => performance.now(), sleep: soundly },
    signal,
  });
  return (await session.run()) ? EXIT.done : EXIT.failed;
}

/** An end before its time is no error. */
const soundly = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

const write = (text: string): void => void process.stdout.write(text);
/** Some pseudo-terminals have no columns at all. */
const width = (): number => process.stdout.columns || 80;
/** https://no-color.org: set and not empty. */
const hasColor = (): boolean => process.stdout.isTTY === true && !process.env.NO_COLOR;

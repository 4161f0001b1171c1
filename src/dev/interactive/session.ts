import type { ReadStream } from 'node:tty';
import { type PlayEvent, type PlayOptions, play, type RunningWorld } from '../../world/play';
import { type Report, reportOf } from '../../world/report/report';
import { readScenario } from '../../world/scenario/parse';
import type { Scenario } from '../../world/scenario/types';
import { StatusLine } from '../status-line';
import { Terminal } from '../terminal';
import { hanging, MAX_WIDTH } from '../text';
import type { Running } from '../view';
import type { LoopState } from '../web/frame';
import { frameOf, headOf } from '../web/frames';
import { actionsOf } from './actions';
import { AskedTicks } from './asked';
import { Controls } from './controls';
import { type Action, Keyboard } from './keyboard';
import { type Key, readKeys } from './keys';
import { Pacer, type RealTime } from './pacer';
import { Saves } from './saves';
import { statusText } from './status-text';
import { Travel } from './travel';
import { Web } from './web';

export interface SessionOptions {
  /** A scenario file. */
  scenario: string;
  scenarioDirectory: string;
  /** The checkout, absolute: saves in it take effect. */
  root: string;
  /** Virtual seconds in a second. */
  speed: number;
  running: Pick<Running, 'prometheus'>;
  /** What each world is played with, but for what the session itself decides. */
  play: Pick<PlayOptions, 'prometheus' | 'signals' | 'seed'>;
  artifact: Bytes;
  /** Of the sources as they are now: each world begins with the bytes that would be deployed. */
  build(): Promise<Bytes>;
  terminal: Terminals;
  time: RealTime;
  signal: AbortSignal;
}

type Bytes = Running['artifact'] & { bundle: string };

interface Terminals {
  input: ReadStream;
  write(text: string): void;
  width(): number;
  color: boolean;
}

/** Another scenario was chosen: the world that runs ends for it. */
class Chosen extends Error {
  constructor(readonly file: string) {
    super(file);
  }
}

/** `q`. */
class Quit extends Error {}

/** `dev` on a terminal: the world goes on until somebody ends it, and keys interfere with it. */
export class Session {
  private readonly pacer: Pacer;
  private readonly keyboard = new Keyboard((lines) => this.tell(lines));
  private readonly asked = new AskedTicks();
  private readonly controls: Controls;
  private readonly status: StatusLine;
  private readonly web: Web;
  private address: Promise<string> | undefined;
  /** What is played, and what could be; read from the disk once a world, as the status is told many times a second. */
  private choice: Pick<LoopState, 'scenario' | 'scenarios'> = { scenario: '', scenarios: [] };
  private travel = new Travel();
  private view: Terminal;
  private round = new AbortController();
  private world: RunningWorld | undefined;
  private saves: Saves | undefined;
  private built: Bytes | undefined;
  private report: Report | undefined;

  constructor(private readonly options: SessionOptions) {
    const { terminal, speed, time, scenarioDirectory } = options;
    this.pacer = new Pacer(time, speed);
    this.status = new StatusLine(terminal.write, terminal.width);
    this.controls = new Controls(
      this.pacer,
      this.asked,
      scenarioDirectory,
      (file) => this.round.abort(new Chosen(file)),
      (line) => this.tell([line]),
    );
    this.web = new Web({ controls: this.controls, log: (line) => this.tell([line]) });
    this.view = this.newView();
  }

  /** @returns whether all expectations held, of the last scenario that came to its end; true where none did */
  async run(): Promise<boolean> {
    const giveBack = readKeys(this.options.terminal.input, (key) => this.press(key));
    try {
      for (let file: string | undefined = this.options.scenario; file !== undefined; ) file = await this.playOne(file);
      return this.report?.expectations.every(({ pass }) => pass) ?? true;
    } finally {
      giveBack();
      this.status.close();
      await this.web.close();
    }
  }

  /** @returns the file to be played next; undefined: none */
  private async playOne(file: string): Promise<string | undefined> {
    this.round = new AbortController();
    this.travel = new Travel();
    this.view = this.newView();
    this.world = undefined;
    this.pacer.resume();
    const { signal, play: how } = this.options;
    const either = AbortSignal.any([signal, this.round.signal]);
    try {
      const scenario = readScenario(file);
      const artifact = await this.artifact();
      const running = { ...this.options.running, artifact, scenario: scenario.name };
      await play(scenario, {
        ...how,
        bundle: artifact.bundle,
        pictures: true,
        signal: either,
        asked: this.asked,
        pace: (virtualMs) => this.pace(virtualMs, either),
        onRunning: (world) => this.attach(world, scenario, artifact, either),
        onEvent: (event) => this.show(event, running),
        onFinished: (recording) => this.finish(reportOf(recording, artifact)),
      });
      return undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      const { reason } = this.round.signal;
      if (reason instanceof Chosen) return reason.file;
      if (reason instanceof Quit) return undefined;
      throw error;
    }
  }

  /** The first was built just now. What does not build is told, and the last that did is played. */
  private async artifact(): Promise<Bytes> {
    const { artifact, build } = this.options;
    const last = this.built;
    this.built = last
      ? await build().catch((error: Error) => {
          this.tell([error.message]);
          return last;
        })
      : artifact;
    return this.built;
  }

  private attach(world: RunningWorld, scenario: Scenario, artifact: Bytes, signal: AbortSignal): void {
    this.world = world;
    this.controls.attach(world);
    this.choice = { scenario: scenario.name, scenarios: this.controls.scenarios() };
    const { config, seed } = world.model.options;
    const head = headOf({ scenario, seed, config }, artifact);
    this.address = this.web.begin(head, this.state());
    this.address.then(
      () => this.showWeb(),
      (error: Error) => this.tell([`there is no web view: ${error.message}`]),
    );
    this.saves = new Saves({
      root: this.options.root,
      world,
      signal,
      tell: (lines) => this.tell(lines),
      lookedAt: () => this.travel.current,
      last: () => this.travel.ticks.at(-1),
    });
    // It ends with the world; what goes wrong with it ends the world, and is told.
    this.saves.watch().catch((error: unknown) => this.round.abort(error));
  }

  private show(event: PlayEvent, running: Running): void {
    if (event.kind === 'tick') {
      this.web.push(frameOf(event.tick, this.travel.count));
      this.travel.add(event.tick);
    }
    this.view.show(event, running);
    this.showStatus();
  }

  private finish(report: Report): void {
    this.report = report;
    this.view.end(report);
    this.tell(['The scenario is over; its world goes on. s: another scenario, q: quit.']);
  }

  private async pace(virtualMs: number, signal: AbortSignal): Promise<number> {
    this.showStatus();
    return this.pacer.pass(virtualMs, signal);
  }

  private press(key: Key): void {
    this.keyboard.press(key, this.actions());
    this.showStatus();
  }

  private actions(): Action[] {
    const { controls, pacer, travel, keyboard } = this;
    return actionsOf({
      controls,
      pacer,
      travel,
      keyboard,
      tell: (lines) => this.tell(lines),
      showWeb: () => this.showWeb(),
      lastHour: () => this.lastHour(),
      quit: () => this.round.abort(new Quit()),
    });
  }

  private showWeb(): void {
    this.address?.then(
      (url) => this.tell([`Web view   ${url}`]),
      () => this.tell(['there is no web view']),
    );
  }

  private lastHour(): void {
    this.saves
      ?.lastHour()
      .catch((error: Error) => this.tell([`planning the last hour again failed: ${error.message}`]));
  }

  private tell(lines: readonly string[]): void {
    const width = Math.min(this.options.terminal.width(), MAX_WIDTH);
    this.status.above(lines.map((line) => `${hanging(line, width)}\n`).join(''));
  }

  private state(): LoopState {
    const { isPaused: paused, speed } = this.pacer;
    return { paused, speed, ...this.choice };
  }

  private showStatus(): void {
    if (this.address) this.web.tell(this.state());
    this.status.show(
      statusText(
        {
          at: this.world?.model.clock.now(),
          counts: this.world?.model.counts(),
          last: this.travel.ticks.at(-1),
          pacer: this.pacer,
          travel: this.travel,
        },
        this.status.room,
      ),
    );
  }

  private newView(): Terminal {
    const { color, width } = this.options.terminal;
    return new Terminal(this.status.above, { color, width: width() });
  }
}

import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { RunningWorld } from '../../world/play';
import { type LoadStep, START, type Untimed } from '../../world/scenario/types';
import type { Refusal } from '../web/refusal';
import type { AskedTicks } from './asked';
import type { FaultStep } from './menus';
import type { Pacer } from './pacer';
import { oldestSpotWorker } from './spot-worker';

/** What a person can do to the world while it runs, by a key or in the web view. */
export class Controls {
  #running: RunningWorld | undefined;

  /**
   * @param scenarioDirectory whose files can be chosen
   * @param choose plays another scenario file from its beginning
   * @param tell says what could not be done
   */
  constructor(
    private readonly pacer: Pacer,
    private readonly asked: AskedTicks,
    private readonly scenarioDirectory: string,
    private readonly choose: (file: string) => void,
    private readonly tell: (line: string) => void,
  ) {}

  /** From now on it is this world that is controlled. */
  attach(running: RunningWorld): void {
    this.#running = running;
  }

  tick(): void {
    this.asked.ask();
    this.pacer.hurry();
  }

  pause(): void {
    this.pacer.pause();
  }

  resume(): void {
    this.pacer.resume();
  }

  /** @param speed virtual seconds in a second */
  speed(speed: number): void {
    this.pacer.setSpeed(speed);
  }

  load(step: Untimed<LoadStep>): void {
    this.#soon(({ model }, atMs) => model.load({ ...step, atMs }));
  }

  /** @returns why nothing happens, which is told too; undefined: it happens */
  fault(step: FaultStep): Refusal | undefined {
    if (step.kind === 'spot-warning') return this.#warnSpotWorker();
    this.#soon(({ wire }, atMs) => wire.addFaults([{ ...step, atMs }]));
    return undefined;
  }

  /** Names of files, without `.yaml`. */
  scenarios(): string[] {
    return readdirSync(this.scenarioDirectory)
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => path.basename(file, '.yaml'))
      .sort();
  }

  scenario(name: string): void {
    if (this.scenarios().includes(name)) this.choose(path.join(this.scenarioDirectory, `${name}.yaml`));
    else this.tell(`there is no scenario ${name}; there are ${this.scenarios().join(', ')}`);
  }

  #warnSpotWorker(): Refusal | undefined {
    const found = this.#running && oldestSpotWorker(this.#running.model);
    if (found === undefined) return undefined;
    if ('rule' in found) {
      const { what, where, value, rule, fix } = found;
      this.tell(`${what} ${where}: ${value}; ${rule}: ${fix}.`);
      return found;
    }
    this.#soon(({ wire }, atMs) => wire.addFaults([{ kind: 'spot-interruption', target: found.id, atMs }]));
    return undefined;
  }

  /** When the world's time moves next, and never while an invocation looks at it. */
  #soon(act: (running: RunningWorld, atMs: number) => void): void {
    const running = this.#running;
    if (!running) return;
    const { clock } = running.model;
    clock.schedule(clock.now(), () => {
      try {
        act(running, clock.now() - START);
      } catch (error) {
        this.tell((error as Error).message);
      }
    });
    this.pacer.hurry();
  }
}

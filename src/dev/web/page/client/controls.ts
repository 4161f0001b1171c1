import { FAULTS } from '../../../interactive/menus';
import type { Control } from '../../frame';
import { button, byId, el, keyed, mark, say } from './dom';
import type { State } from './state';

/** Everything that the keys of the terminal do too; only while the page is served. */
export class Controls {
  readonly #status = el('p', { role: 'status', class: 'status' });
  readonly #pause: HTMLButtonElement;
  readonly #speed = el('output', { 'aria-label': 'Speed' });
  readonly #scenario = el('select', { 'aria-label': 'Scenario' });

  /** @param ask see `Live.ask` */
  constructor(
    private readonly state: State,
    private readonly ask: (control: Control) => Promise<string | undefined>,
  ) {
    this.#pause = button('Pause', () => this.#do({ kind: this.state.loop?.paused ? 'resume' : 'pause' }));
    const speedTo = (factor: number) => () => {
      const { loop } = this.state;
      if (loop) this.#do({ kind: 'speed', speed: loop.speed * factor });
    };
    byId('controls').append(
      group(
        'Time',
        button('Tick now', () => this.#do({ kind: 'tick' })),
        this.#pause,
        button('−', speedTo(0.5), { 'aria-label': 'Half as fast', title: 'Half as fast' }),
        this.#speed,
        button('+', speedTo(2), { 'aria-label': 'Twice as fast', title: 'Twice as fast' }),
      ),
      group(
        'Scenario',
        this.#scenario,
        button('Start', () => this.#do({ kind: 'scenario', name: this.#scenario.value }), {
          'aria-label': 'Start the scenario',
        }),
      ),
      this.#load(),
      this.#fault(),
      this.#status,
    );
    byId('controls').hidden = false;
  }

  render(): void {
    const { loop } = this.state;
    for (const part of byId('controls').querySelectorAll('button')) part.disabled = loop === undefined;
    if (loop === undefined) return;
    say(this.#pause, loop.paused ? 'Go on' : 'Pause');
    say(this.#speed, `${loop.speed}×`);
    const wasEmpty = this.#scenario.childElementCount === 0;
    keyed(
      this.#scenario,
      loop.scenarios,
      (name) => name,
      (name) => el('option', { value: name }, name),
      (option, name) => mark(option, 'data-plays', name === loop.scenario),
    );
    if (wasEmpty) this.#scenario.value = loop.scenario;
  }

  #load(): HTMLElement {
    const nodes = el('select', { 'aria-label': 'On which workers' });
    for (const [value, label] of [
      ['all', 'all workers'],
      ['base', 'base workers'],
      ['oldest', 'the oldest worker'],
    ] as const) {
      nodes.append(el('option', { value }, label));
    }
    const cpu = el('input', { type: 'number', min: '0', max: '100', value: '95', 'aria-label': 'CPU in percent' });
    const minutes = el('input', { type: 'number', min: '1', max: '600', value: '10', 'aria-label': 'Minutes' });
    const apply = () => {
      if (!cpu.reportValidity() || !minutes.reportValidity()) return;
      this.#do({
        kind: 'load',
        nodes: nodes.value as 'all' | 'base' | 'oldest',
        cpu: cpu.valueAsNumber / 100,
        minutes: minutes.valueAsNumber,
      });
    };
    for (const input of [cpu, minutes]) mark(input, 'required', true);
    return group(
      'Load',
      nodes,
      cpu,
      '% for',
      minutes,
      'min',
      button('Apply', apply, { 'aria-label': 'Apply the load' }),
    );
  }

  #fault(): HTMLElement {
    const fault = el('select', { 'aria-label': 'Fault' });
    for (const { name } of FAULTS) fault.append(el('option', { value: name }, name));
    return group(
      'Fault',
      fault,
      button('Inject', () => this.#do({ kind: 'fault', name: fault.value }), { 'aria-label': 'Inject the fault' }),
    );
  }

  #do(control: Control): void {
    void this.ask(control).then((error) => {
      say(this.#status, error ?? `done: ${wordsOf(control)}`);
      mark(this.#status, 'data-failed', error !== undefined);
    });
  }
}

const group = (label: string, ...parts: (Node | string)[]): HTMLElement =>
  el(
    'div',
    { role: 'group', 'aria-label': label, class: 'control' },
    el('span', { 'aria-hidden': 'true' }, label),
    ...parts,
  );

const wordsOf = (control: Control): string => {
  const { kind } = control;
  if (kind === 'speed') return `speed ${control.speed}`;
  return 'name' in control ? `${kind} ${control.name}` : kind;
};

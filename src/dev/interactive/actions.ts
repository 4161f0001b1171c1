import type { Controls } from './controls';
import { type Action, helpLines, type Keyboard } from './keyboard';
import { FAULTS, LOADS } from './menus';
import type { Pacer } from './pacer';
import { tickLines } from './tick-words';
import type { Travel } from './travel';

/** What the keys of `dev` reach. */
export interface Reach {
  controls: Controls;
  pacer: Pacer;
  travel: Travel;
  keyboard: Keyboard;
  tell(lines: readonly string[]): void;
  showWeb(): void;
  lastHour(): void;
  quit(): void;
}

/** All that a key does, in the order of the help. */
export function actionsOf({ controls, pacer, travel, keyboard, tell, showWeb, lastHour, quit }: Reach): Action[] {
  const looking = (go: () => void) => () => {
    go();
    const { current, position } = travel;
    tell(current ? tickLines(current, position) : ['there was no tick yet']);
  };
  const scenarios = () => controls.scenarios().map((name) => ({ name }));
  const actions: Action[] = [
    { keys: ['t'], what: 'tick now', act: () => controls.tick() },
    {
      keys: ['p', 'space'],
      what: 'pause, and go on',
      act: () => (pacer.isPaused ? controls.resume() : controls.pause()),
    },
    { keys: ['+', '='], what: 'twice as fast', act: () => pacer.faster() },
    { keys: ['-'], what: 'half as fast', act: () => pacer.slower() },
    {
      keys: ['s'],
      what: 'another scenario',
      act: () => keyboard.open('Scenario', scenarios(), ({ name }) => controls.scenario(name)),
    },
    {
      keys: ['f'],
      what: 'let something go wrong',
      act: () => keyboard.open('What goes wrong', FAULTS, ({ step }) => controls.fault(step)),
    },
    { keys: ['l'], what: 'load', act: () => keyboard.open('Load', LOADS, ({ step }) => controls.load(step)) },
    { keys: ['<', 'left'], what: 'the tick before, and why it decided so', act: looking(() => travel.back()) },
    { keys: ['>', 'right'], what: 'the tick after', act: looking(() => travel.forward()) },
    { keys: ['.', 'end'], what: 'the last tick', act: looking(() => travel.toEnd()) },
    { keys: ['w'], what: 'the address of the web view', act: showWeb },
    { keys: ['a'], what: 'plan the last hour again: what would the code of now have done?', act: lastHour },
    { keys: ['?', 'h'], what: 'these keys', act: () => tell(helpLines(actions)) },
    { keys: ['q'], what: 'quit', act: quit },
  ];
  return actions;
}

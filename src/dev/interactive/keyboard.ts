import type { Key } from './keys';
import { chosenBy, menuLines } from './menus';

/** What keys do. */
export interface Action {
  /** The first is the one that the help tells. */
  keys: readonly Key[];
  what: string;
  act(): void;
}

/** Each key does its action; while a menu is open, the next one chooses from it instead. */
export class Keyboard {
  private menu: ((key: Key) => void) | undefined;

  constructor(private readonly tell: (lines: readonly string[]) => void) {}

  press(key: Key, actions: readonly Action[]): void {
    const { menu } = this;
    this.menu = undefined;
    if (menu) menu(key);
    else actions.find(({ keys }) => keys.includes(key))?.act();
  }

  open<Entry extends { name: string }>(title: string, entries: readonly Entry[], act: (entry: Entry) => void): void {
    const names = entries.map(({ name }) => name);
    this.tell(menuLines(title, names));
    this.menu = (key) => {
      const entry = chosenBy(key, entries);
      this.tell([entry ? `${title}: ${entry.name}` : 'nothing chosen']);
      if (entry) act(entry);
    };
  }
}

export const helpLines = (actions: readonly Action[]): string[] =>
  actions.map(({ keys: [first = ''], what }) => `${first.padEnd(3)} ${what}`);

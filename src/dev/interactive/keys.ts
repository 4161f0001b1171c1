import { emitKeypressEvents } from 'node:readline';
import type { ReadStream } from 'node:tty';

/** Names as readline gives them: `a`, `+`, `left`, `end`. */
export type Key = string;

interface Pressed {
  name?: string;
  ctrl?: boolean;
  sequence?: string;
}

/**
 * Keys as they are pressed, without Enter and without an echo.
 *
 * @returns what gives the terminal back as it was
 */
export function readKeys(input: ReadStream, onKey: (key: Key) => void): () => void {
  const pressed = (text: string | undefined, { name, ctrl, sequence }: Pressed) => {
    // Raw mode takes from the terminal what it makes of Ctrl-C.
    if (ctrl && name === 'c') process.kill(process.pid, 'SIGINT');
    else onKey(text !== undefined && text.length === 1 && text > ' ' ? text : (name ?? sequence ?? ''));
  };
  emitKeypressEvents(input);
  input.setRawMode(true);
  input.resume();
  input.on('keypress', pressed);
  return () => {
    input.off('keypress', pressed);
    input.setRawMode(false);
    input.pause();
  };
}

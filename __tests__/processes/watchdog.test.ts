import { spawn } from 'node:child_process';
import { watchOver } from '../../src/processes/watchdog';

/** What is done when this process is killed is tried from outside: `__tests__/cli/killed.long.test.ts`. */

const said = (code: string) => {
  throw Object.assign(new Error(`kill ${code}`), { code });
};

it.each([
  // Of two children that end at once Node.js tells the first while it has waited for both.
  ['is called off when it has ended, and nobody has been told', 'ESRCH', undefined],
  ['says what else keeps it from being called off', 'EPERM', /EPERM/],
])('%s', (_, code, message) => {
  const child = spawn('sleep', ['60']);
  const callOff = watchOver(child.pid ?? 0, {});
  // WHEN
  const kill = jest.spyOn(process, 'kill').mockImplementationOnce(() => said(code));
  try {
    if (message) expect(callOff).toThrow(message);
    else expect(callOff).not.toThrow();
  } finally {
    kill.mockRestore();
    callOff();
    child.kill('SIGKILL');
  }
});

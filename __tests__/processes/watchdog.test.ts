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
])('%s', async (_, code, message) => {
  const child = spawn('sleep', ['60']);
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const callOff = watchOver(child, {});
  // WHEN
  const kill = jest.spyOn(process, 'kill').mockImplementationOnce(() => said(code));
  try {
    if (message) expect(callOff).toThrow(message);
    else expect(callOff).not.toThrow();
  } finally {
    kill.mockRestore();
    callOff();
    child.kill('SIGKILL');
    await gone;
  }
});

it('is called off by the end of its child, whose process id may then be another’s', async () => {
  const child = spawn('true');
  const callOff = watchOver(child, {});
  const kill = jest.spyOn(process, 'kill');
  try {
    // WHEN
    await new Promise((resolve) => child.once('exit', resolve));
    // THEN its whole group is ended
    expect(kill.mock.calls).toEqual([[expect.any(Number), 'SIGKILL']]);
    expect(kill.mock.calls[0]?.[0]).toBeLessThan(0);
  } finally {
    kill.mockRestore();
    callOff();
  }
});

it('watches over nobody where the child could not be started', async () => {
  const child = spawn('/nowhere/nothing');
  await new Promise((resolve) => child.once('error', resolve));
  expect(watchOver(child, {})).not.toThrow();
});

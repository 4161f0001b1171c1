import { type AddressInfo, createServer } from 'node:net';
import { runChild } from '../../src/deploy/child';

/** Tells each SIGINT to the port it is given, and ends at SIGUSR1. */
const PROGRAM = `
  const teller = require('node:net').connect(Number(process.argv[1]), '127.0.0.1', () => teller.write('ready '));
  process.on('SIGINT', () => {
    process.stdout.write('SIGINT ');
    teller.write('SIGINT ');
  });
  process.once('SIGUSR1', () => process.exit(3));
`;

describe('a child that must end by itself', () => {
  let listeners: NodeJS.SignalsListener[];
  beforeEach(() => {
    listeners = process.listeners('SIGINT') as NodeJS.SignalsListener[];
  });
  afterEach(() => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      for (const listener of process.listeners(signal)) {
        if (!listeners.includes(listener as NodeJS.SignalsListener)) process.off(signal, listener);
      }
    }
  });

  it('gets one SIGINT however many signals we get, and is waited for', async () => {
    // GIVEN
    const pids: number[] = [];
    let told = '';
    const listener = createServer((socket) =>
      socket.on('data', (chunk) => {
        told += chunk.toString();
        // WHEN one comes, and, after the child has heard of it, two more
        if (told === 'ready ') process.emit('SIGINT', 'SIGINT');
        if (told !== 'ready SIGINT ') return;
        process.emit('SIGINT', 'SIGINT');
        process.emit('SIGHUP', 'SIGHUP');
        process.kill(pids[0] ?? 0, 'SIGUSR1');
      }),
    );
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    const ended = await runChild(process.execPath, ['-e', PROGRAM, `${port}`], {
      env: process.env,
      collect: { stdout: true },
      onInterrupt: (pid) => pids.push(pid),
    });
    listener.close();
    // THEN
    expect(ended).toEqual({ code: 3, interrupted: true, stdout: 'SIGINT ', stderr: '' });
    expect(pids).toHaveLength(1);
  });

  it('leaves our own signals as they were when nobody interrupted it', async () => {
    const ended = await runChild(process.execPath, ['-e', ''], { env: process.env });
    expect(ended).toMatchObject({ code: 0, interrupted: false });
    expect(process.listeners('SIGINT')).toEqual(listeners);
  });
});

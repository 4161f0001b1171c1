import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as later } from 'node:timers/promises';
import { NotNow } from '../../deploy/errors';
import { watchOver } from '../../processes/watchdog';
import { PLUGIN } from './plugin';
import type { Session } from './sessions';

const OPEN_WITHIN_MS = 30_000;
/** On SIGINT it tells the agent to end the session, and removes its socket. */
const END_WITHIN_S = 3;
const KEPT_WORDS = 4_000;

/** The plugin names the variable that holds the answer where an older one had the answer itself. */
const RESPONSE_VARIABLE = 'AWS_SSM_START_SESSION_RESPONSE';

export interface PluginOptions {
  region: string;
  env: NodeJS.ProcessEnv;
  /** Called at most once, when the server refused a connection at the port. */
  onRefused: () => void;
}

export interface PluginProcess {
  /** On 127.0.0.1. */
  port: number;
  /** Resolves with the plugin's reason once it has ended by itself. */
  ended: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Runs the plugin for one session; resolves when its port takes connections.
 *
 * Its arguments are those that aws-cli gives it: the name of the variable, region, operation, profile, request,
 * endpoint (`src/sessionmanagerplugin/session/session.go` of the plugin). It asks SSM itself when it resumes a session.
 *
 * @throws {NotNow} with what the plugin said
 */
export async function runPlugin(session: Session, options: PluginOptions, signal: AbortSignal): Promise<PluginProcess> {
  const { region, env } = options;
  const { request, response } = session;
  const endpoint = env.AWS_ENDPOINT_URL_SSM ?? env.AWS_ENDPOINT_URL ?? '';
  const child = spawn(
    PLUGIN,
    [RESPONSE_VARIABLE, region, 'StartSession', env.AWS_PROFILE ?? '', JSON.stringify(request), endpoint],
    {
      env: { ...env, [RESPONSE_VARIABLE]: JSON.stringify(response) },
      // Not of the terminal's group: it ends when we end it, and by one signal.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  watchOver(child, { patience: END_WITHIN_S, words: [child.stdout, child.stderr] });
  const words = listenTo(child, session, options.onRefused);
  const ended = endOf(child, words.said);
  const stop = () => end(child);
  try {
    const port = await words.port(ended, signal);
    await takesConnections(port);
    return { port, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const notOpen = (session: Session, value: string): NotNow =>
  new NotNow(PLUGIN, `port ${session.request.Parameters.portNumber} of ${session.request.Target}`, {
    value,
    rule: 'must open a port on this machine, within half a minute',
    fix: 'try again; a proxy or firewall here must let wss:// to ssmmessages.<region>.amazonaws.com through',
  });

/** What it says is read to its end: a full pipe would stop it. */
function listenTo(child: ChildProcess, session: Session, onRefused: () => void) {
  const { SessionId, TokenValue } = session.response;
  let text = '';
  let refused = false;
  let heard = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-KEPT_WORDS);
      if (!refused && text.includes('Connection to destination port failed')) {
        refused = true;
        onRefused();
      }
      heard();
    });
    // Node.js stops to read what it hands to the watchdog, and a listener alone does not begin anew.
    stream?.resume();
  }
  const said = () => reasonIn(text.replaceAll(TokenValue, '…'), SessionId);
  return {
    said,
    port: (ended: Promise<string>, signal: AbortSignal): Promise<number> =>
      new Promise<number>((resolve, reject) => {
        const fail = (value: string) => reject(notOpen(session, value));
        const timer = setTimeout(() => fail(said() || 'nothing was said'), OPEN_WITHIN_MS);
        const aborted = () => fail('interrupted');
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', aborted);
          heard = () => {};
        };
        heard = () => {
          const port = /Port (\d+) opened for sessionId/.exec(text)?.[1];
          if (port === undefined) return;
          done();
          resolve(Number(port));
        };
        signal.addEventListener('abort', aborted, { once: true });
        if (signal.aborted) aborted();
        void ended.then((reason) => {
          done();
          fail(reason);
        });
      }),
  };
}

/**
 * The last line that says why. `SessionId: X : reason` is the agent's or the service's word, `Cannot perform start
 * session: reason` the plugin's own (`src/datachannel/streaming.go`, `session.go`).
 */
function reasonIn(text: string, sessionId: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.replace(`SessionId: ${sessionId} :`, '').replace(sessionId, 'of this port').trim())
    .filter((line) => line !== '' && !/^(Starting session|Port \d|Waiting for|Connection accepted)/.test(line));
  return lines.at(-1) ?? '';
}

const endOf = (child: ChildProcess, said: () => string): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(`cannot be started: ${error.message}`));
    // Streams may still hold its last words when it exits.
    child.once('close', (code, signal) => resolve(said() || `ended with ${signal ?? `code ${code}`}`));
  });

/** It says that the port is open once it listens there; that it is on 127.0.0.1 only a connection shows. */
async function takesConnections(port: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
  } catch (error) {
    throw new NotNow(PLUGIN, `127.0.0.1:${port}`, {
      value: (error as Error).message,
      rule: 'must listen there',
      fix: 'see that localhost is 127.0.0.1 on this machine (/etc/hosts)',
    });
  } finally {
    socket.destroy();
  }
}

const isOver = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

async function end(child: ChildProcess): Promise<void> {
  if (isOver(child)) return;
  const gone = once(child, 'exit');
  child.kill('SIGINT');
  const timer = new AbortController();
  const tooLong = later(END_WITHIN_S * 1_000, undefined, { signal: timer.signal }).then(
    () => child.kill('SIGKILL'),
    () => undefined,
  );
  await gone;
  timer.abort();
  await tooLong;
}

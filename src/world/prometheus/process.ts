import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchOver } from '../../processes/watchdog';
import { onProcessEnd } from './process-end';

export interface PrometheusProcess {
  /** `http://127.0.0.1:<port>` */
  url: string;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 20_000;
const TERM_WITHIN_MS = 5_000;

/**
 * Starts a real Prometheus with nothing to scrape, on a free port of 127.0.0.1 and in a folder of its own; resolves
 * when it is ready. It takes samples only by remote write.
 *
 * @throws when the program cannot be run or is not ready in time, with the end of what it said.
 */
export const startPrometheus = async (program: string): Promise<PrometheusProcess> => {
  const folder = mkdtempSync(join(tmpdir(), 'k3s-autoscaler-prometheus-'));
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, 'global: {}\n');
  const child = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      // The world's time is far from the machine's, and old blocks are part of a long scenario.
      '--storage.tsdb.retention.time=100y',
      '--web.enable-remote-write-receiver',
      '--web.listen-address=127.0.0.1:0',
      // A whole origin must match: none does. By default every web page may read what it says.
      '--web.cors.origin=^$',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env: {} },
  );
  watchOver(child, { folder });
  const forget = onProcessEnd(() => {
    // The watchdog stays: it removes what the child may still write until it hears of its end.
    child.kill('SIGKILL');
    remove(folder);
  });
  const stop = async () => {
    // It is watched over until it has ended: we may be killed while we wait for that.
    await terminate(child);
    forget();
    remove(folder);
  };
  try {
    const url = await addressOf(child, program);
    await ready(url, child);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** One that is being killed may still write: then the folder is not empty when its turn comes. */
const remove = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });

/** Prometheus picks the port itself and logs it, so that no other program can take it in between. */
const addressOf = (child: ChildProcess, program: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = '';
    const fail = (what: string) => {
      clearTimeout(timer);
      reject(new Error(`Prometheus (${program}) ${what}; it last said:\n${said.slice(-2_000) || '(nothing)'}`));
    };
    const timer = setTimeout(() => fail(`told no address within ${READY_WITHIN_MS} ms`), READY_WITHIN_MS);
    child.once('error', (error) => fail(`cannot be started: ${error.message}`));
    child.once('exit', (code, signal) => fail(`ended with ${signal ?? `code ${code}`} at its start`));
    child.stderr?.on('data', (chunk: Buffer) => {
      // Goes on reading for ever: a full pipe would stop Prometheus.
      said = (said + chunk.toString()).slice(-20_000);
      const address = /Listening on"?.* address=(127\.0\.0\.1:\d+)/.exec(said)?.[1];
      if (!address) return;
      clearTimeout(timer);
      resolve(`http://${address}`);
    });
  });

/** Storage is replayed after the port is open; until then it answers 503. */
const ready = async (url: string, child: ChildProcess): Promise<void> => {
  const until = performance.now() + READY_WITHIN_MS;
  while (child.exitCode === null && child.signalCode === null) {
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    if (performance.now() > until) throw new Error(`Prometheus at ${url} was not ready within ${READY_WITHIN_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`Prometheus at ${url} ended before it was ready`);
};

const terminate = async (child: ChildProcess): Promise<void> => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), TERM_WITHIN_MS);
  await ended;
  clearTimeout(kill);
};

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { watchOver } from '../../src/processes/watchdog';
import { freePorts } from './ports';

/** AWS as moto_server plays it: what Terraform makes is there and can be listed, and nothing of it runs. */

/** Faults of moto that are put right where it starts. */
const CORRECTIONS = path.resolve(__dirname, 'moto');
/** What `pip` installs. The corrections are those of this version. */
export const MOTO = 'moto[server]==5.2.1';
const START_MS = 30_000;
const POLL_MS = 50;

/** A request as moto received it. */
export interface Recorded {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface Moto {
  endpoint: string;
  /** Every request since the start, in order. */
  requests(): Recorded[];
  /** What it said, for a test that failed. */
  output(): string;
  /** Has each answer of a service come so much later, in seconds by service (`{ ec2: 4 }`), until it is told otherwise. */
  slow(services: Record<string, number>): void;
  stop(): Promise<void>;
}

/** What a test with moto lacks on this machine, for `itOrSkip`; undefined when it can run. */
export function missingMoto(): string | undefined {
  const { status } = spawnSync('moto_server', ['--help']);
  return status === 0 ? undefined : `moto_server is not on PATH (pip install '${MOTO}', or npm run test:tools)`;
}

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}

async function started(endpoint: string, child: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    try {
      // Lambda's simple backend answers with what it was sent: the other one wants Docker.
      await post(`${endpoint}/moto-api/config`, { lambda: { use_docker: false } });
      return;
    } catch {
      await delay(POLL_MS);
    }
  }
  throw new Error(`moto_server did not start at ${endpoint}: ${output()}`);
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await end;
}

function parsed(line: string): Recorded {
  const { method, url, headers, body, body_encoded } = JSON.parse(line);
  return { method, url, headers, body: body_encoded ? Buffer.from(body, 'base64').toString() : (body ?? '') };
}

export interface MotoOptions {
  /** How long an instance is pending, and how long shutting down. Seconds; by default neither takes any time. */
  launchSeconds?: number;
  shutdownSeconds?: number;
  /** What `DescribeInstances` answered is kept until something changes: moto is slow to write of hundreds. */
  keepsAnswers?: boolean;
}

/** Starts a moto_server of its own on a free port. */
export async function startMoto(options: MotoOptions = {}): Promise<Moto> {
  const { launchSeconds = 0, shutdownSeconds = 0, keepsAnswers = false } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'moto-'));
  const recording = path.join(folder, 'requests');
  const slowness = path.join(folder, 'slowness.json');
  const { moto: port } = await freePorts('moto');
  const said: Buffer[] = [];
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', `${port}`], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PYTHONPATH: CORRECTIONS,
      // No __pycache__ in the checkout.
      PYTHONDONTWRITEBYTECODE: '1',
      // A thousand images that nobody asks for cost a second.
      MOTO_EC2_LOAD_DEFAULT_AMIS: 'false',
      MOTO_ENABLE_RECORDING: '1',
      MOTO_RECORDER_FILEPATH: recording,
      MOTO_LAUNCH_SECONDS: `${launchSeconds}`,
      MOTO_SHUTDOWN_SECONDS: `${shutdownSeconds}`,
      MOTO_SLOWNESS: slowness,
      MOTO_KEEPS_ANSWERS: keepsAnswers ? '1' : '',
    },
  });
  watchOver(child, { folder });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const output = () => Buffer.concat(said).toString();
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await stopped(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await started(endpoint, child, output);
  } catch (error) {
    await stop();
    throw error;
  }
  const requests = () => readFileSync(recording, 'utf8').trim().split('\n').map(parsed);
  const slow = (services: Record<string, number>) => writeFileSync(slowness, JSON.stringify(services));
  return { endpoint, requests, output, slow, stop };
}

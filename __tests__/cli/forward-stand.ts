import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ec2Protocol } from '../../src/world/wire/ec2-server';
import type { World } from '../../src/world/world';
import { type Loopback, loopback, type Received, type Reply } from '../adapters/loopback';
import { CONFIG, newWorld } from '../world/builders';

/**
 * What `forward` meets: EC2 as the simulated world speaks it, the part of SSM that sessions are, the server's two
 * ports, and a plugin that forwards for real.
 */

const ROOT = path.resolve(__dirname, '../..');

/** Takes its arguments as AWS' plugin does and says the same lines; a session's URL leads it straight to the port. */
const PLUGIN = `#!${process.execPath}
const fs = require('node:fs'), net = require('node:net'), path = require('node:path');
const here = (name) => path.join(__dirname, name);
const { version, sessions } = JSON.parse(fs.readFileSync(here('plugin.json'), 'utf8'));
const args = process.argv.slice(2);
if (args[0] === '--version') {
  process.stdout.write(version + '\\n');
  process.exit(0);
}
const record = (call) => fs.appendFileSync(here('calls.jsonl'), JSON.stringify(call) + '\\n');
record({ args, pid: process.pid });
const { SessionId, TokenValue, StreamUrl } = JSON.parse(process.env[args[0]]);
const { Parameters } = JSON.parse(args[4]);
const mine = (sessions[Parameters.portNumber[0]] || []).shift() || {};
const rest = { version, sessions };
fs.writeFileSync(here('plugin.json'), JSON.stringify(rest));
process.on('SIGINT', () => {
  // As AWS' plugin, which is a Go program, it does not get beyond words that nobody can read.
  process.stdout.on('error', () => process.exit(1));
  process.stdout.write('Terminate signal received, exiting.\\n', (error) => {
    if (!error) record({ signal: 'SIGINT', pid: process.pid });
    process.exit(error ? 1 : 0);
  });
});
process.stdout.write('\\nStarting session with SessionId: ' + SessionId + '\\n');
const end = (words) => process.stdout.write('\\n\\nSessionId: ' + SessionId + ' : ' + words + '\\n\\n', () => process.exit(0));
if (mine.fails) {
  process.stdout.write('Cannot perform start session: ' + mine.fails.replace('TOKEN', TokenValue) + '\\n');
  process.exit(0);
}
if (mine.hangs) setInterval(() => {}, 1000);
else {
  const to = new URL(StreamUrl);
  const server = net.createServer((socket) => {
    const remote = net.connect(Number(to.port), to.hostname);
    remote.on('error', () => process.stdout.write('\\nConnection to destination port failed, check SSM Agent logs.\\n'));
    for (const side of [socket, remote]) side.on('error', () => {}).on('close', () => { socket.destroy(); remote.destroy(); });
    socket.pipe(remote).pipe(socket);
  });
  server.listen(Number((Parameters.localPortNumber || ['0'])[0]), 'localhost', () => {
    process.stdout.write('Port ' + server.address().port + ' opened for sessionId ' + SessionId + '.\\nWaiting for connections...\\n');
    if (mine.ends !== undefined) setTimeout(end, 300, mine.ends);
  });
}
`;

/** What becomes of one session; by default it stands until it is ended. */
export interface Fate {
  /** Ends after a moment, with this reason. */
  ends?: string;
  /** Never opens, with these words. `TOKEN` stands for the session's token. */
  fails?: string;
  /** Never opens, without a word. */
  hangs?: true;
}

export interface PluginCall {
  args?: string[];
  pid: number;
  signal?: string;
}

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

const failure = (code: string): Reply => ({
  status: 400,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: { __type: code, message: `no ${code}` },
});

export class ForwardStand {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'k3s-autoscaler-forward-test-'));
  readonly world: World = newWorld({ config: { ...CONFIG, cluster: 'k3s-dev-ana' } });
  readonly server: string;
  /** Operations of EC2 and SSM, in the order of arrival. */
  readonly asked: string[] = [];
  readonly started: { id: string; token: string; input: Record<string, unknown> }[] = [];
  readonly terminated: string[] = [];
  /** An error's code in place of the answer, by operation. */
  readonly #refusals: Record<string, string> = {};
  env: NodeJS.ProcessEnv = {};
  #aws: Loopback | undefined;
  /** The server's own ports, by number. */
  readonly #ports = new Map<string, Loopback>();
  readonly #children: ChildProcess[] = [];

  constructor() {
    const server = this.world.ec2.all().find(({ tags }) => tags['k3s-autoscaler:role'] === 'server');
    if (server === undefined) throw new Error('the world has no server');
    this.server = server.id;
  }

  async open(): Promise<void> {
    this.#aws = await loopback((request) => this.#answer(request));
    for (const port of ['9090', '6443']) {
      this.#ports.set(port, await loopback(({ url }) => ({ body: `port ${port}: ${url.pathname}` })));
    }
    const { url } = this.#aws;
    this.env = {
      PATH: `${this.folder}${path.delimiter}${process.env.PATH}`,
      HOME: process.env.HOME,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ENDPOINT_URL_EC2: url,
      AWS_ENDPOINT_URL_SSM: url,
      AWS_MAX_ATTEMPTS: '1',
    };
    this.plugin({});
  }

  /** @param sessions fates of the sessions to come, by the server's port */
  plugin(sessions: Record<string, Fate[]>, version = '1.2.650.0'): void {
    const file = path.join(this.folder, 'session-manager-plugin');
    writeFileSync(file, PLUGIN);
    chmodSync(file, 0o755);
    writeFileSync(path.join(this.folder, 'plugin.json'), JSON.stringify({ version, sessions }));
  }

  pluginCalls(): PluginCall[] {
    const file = path.join(this.folder, 'calls.jsonl');
    if (!existsSync(file)) return [];
    // What stands behind the last line's end is a call that is being written.
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as PluginCall);
  }

  refuse(operation: string, code: string): void {
    this.#refusals[operation] = code;
  }

  /** EC2 shows what was changed only some seconds later. */
  settle(): void {
    this.world.clock.advanceTo(this.world.clock.now() + 10_000);
  }

  get endpoint(): string {
    return this.#aws?.url ?? '';
  }

  get lastChild(): ChildProcess | undefined {
    return this.#children.at(-1);
  }

  /** Nothing listens there any more. */
  async closePort(port: string): Promise<void> {
    await this.#ports.get(port)?.close();
  }

  /** @param watch called with all of stdout and stderr whenever there is more of it */
  run(args: string[], watch: (so: Ended, child: ChildProcess) => void = () => {}): Promise<Ended> {
    const child = spawn(process.execPath, ['--import', 'tsx', path.join(ROOT, 'src/cli/main.ts'), 'forward', ...args], {
      cwd: ROOT,
      env: this.env,
    });
    this.#children.push(child);
    const ended: Ended = { code: null, out: '', err: '' };
    const take = (stream: 'out' | 'err') => (chunk: Buffer) => {
      ended[stream] += chunk.toString();
      watch(ended, child);
    };
    child.stdout.on('data', take('out'));
    child.stderr.on('data', take('err'));
    return new Promise((resolve) => child.once('close', (code) => resolve({ ...ended, code })));
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await Promise.all([this.#aws, ...this.#ports.values()].map((each) => each?.close().catch(() => undefined)));
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #answer(request: Received): Promise<Reply> {
    const target = String(request.headers['x-amz-target'] ?? '');
    return target.startsWith('AmazonSSM.') ? this.#ssm(target.slice('AmazonSSM.'.length), request) : this.#ec2(request);
  }

  async #ec2({ method, url, body }: Received): Promise<Reply> {
    const exchange = ec2Protocol(this.world).decode({ method, url, headers: {}, body: Buffer.from(body) });
    const { operation } = exchange.call;
    this.asked.push(operation);
    const refused = this.#refusals[operation];
    const answer = refused === undefined ? await exchange.perform() : exchange.refuse(refused);
    return { ...answer, body: answer.body.toString() };
  }

  #ssm(operation: string, { body }: Received): Reply {
    this.asked.push(operation);
    const refused = this.#refusals[operation];
    if (refused !== undefined) return failure(refused);
    const input = JSON.parse(body) as Record<string, unknown> & { Parameters: Record<string, string[]> };
    if (operation === 'TerminateSession') {
      this.terminated.push(String(input.SessionId));
      return { body: { SessionId: input.SessionId } };
    }
    if (operation !== 'StartSession') return failure('UnknownOperationException');
    const id = `ana-0000000${this.started.length}`;
    const token = `a-secret-token-${this.started.length}`;
    this.started.push({ id, token, input });
    const port = this.#ports.get(String(input.Parameters.portNumber))?.url;
    return { body: { SessionId: id, TokenValue: token, StreamUrl: port } };
  }
}

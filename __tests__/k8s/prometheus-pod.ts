import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../support/ports';
import { K8S, read } from './manifests';
import { tools } from './tools';

const SCRIPT = path.join(K8S, 'prometheus/compose-config.sh');
const WITHIN_MS = 20_000;

/**
 * The pod of k8s/prometheus/deployment.yaml without Kubernetes: its containers are processes here, their shared volume
 * and the two ConfigMaps are folders, and script, Prometheus and promtool are the real ones.
 */
export class PrometheusPod {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'prometheus-pod-'));
  readonly #children: ChildProcess[] = [];
  readonly #environment: NodeJS.ProcessEnv;
  #log = '';
  #port: number | undefined;

  /** @param environment more of it, say credentials; there are none otherwise, as where the instance role is missing */
  constructor(environment: NodeJS.ProcessEnv = {}) {
    for (const folder of ['config', 'alerting', 'run', 'data']) mkdirSync(path.join(this.#folder, folder));
    for (const file of ['prometheus.yml', 'rules.yml']) {
      cpSync(path.join(K8S, 'prometheus', file), path.join(this.#folder, 'config', file));
    }
    this.#environment = {
      PATH: `${tools().folder}${path.delimiter}${process.env.PATH}`,
      HOME: this.#folder,
      CONFIG: path.join(this.#folder, 'config'),
      ALERTING: path.join(this.#folder, 'alerting/alerting.yml'),
      RUN: path.join(this.#folder, 'run'),
      LOOK: '0.2',
      RELOAD: '15',
      AWS_EC2_METADATA_DISABLED: 'true',
      ...environment,
    };
  }

  get log(): string {
    return this.#log;
  }

  /** Writes into what is mounted as ConfigMap `prometheus-config`. */
  config(file: 'prometheus.yml' | 'rules.yml', content: string): void {
    writeFileSync(path.join(this.#folder, 'config', file), content);
  }

  /** Writes ConfigMap `prometheus-alerting`, or takes it away. */
  alerting(content: string | undefined): void {
    const file = path.join(this.#folder, 'alerting/alerting.yml');
    if (content === undefined) rmSync(file);
    else writeFileSync(file, content);
  }

  /** The init container. */
  check(): { status: number | null; said: string } {
    const { status, stderr } = spawnSync('sh', [SCRIPT, 'check'], { env: this.#environment, encoding: 'utf8' });
    return { status, said: stderr };
  }

  /** The container `prometheus`; resolves when it answers. Again is what the kubelet does when it has ended. */
  async start(environment: NodeJS.ProcessEnv = {}): Promise<ChildProcess> {
    this.#port ??= (await freePorts('prometheus')).prometheus;
    this.#environment.WEB = this.#web;
    const args = [
      `--storage.tsdb.path=${path.join(this.#folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${this.#port}`,
      '--rules.alert.resend-delay=1s',
    ];
    const child = this.#run('start', args, environment);
    await this.until('Prometheus is ready', async () => (await fetch(`${this.#web}/-/ready`)).ok);
    return child;
  }

  /** The container `config`. */
  watch(): void {
    this.#run('watch', []);
  }

  /** All containers. */
  async run(): Promise<void> {
    const { status, said } = this.check();
    if (status !== 0) throw new Error(said);
    await this.start();
    this.watch();
  }

  async get(resource: string): Promise<string> {
    return (await fetch(`${this.#web}${resource}`)).text();
  }

  /** The configuration in force, as Prometheus says it. */
  async inForce(): Promise<string> {
    return (JSON.parse(await this.get('/api/v1/status/config')) as { data: { yaml: string } }).data.yaml;
  }

  async metric(name: string): Promise<number> {
    return Number(new RegExp(`^${name} (.+)$`, 'm').exec(await this.get('/metrics'))?.[1]);
  }

  /** Resolves when the script has said this, `times` times. */
  async says(text: string, times = 1): Promise<void> {
    await this.until(`it says "${text}"`, async () => this.#log.split(text).length > times);
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + WITHIN_MS;
    while (!(await holds().catch(() => false))) {
      if (Date.now() > deadline) throw new Error(`not within ${WITHIN_MS} ms: ${what}\n${this.#log}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async remove(): Promise<void> {
    await Promise.all(this.#children.map(end));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #web(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  #run(job: string, args: string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
    const env = { ...this.#environment, ...environment };
    const child = spawn('sh', [SCRIPT, job, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.push(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
      });
    }
    return child;
  }

  /** As the kubelet shows whether the container `config` still looks. */
  get alive(): boolean {
    return existsSync(path.join(this.#folder, 'run/alive'));
  }
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

/** As userdata/sync.sh does it. */
export const filledTemplate = (host: string): string =>
  read('prometheus/alerting.template.yml').replaceAll('@ALERT_HOST@', host).replaceAll('@AWS_REGION@', 'us-east-1');

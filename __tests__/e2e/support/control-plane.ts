import { execFileSync } from 'node:child_process';
import { sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Agent, request } from 'undici';
import { freePorts } from '../../support/ports';
import { ApiClient, type ApiObject } from './api';
import { apply, shippedManifests } from './apply';
import { AUDIT_POLICY, type AuditedWrite, auditedWrites } from './audit';
import { controlPlaneProgram } from './binary';
import { argumentsOf, type Component, type Settings } from './components';
import { makeCredentials, writeKubeconfig } from './credentials';
import { listPath } from './paths';
import { answers, type RunningProcess, startProcess } from './processes';

/** How long a start may take on a machine that has other things to do. */
const START_MS = 120_000;

/**
 * A Kubernetes control plane of a test's own: the real etcd, API server, controller manager and scheduler, and KWOK in
 * place of kubelets. All of it is on 127.0.0.1 and goes with the test.
 */
export class ControlPlane {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** PEM of the authority that signed the API server's certificate. */
  readonly ca: string;
  /** May do everything. */
  readonly admin: ApiClient;
  /** Of the administrator, for kubectl and the like. */
  readonly kubeconfig: string;
  /** For what belongs to it: it goes with the control plane. */
  readonly folder: string;
  /** How long the start took, milliseconds. */
  startedMs = 0;
  readonly #settings: Settings;
  readonly #running = new Map<string, RunningProcess>();

  private constructor(settings: Settings) {
    this.#settings = settings;
    this.folder = settings.folder;
    this.url = `https://127.0.0.1:${settings.ports.api}`;
    this.ca = settings.credentials.ca;
    const token = settings.credentials.token.admin;
    this.admin = new ApiClient({ url: this.url, ca: this.ca, token });
    this.kubeconfig = writeKubeconfig(this.folder, 'admin', this.url, settings.credentials.files.ca, token);
  }

  /**
   * Resolves when controllers and scheduler work.
   *
   * @throws Error with what a component said when it ends or does not answer in time
   */
  static async start(): Promise<ControlPlane> {
    const begun = performance.now();
    const settings = await makeSettings();
    const control = new ControlPlane(settings);
    try {
      await control.#startAll();
    } catch (error) {
      await control.stop();
      throw error;
    }
    control.startedMs = performance.now() - begun;
    return control;
  }

  /** Applies what ships in `k8s/`, or other objects. */
  apply(objects: readonly ApiObject[] = shippedManifests()): Promise<void> {
    return apply(this.admin, objects);
  }

  create(object: ApiObject): Promise<ApiObject> {
    return this.admin.create(listPath(object), object);
  }

  /**
   * A token of a ServiceAccount, as `kubectl create token` asks for one.
   *
   * @param account `<namespace>/<name>`
   */
  async tokenFor(account: string, expirationSeconds = 86_400): Promise<string> {
    const [namespace, name] = account.split('/');
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds } };
    const answer = await this.admin.create(`api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, body);
    return answer.status.token;
  }

  /**
   * Such a token that runs out after some seconds; one that is asked for holds for ten minutes at least. The API server
   * takes each for a minute longer than it says (`DefaultLeeway` of go-jose's `jwt`), so that minute is over already.
   */
  async shortToken(account: string, seconds: number): Promise<string> {
    const [header = '', claims = ''] = (await this.tokenFor(account)).split('.');
    const exp = Math.floor(Date.now() / 1000) + seconds - 60;
    const own = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), iat: exp - 60, nbf: exp - 60, exp };
    const signed = `${header}.${Buffer.from(JSON.stringify(own)).toString('base64url')}`;
    const key = readFileSync(this.#settings.credentials.files.serviceAccountKey);
    return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`;
  }

  /** Writes to nodes and evictions since the start, by the API server's own log, in their order. */
  audited(): AuditedWrite[] {
    return auditedWrites(this.#settings.audit.log);
  }

  /** A client with that token; to be closed by who asked for it. */
  clientOf(token?: string): ApiClient {
    return new ApiClient({ url: this.url, ca: this.ca, ...(token !== undefined && { token }) });
  }

  /** Path of a kubeconfig for a ServiceAccount. */
  async kubeconfigFor(account: string): Promise<string> {
    const name = account.replace('/', '-');
    const { ca } = this.#settings.credentials.files;
    return writeKubeconfig(this.folder, name, this.url, ca, await this.tokenFor(account));
  }

  /** The scheduler's own metrics, as text; its certificate is one that it made itself. */
  async schedulerMetrics(resource: 'metrics' | 'metrics/resources' = 'metrics'): Promise<string> {
    return this.#askComponent(`https://127.0.0.1:${this.#settings.ports.scheduler}/${resource}`);
  }

  /** Each line of the scheduler's log from now on. */
  hearScheduler(line: (text: string) => void): void {
    this.#running.get('kube-scheduler')?.hear(line);
  }

  /** No Node is heard of any more; a lease that is not renewed is over after a while. */
  pauseKubelets(): void {
    this.#running.get('kwok')?.signal('SIGSTOP');
  }

  resumeKubelets(): void {
    this.#running.get('kwok')?.signal('SIGCONT');
  }

  /** As when its machine goes: nothing answers at its port any more. */
  async killApiServer(): Promise<void> {
    await this.#kill('kube-apiserver');
  }

  /** Starts it again on the same port and the same data. Resolves when it is ready. */
  async startApiServer(): Promise<void> {
    await this.#startApiServer();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.#kill(name)));
    await this.admin.close();
    await this.#insecure.destroy();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Starts one more program that goes with the control plane. */
  async run(name: string, program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<RunningProcess> {
    const running = await startProcess(name, program, args, { folder: this.folder, ...(env && { env }) });
    this.#running.set(name, running);
    return running;
  }

  async #startAll(): Promise<void> {
    await this.#start('etcd');
    await this.#startApiServer();
    const [controllers, scheduler, kwok] = await Promise.all([
      this.#start('kube-controller-manager'),
      this.#start('kube-scheduler'),
      this.#start('kwok'),
    ]);
    const { ports } = this.#settings;
    await Promise.all([
      // Pods are refused until it is there.
      answers(
        controllers,
        'makes the default ServiceAccount',
        async () => (await this.admin.send('GET', 'api/v1/namespaces/default/serviceaccounts/default')).status === 200,
        START_MS,
      ),
      answers(
        scheduler,
        'answers',
        async () => (await this.#askComponent(`https://127.0.0.1:${ports.scheduler}/readyz`)) !== '',
        START_MS,
      ),
      answers(kwok, 'answers', async () => (await fetch(`http://127.0.0.1:${ports.kwok}/healthz`)).ok, START_MS),
    ]);
  }

  async #startApiServer(): Promise<void> {
    const running = await this.#start('kube-apiserver');
    const ready = async () => (await this.admin.send('GET', 'readyz')).status === 200;
    await answers(running, 'is ready', ready, START_MS);
  }

  #start(component: Component): Promise<RunningProcess> {
    return this.run(component, controlPlaneProgram(), argumentsOf(component, this.#settings));
  }

  async #kill(name: string): Promise<void> {
    await this.#running.get(name)?.kill();
    this.#running.delete(name);
  }

  readonly #insecure = new Agent({ connect: { rejectUnauthorized: false } });

  async #askComponent(url: string): Promise<string> {
    const { statusCode, body } = await request(url, {
      dispatcher: this.#insecure,
      headers: { authorization: `Bearer ${this.#settings.credentials.token.admin}` },
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${url}: HTTP ${statusCode}: ${text}`);
    return text;
  }
}

/** Keys and tokens are in its folder: where it cannot be completed, nothing of it stays. */
async function makeSettings(): Promise<Settings> {
  const folder = mkdtempSync(path.join(tmpdir(), 'control-plane-'));
  try {
    return await settingsIn(folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function settingsIn(folder: string): Promise<Settings> {
  mkdirSync(path.join(folder, 'etcd'), { mode: 0o700 });
  const ports = await freePorts('etcd', 'peer', 'api', 'controllers', 'scheduler', 'kwok');
  const credentials = await makeCredentials(folder);
  const url = `https://127.0.0.1:${ports.api}`;
  const kubeconfig = (user: 'kube-controller-manager' | 'kube-scheduler' | 'kwok') =>
    writeKubeconfig(folder, user, url, credentials.files.ca, credentials.token[user]);
  const stages = path.join(folder, 'kwok.yaml');
  writeFileSync(stages, execFileSync(controlPlaneProgram(), ['kwok-stages']));
  const audit = { policy: path.join(folder, 'audit-policy.yaml'), log: path.join(folder, 'audit.log') };
  writeFileSync(audit.policy, AUDIT_POLICY);
  return {
    folder,
    ports,
    credentials,
    audit,
    stages,
    kubeconfig: {
      'kube-controller-manager': kubeconfig('kube-controller-manager'),
      'kube-scheduler': kubeconfig('kube-scheduler'),
      kwok: kubeconfig('kwok'),
    },
  };
}

import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { itOrSkip } from '../support/skips';
import { makeRoot, missing, type Run, runInRoot } from './root';

export const USERDATA = path.resolve(__dirname, '../../userdata');

/** What no log, argument, environment or readable file may show. */
export const SECRET = {
  join: `K10${'ab'.repeat(32)}::abcdef.0123456789abcdef`,
  controller: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJrM3MtYXV0b3NjYWxlciJ9.c2lnbmF0dXJl',
  metadata: 'AQAEAMetadataSessionToken==',
} as const;

export const INSTANCE = 'i-0123456789abcdef0';
export const PROVIDER_ID = `aws:///us-east-1a/${INSTANCE}`;
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const K3S_RELEASE = readFileSync(path.join(__dirname, 'stubs/k3s'));

const common = {
  AWS_REGION: 'us-east-1',
  K3S_VERSION: 'v1.33.3+k3s1',
  K3S_SHA256_AMD64: sha256(K3S_RELEASE),
  K3S_SHA256_ARM64: sha256(K3S_RELEASE),
  JOIN_TOKEN_PARAMETER: '/k3s/join-token/test',
};
export const SETTINGS = {
  server: {
    ...common,
    NODE_NAME: 'server-0',
    SERVER_ADDRESS: '10.0.1.10',
    DATA_VOLUME_ID: 'vol-0aabbccddeeff0011',
    CONTROLLER_TOKEN_PARAMETER: '/k3s/controller-token/test',
    CA_PARAMETER: '/k3s/ca/test',
    ALERT_URL: 'https://abc123.lambda-url.us-east-1.on.aws/',
  },
  worker: {
    ...common,
    SERVER_URL: 'https://10.0.1.10:6443',
    NODE_LABELS: 'k3s-autoscaler/pool=burst\nk3s-autoscaler/managed=true',
    NODE_TAINTS: 'dedicated=batch:NoSchedule\nspot=:PreferNoSchedule',
  },
};

export const OBJECTS = 'v1 Namespace monitoring \napps/v1 Deployment prometheus monitoring\n';

const assignments = (settings: Record<string, string>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}='${value.replaceAll("'", "'\\''")}'\n`)
    .join('');

/** User data as the stack makes it: the assignments behind the shebang of the bootstrap. */
export function userData(settings: Record<string, string>): string {
  const [shebang, ...body] = readFileSync(path.join(USERDATA, 'bootstrap.sh'), 'utf8').split('\n');
  return `${shebang}\n${assignments(settings)}${body.join('\n')}`;
}

const open: Node[] = [];

/** An instance in a throw-away root, with the AWS, the K3s and the systemd that its stubs play. */
export class Node {
  readonly root = makeRoot();
  output = '';
  private readonly keys = new Set<string>();

  constructor(
    readonly kind: 'server' | 'base' | 'pool-burst',
    readonly onFailure: 'stay' | 'poweroff' = 'stay',
  ) {
    open.push(this);
    for (const file of readdirSync(USERDATA)) {
      if (file !== 'bootstrap.sh') this.object(`userdata/${file}`, readFileSync(path.join(USERDATA, file), 'utf8'));
    }
    this.settings({});
    this.object('k8s/kustomization.yaml', 'resources: [namespace.yaml]\n');
    // What kubectl would make of them.
    this.object('k8s/objects', OBJECTS);
    this.object('k8s/prometheus/alerting.template.yml', 'host: @ALERT_HOST@\nregion: @AWS_REGION@\n');
    this.sums();
    this.world('metadata/token', SECRET.metadata);
    this.world('metadata/instance-id', INSTANCE);
    this.world('metadata/availability-zone', 'us-east-1a');
    this.world('metadata/instance-type', 't3.medium');
    this.world('architecture', 'x86_64\n');
    this.world('k3s-release', K3S_RELEASE);
    this.world('k3s-join-token', `${SECRET.join}\n`);
    this.world('k3s-controller-token', SECRET.controller);
    this.world('ssm', `${SECRET.join}\n`);
    this.world('disks', '/dev/nvme1n1 vol0aabbccddeeff0011\n');
    for (const device of ['nvme1n1', 'xvdf']) writeFileSync(path.join(this.root, 'dev', device), 'data');
  }

  /** A file of the world in which the stubs live. */
  world(name: string, content: string | Buffer): void {
    const file = path.join(this.root, 'world', name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content, { mode: 0o600 });
  }

  /** An object of the bucket; `sums` then lists it. */
  object(key: string, content: string): void {
    this.keys.add(key);
    this.world(`bucket/${key}`, content);
  }

  settings(changed: Record<string, string>): void {
    const settings = { ...(this.kind === 'server' ? SETTINGS.server : SETTINGS.worker), ...changed };
    this.object(`settings/${this.kind}.env`, assignments(settings));
  }

  sums(): void {
    const lines = [...this.keys]
      .sort()
      .map((key) => `${sha256(readFileSync(this.path(`world/bucket/${key}`)))}  ${key}\n`);
    this.world('bucket/SHA256SUMS', lines.join(''));
  }

  path(file: string): string {
    const link = path.join(this.root, 'opt/k3s-autoscaler');
    // The link is absolute: seen from outside the root it points elsewhere.
    if (!file.startsWith('opt/k3s-autoscaler/') || !lstatSync(link, { throwIfNoEntry: false })) {
      return path.join(this.root, file);
    }
    return path.join(this.root, readlinkSync(link), path.relative('opt/k3s-autoscaler', file));
  }
  exists = (file: string): boolean => existsSync(this.path(file));
  read = (file: string): string => readFileSync(this.path(file), 'utf8');
  mode = (file: string): string => (statSync(this.path(file)).mode & 0o777).toString(8);
  /** What the scripts called, without the stubs' own needs. */
  calls = (pattern: RegExp): string[] =>
    (this.exists('world/calls') ? this.read('world/calls') : '').split('\n').filter((line) => pattern.test(line));
  forgetCalls = (): void => this.world('calls', '');

  run(...argv: string[]): Run {
    const run = runInRoot(this.root, argv);
    this.output += run.stdout + run.stderr;
    return run;
  }

  script = (name: string, ...argv: string[]): Run => this.run('bash', `/opt/k3s-autoscaler/userdata/${name}`, ...argv);

  /** The first start: cloud-init runs the user data, then systemd the unit that it made. */
  firstBoot(restarts = 0): Run {
    const text = userData({
      AWS_REGION: 'us-east-1',
      BUCKET: 'k3s-test-nodes-1',
      NODE: this.kind,
      ON_FAILURE: this.onFailure,
    });
    writeFileSync(this.path('var/lib/cloud/part-001'), text, { mode: 0o700 });
    const cloudInit = this.run('/var/lib/cloud/part-001');
    return cloudInit.status === 0 ? this.startUnit('k3s-autoscaler-boot.service', restarts) : cloudInit;
  }

  /** What systemd does with a oneshot unit: its condition, its command, and again after a failure if it says so. */
  startUnit(name: string, restarts = 0): Run {
    const unit = this.read(`etc/systemd/system/${name}`);
    const setting = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];
    const condition = setting('ConditionPathExists')?.replace('!', '');
    if (condition && this.exists(condition)) return { status: 0, stdout: '', stderr: 'condition not met' };
    const command = (setting('ExecStart') ?? '').split(' ');
    let run = this.run(...command);
    for (let left = restarts; run.status !== 0 && left > 0 && setting('Restart') === 'on-failure'; left -= 1) {
      run = this.run(...command);
    }
    return run;
  }

  /** The instance is replaced: another one with a disk of its own, and the same data volume. */
  replacedBy(instance: string): Node {
    const next = new Node(this.kind, this.onFailure);
    next.world('metadata/instance-id', instance);
    for (const kept of ['world/volume', 'world/node', 'var/lib/rancher'])
      cpSync(this.path(kept), next.path(kept), { recursive: true });
    return next;
  }

  /** Files, but those of the world and what the root borrows. */
  files(): string[] {
    const own = ['etc', 'var', 'opt', 'run', 'tmp', 'root', 'usr/local'];
    return own.flatMap((folder) =>
      readdirSync(this.path(folder), { recursive: true, encoding: 'utf8' })
        .map((file) => path.join(folder, file))
        .filter((file) => lstatSync(this.path(file)).isFile()),
    );
  }

  /** Holds for every test: a secret shows nowhere but in files for root alone. */
  expectNoLeak(): void {
    const shown = ['world/calls', 'world/environment'].map((file) => (this.exists(file) ? this.read(file) : ''));
    for (const [name, secret] of Object.entries(SECRET)) {
      const leaks = [this.output, ...shown].some((text) => text.includes(secret));
      expect({ name, leaks }).toEqual({ name, leaks: false });
      const holders = this.files().filter((file) => this.read(file).includes(secret));
      expect(holders.map((file) => `${file} ${this.mode(file)}`).filter((line) => !line.endsWith(' 600'))).toEqual([]);
    }
  }
}

/** A test that boots nodes. */
export const itBoots = (name: string, test: () => void): void => itOrSkip(missing, name, test);

/** For `afterEach`. */
export function leaveNodes(): void {
  for (const node of open.splice(0)) {
    try {
      node.expectNoLeak();
    } finally {
      rmSync(node.root, { recursive: true, force: true });
    }
  }
}

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';

const execute = promisify(execFile);

/** What K3s is started with on a worker, as far as its Node shows it (https://docs.k3s.io/cli/agent). */
export interface AgentConfig {
  name: string;
  providerId: string;
  labels: Record<string, string>;
  taints: { key: string; value?: string; effect: string }[];
}

export interface BootingInstance {
  id: string;
  zone: string;
  type: string;
  /** As EC2 keeps it: base64 of the script. */
  userData: string;
}

/**
 * The part of `worker.sh` that writes K3s' configuration, with what the instance's metadata and its settings say; the
 * rest of it (downloads, systemd, the token) needs a machine, and is tried in __tests__/userdata.
 */
const CONFIG = `set -euo pipefail
. "$SETTINGS"
eval "$(sed -n '/^yaml_list() {/,/^}/p; /^config() {/,/^}/p' "$SCRIPT")"
TOKEN_FILE=/etc/rancher/k3s/join-token
config`;

/**
 * The configuration that the user data of the instance gives K3s: the script and the settings come out of the bucket that
 * it names, as on a node.
 *
 * @param object reads an object of a bucket
 * @throws Error when user data or scripts are not as they are read here
 */
export async function agentConfig(
  { id, zone, type, userData }: BootingInstance,
  object: (bucket: string, key: string) => Promise<string>,
): Promise<AgentConfig> {
  const script = Buffer.from(userData, 'base64').toString();
  const setting = (name: string): string => {
    const value = new RegExp(`^${name}='([^']*)'$`, 'm').exec(script)?.[1];
    if (value === undefined) throw new Error(`the user data of ${id} sets no ${name}: ${script.slice(0, 200)}`);
    return value;
  };
  const bucket = setting('BUCKET');
  const folder = mkdtempSync(path.join(tmpdir(), 'boot-'));
  try {
    const put = async (name: string, key: string): Promise<string> => {
      const file = path.join(folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, await object(bucket, key));
      return file;
    };
    const env = {
      PATH: process.env.PATH ?? '',
      SETTINGS: await put('settings.env', `settings/${setting('NODE')}.env`),
      SCRIPT: await put('worker.sh', 'userdata/worker.sh'),
      AWS_REGION: setting('AWS_REGION'),
      INSTANCE_ID: id,
      ZONE: zone,
      INSTANCE_TYPE: type,
    };
    const { stdout } = await execute('bash', ['-c', CONFIG], { env });
    return read(parse(stdout) as K3sConfig);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface K3sConfig {
  'node-name': string;
  'kubelet-arg': string[];
  'node-label': string[];
  'node-taint'?: string[];
}

function read(config: K3sConfig): AgentConfig {
  const provider = config['kubelet-arg'].find((arg) => arg.startsWith('provider-id='));
  return {
    name: config['node-name'],
    providerId: provider?.slice('provider-id='.length) ?? '',
    labels: Object.fromEntries(config['node-label'].map((label) => label.split('=') as [string, string])),
    taints: (config['node-taint'] ?? []).map((taint) => {
      const [, key = '', value = '', effect = ''] = /^([^=]+)=([^:]*):(\w+)$/.exec(taint) ?? [];
      return { key, ...(value !== '' && { value }), effect };
    }),
  };
}

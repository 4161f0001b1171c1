import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeCertificates } from '../../../src/world/wire/certificates';

/** Who the components are to the API server: the names that its own RBAC bootstrap grants rights to. */
const USERS = {
  admin: { name: 'admin', groups: ['system:masters'] },
  'kube-controller-manager': { name: 'system:kube-controller-manager', groups: [] },
  'kube-scheduler': { name: 'system:kube-scheduler', groups: [] },
  // It stands for all kubelets, whom the Node authorizer would only let see their own.
  kwok: { name: 'kwok', groups: ['system:masters'] },
} as const;
export type User = keyof typeof USERS;

export interface Credentials {
  /** PEM of the authority that signed the API server's certificate. */
  ca: string;
  token: Record<User, string>;
  /** Paths. */
  files: { ca: string; cert: string; key: string; serviceAccountKey: string; tokens: string };
}

const write = (file: string, content: string): string => {
  writeFileSync(file, content, { mode: 0o600 });
  return file;
};

/** Certificates, keys and tokens of one control plane, as files in the folder. */
export async function makeCredentials(folder: string): Promise<Credentials> {
  const { ca, cert, key } = await makeCertificates();
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const users = Object.keys(USERS) as User[];
  const token = Object.fromEntries(users.map((user) => [user, randomBytes(16).toString('hex')])) as Record<
    User,
    string
  >;
  const tokens = users.map((user, i) => `${token[user]},${USERS[user].name},${i},"${USERS[user].groups.join(',')}"`);
  return {
    ca,
    token,
    files: {
      ca: write(path.join(folder, 'ca.crt'), ca),
      cert: write(path.join(folder, 'server.crt'), cert),
      key: write(path.join(folder, 'server.key'), key),
      serviceAccountKey: write(
        path.join(folder, 'service-account.key'),
        privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
      ),
      tokens: write(path.join(folder, 'tokens.csv'), `${tokens.join('\n')}\n`),
    },
  };
}

/** Writes a kubeconfig and returns its path. JSON is YAML. */
export function writeKubeconfig(folder: string, name: string, url: string, caFile: string, token: string): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'e2e', cluster: { server: url, 'certificate-authority': caFile } }],
    users: [{ name, user: { token } }],
    contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: name } }],
    'current-context': 'e2e',
  };
  return write(path.join(folder, `${name}.kubeconfig`), JSON.stringify(config));
}

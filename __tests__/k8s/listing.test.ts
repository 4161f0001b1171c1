import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { itOrSkip } from '../support/skips';
import { APPLIED, K8S, KUSTOMIZATION, type Manifest } from './manifests';
import { missingKubectl } from './tools';

/** An API that tells which kinds it knows, all that kubectl needs to list what a kustomization makes. */
async function discovery(): Promise<{ url: string; requests: string[]; close: () => void }> {
  const versions = [...new Set(APPLIED.map(({ apiVersion }) => apiVersion))];
  const resources = (version: string) =>
    APPLIED.filter(({ apiVersion }) => apiVersion === version).map(({ kind, metadata }) => ({
      kind,
      name: `${kind.toLowerCase()}s`,
      namespaced: metadata.namespace !== undefined,
      verbs: ['create'],
    }));
  const groups = versions
    .filter((version) => version.includes('/'))
    .map((groupVersion) => ({ groupVersion, version: path.basename(groupVersion) }))
    .map((version) => ({
      name: path.dirname(version.groupVersion),
      versions: [version],
      preferredVersion: version,
    }));
  const answers: Record<string, object> = {
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups },
    '/version': { major: '1', minor: '33' },
  };
  for (const groupVersion of versions) {
    const at = groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`;
    answers[at] = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: resources(groupVersion) };
  }
  const requests: string[] = [];
  const server = createServer(({ method, url = '' }, response) => {
    requests.push(`${method}`);
    const answer = answers[url.split('?')[0] ?? ''];
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The arguments with which the server's sync asks kubectl for the list. */
function listArguments(): string[] {
  const script = readFileSync(path.join(K8S, '../userdata/sync.sh'), 'utf8');
  const [, output = ''] = /create --kustomize "\$FILES\/k8s" (--dry-run[^}]*(?:\}.*)*)'\n\}/.exec(script) ?? [];
  const [options = '', jsonpath = ''] = output.replace(/\\\n\s*/, '').split(" 'jsonpath=");
  return [
    'create',
    '--kustomize',
    K8S,
    ...options.replace(/ --output$/, '').split(' '),
    '--output',
    `jsonpath=${jsonpath}`,
  ];
}

describe('the list by which the server takes away what left k8s/', () => {
  itOrSkip(missingKubectl, 'is what kubectl makes of it: a line for each object, and nothing is created', async () => {
    // GIVEN
    const api = await discovery();
    const cache = mkdtempSync(path.join(tmpdir(), 'kubectl-'));
    try {
      // WHEN
      const argv = ['--server', api.url, '--cache-dir', cache, ...listArguments()];
      const { stdout } = await promisify(execFile)('kubectl', argv, {
        env: { ...process.env, KUBECONFIG: '/dev/null' },
      });
      // THEN
      const line = ({ apiVersion, kind, metadata: { name, namespace = '' } }: Manifest): string =>
        `${apiVersion} ${kind} ${name} ${namespace}`;
      const made = KUSTOMIZATION.configMapGenerator.map(({ name, namespace }) => `v1 ConfigMap ${name} ${namespace}`);
      const listed = stdout
        .replace(/(prometheus-scripts)-[a-z0-9]+/, '$1')
        .trimEnd()
        .split('\n');
      expect(listed.map((each) => each.trimEnd()).sort()).toEqual(
        [...APPLIED.map(line), ...made].map((each) => each.trimEnd()).sort(),
      );
      expect([...new Set(api.requests)]).toEqual(['GET']);
    } finally {
      api.close();
      rmSync(cache, { recursive: true, force: true });
    }
  });
});

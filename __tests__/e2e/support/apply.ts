import { APPLIED, KUSTOMIZATION, read } from '../../k8s/manifests';
import type { ApiClient, ApiObject } from './api';
import { objectPath } from './paths';

/**
 * What `kubectl apply -k k8s` applies, read from its kustomization, so that kubectl is not needed: the resources and the
 * ConfigMaps that are made of files. Without the hash in a ConfigMap's name and without the common label, which nothing
 * here depends on; __tests__/k8s compares kubectl's own result with the schemas.
 */
export function shippedManifests(): ApiObject[] {
  const configMaps = KUSTOMIZATION.configMapGenerator.map(({ name, namespace, files }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: Object.fromEntries(files.map((file) => [file.split('/').at(-1) as string, read(file)])),
  }));
  return [...(APPLIED as ApiObject[]), ...configMaps];
}

/** Server-side apply, in this order. @throws Error with the server's message when it refuses one */
export async function apply(client: ApiClient, objects: readonly ApiObject[]): Promise<void> {
  for (const object of objects) {
    await client.patch(`${objectPath(object)}?fieldManager=e2e&force=true`, object, 'apply');
  }
}

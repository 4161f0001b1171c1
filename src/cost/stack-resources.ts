import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { PricedResource } from './priced-resource';

interface Stack {
  resource: Record<string, Record<string, Record<string, unknown>>>;
}

/** The resources of a synthesized stack. @param directory the one of its `cdk.tf.json` */
export function stackResources(directory: string): PricedResource[] {
  const { resource } = JSON.parse(readFileSync(path.join(directory, 'cdk.tf.json'), 'utf8')) as Stack;
  return Object.entries(resource).flatMap(([type, named]) =>
    Object.entries(named).map(([name, values]) => ({ address: `${type}.${name}`, type, values })),
  );
}

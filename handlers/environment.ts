import { gunzipSync } from 'node:zlib';
import type { RuntimeConfig, RuntimeResources } from '../src/config/runtime';

/** What the function is told by its environment. */
export interface Environment {
  config: RuntimeConfig;
  resources: RuntimeResources;
}

/**
 * `AUTOSCALER_CONFIG` is gzip + base64 of JSON, `AUTOSCALER_RESOURCES` plain JSON. Both were checked when they were
 * synthesized; here only damage is told: a variable that is missing, cut off, or put there by hand. Throws an error
 * that names the variable.
 */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const config = object<RuntimeConfig>(env, 'AUTOSCALER_CONFIG', 'gzip + base64 of JSON', (text) =>
    gunzipSync(Buffer.from(text, 'base64')).toString('utf8'),
  );
  const resources = object<RuntimeResources>(env, 'AUTOSCALER_RESOURCES', 'JSON', (text) => text);
  need('AUTOSCALER_CONFIG', config, CONFIG_FIELDS);
  need('AUTOSCALER_RESOURCES', resources, RESOURCE_FIELDS);
  return { config, resources };
}

const CONFIG_FIELDS = [
  'cluster',
  'region',
  'dualStack',
  'metrics',
  'zones',
  'pools',
  'policy',
  'limits',
] as const satisfies readonly (keyof RuntimeConfig)[];

const RESOURCE_FIELDS = [
  'table',
  'historyTable',
  'subnets',
  'launchTemplates',
  'prometheusUrl',
  'kubernetesUrl',
  'parameters',
] as const satisfies readonly (keyof RuntimeResources)[];

const FIX = 'Deploy again: `npm run deploy` writes it.';

function object<T>(env: NodeJS.ProcessEnv, name: string, format: string, decode: (text: string) => string): T {
  const text = env[name];
  if (!text) throw new Error(`The environment variable ${name} is not set; it must hold ${format}. ${FIX}`);
  let value: unknown;
  try {
    value = JSON.parse(decode(text));
  } catch (cause) {
    throw new Error(`The environment variable ${name} does not hold ${format}. ${FIX}`, { cause });
  }
  if (typeof value !== 'object' || value === null) {
    throw new Error(`The environment variable ${name} holds ${format}, but not of an object. ${FIX}`);
  }
  return value as T;
}

function need<T extends object>(name: string, value: T, fields: readonly (keyof T & string)[]): void {
  const missing = fields.filter((field) => value[field] === undefined);
  if (missing.length > 0) throw new Error(`${name} lacks ${missing.join(', ')}. ${FIX}`);
}

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { SignatureV4 } from '@smithy/signature-v4';
import { withDeadline } from '../adapters/aws';
import { planKey } from '../infra/backend';
import type { Stage } from '../infra/synth';
import { endpointOf } from '../operate/endpoint';
import { LAPTOP_DEADLINE_MS, laptopClient, outOfReach } from '../operate/stage';
import { Refusal, Unusable } from './errors';

/**
 * Saved plans that wait for somebody's word, in the bucket of the states. A saved plan has the whole state in it: names,
 * ids and addresses of an account. So it lies where the state lies, and not where everybody may look who may read the
 * repository. It is found by the sum of its bytes, and taken only with that sum: who may write there can put another plan
 * beside it, and not in its place.
 */

export type Owner = Pick<Stage, 'stage' | 'config' | 'source'> & { env: NodeJS.ProcessEnv };

const SHA256 = /^[0-9a-f]{64}$/;

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * Puts a saved plan into the bucket.
 *
 * @returns its sum, by which it is taken again
 * @throws {Refusal} without a bucket; {@link Unusable} where S3 is out of reach or refuses
 */
export async function keepPlan(owner: Owner, file: string): Promise<string> {
  const bytes = readFileSync(file);
  const sum = sha256Of(bytes);
  await ask(owner, 'PUT', sum, bytes);
  return sum;
}

/**
 * Gets a plan out of the bucket.
 *
 * @param file where it goes; readable by its owner alone
 * @throws {Refusal} without a bucket or a sum; {@link Unusable} where it is not there, or is another
 */
export async function takePlan(owner: Owner, sum: string, file: string): Promise<void> {
  if (!SHA256.test(sum)) {
    throw new Refusal('command line', '--kept', {
      value: sum,
      rule: 'must be the sum of a plan: 64 of 0-9 and a-f',
      fix: 'write what `npm run keep-plan` printed',
    });
  }
  const bytes = await ask(owner, 'GET', sum);
  if (sha256Of(bytes) !== sum) {
    throw new Unusable(`S3 in ${owner.config.region}`, planKey(owner.stage, sum), {
      value: sha256Of(bytes),
      rule: 'must have the sum that it is named by: it is not the plan that was reviewed',
      fix: 'find out who wrote it (CloudTrail), and plan anew',
    });
  }
  writeFileSync(file, bytes, { mode: 0o600 });
}

/** One signed request; a client for the whole of S3 would be a dependency for two. */
async function ask(owner: Owner, method: 'GET' | 'PUT', sum: string, body?: Uint8Array): Promise<Uint8Array> {
  const { stage, config, env } = owner;
  const { region } = config;
  const key = planKey(stage, sum);
  const path = `/${bucketOf(owner)}/${key}`;
  const endpoint = endpointOf('s3', region, env);
  const right = `s3:${method === 'GET' ? 'GetObject' : 'PutObject'} on ${path.slice(1)}`;
  const where = { stage, region, service: 'S3', name: key, right };
  let answer: { status: number; code: string; bytes: Uint8Array };
  try {
    answer = await withDeadline(`S3 ${method}`, LAPTOP_DEADLINE_MS, (signal) =>
      send(endpoint, { method, path, region, body, signal }),
    );
  } catch (error) {
    throw outOfReach(error, where);
  }
  if (answer.status < 300) return answer.bytes;
  if (answer.code === 'NoSuchKey') {
    throw new Unusable(`S3 in ${region}`, key, {
      value: undefined,
      rule: 'must be there; a plan is kept for a week',
      fix: 'plan anew, and keep that plan',
    });
  }
  // S3 names it otherwise than the rest of AWS.
  const name = answer.code === 'AccessDenied' ? 'AccessDeniedException' : answer.code;
  throw outOfReach(Object.assign(new Error(`HTTP ${answer.status} ${answer.code}`), { name }), where);
}

interface Request {
  method: string;
  path: string;
  region: string;
  body: Uint8Array | undefined;
  signal: AbortSignal;
}

async function send(endpoint: URL, { method, path, region, body, signal }: Request) {
  // The SDK's own way to credentials and hashes, which each of its clients carries.
  const client = laptopClient(region);
  try {
    const { credentials, sha256 } = client.config;
    const signer = new SignatureV4({ service: 's3', region, credentials, sha256, uriEscapePath: false });
    const { headers } = await signer.sign({
      method,
      protocol: endpoint.protocol,
      hostname: endpoint.hostname,
      path,
      query: {},
      headers: { host: endpoint.host },
      body,
    });
    const response = await fetch(new URL(path, endpoint), {
      method,
      headers,
      signal,
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const code = /<Code>(\w+)<\/Code>/.exec(Buffer.from(bytes).toString('latin1'))?.[1] ?? '';
    return { status: response.status, code, bytes };
  } finally {
    client.destroy();
  }
}

function bucketOf({ stage, config, source }: Owner): string {
  const bucket = config.terraform.stateBucket;
  if (bucket !== undefined) return bucket;
  throw new Refusal(source, 'terraform.stateBucket', {
    value: undefined,
    rule: `the plan of stage ${stage} is to be kept in the bucket of the states, and there is none`,
    fix: 'make a bucket once by `npm run bootstrap -- --bucket NAME`, and name it there',
  });
}

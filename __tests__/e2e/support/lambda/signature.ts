import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Credentials that a signature is checked against. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface SignedRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/;

/**
 * Why Lambda would answer 403 to the request; undefined when it is signed for this service by these credentials. Written
 * by what AWS documents, so that it is no signer's own opinion of itself.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function refusalOf(request: SignedRequest, { accessKeyId, secretAccessKey }: Credentials): string | undefined {
  const found = HEADER.exec(String(request.headers.authorization ?? ''));
  if (!found) return 'Missing Authentication Token';
  const [, key, date, region, service, names, signature] = found as unknown as string[] & { length: 7 };
  if (key !== accessKeyId) return 'The security token included in the request is invalid.';
  if (service !== 'lambda') return `Credential should be scoped to correct service: 'lambda', not '${service}'`;
  const time = String(request.headers['x-amz-date'] ?? '');
  const { pathname, searchParams } = new URL(request.url, 'http://function');
  searchParams.sort();
  const signed = (names as string).split(';');
  const canonical = [
    request.method,
    pathname,
    searchParams.toString(),
    ...signed.map((name) => `${name}:${String(request.headers[name] ?? '').trim()}`),
    '',
    names,
    sha256(request.body),
  ].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const secret = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secretSoFar, part) => hmac(secretSoFar, part as string),
    `AWS4${secretAccessKey}`,
  );
  const expected = hmac(secret, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n'));
  const given = Buffer.from(signature as string, 'hex');
  if (given.length === expected.length && timingSafeEqual(given, expected)) return undefined;
  return 'The request signature we calculated does not match the signature you provided.';
}

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EnvHttpProxyAgent, fetch } from 'undici';
import { run } from './binary';

/** A release of Prometheus and the sha256 of its archives, by Node's names for system and processor. */
export interface Release {
  version: string;
  /** Folder of the archives. */
  url: string;
  sha256: Readonly<Record<string, string>>;
}

/**
 * The sums are those that https://github.com/cashapp/hermit-packages pins (prometheus.hcl). Several unrelated public
 * repositories pin the same for the first three; the fourth was found there alone. What has another sum is refused.
 */
export const RELEASE: Release = {
  version: '3.5.0',
  url: 'https://github.com/prometheus/prometheus/releases/download/v3.5.0',
  sha256: {
    'linux-x64': 'e811827af26d822afb09a4f28314f61b618b12cff5369835a67f674d8b46f39a',
    'linux-arm64': '173389cc42bf09c4e6e54cb53fa07a5a835d7c261e14775d2183181d6e385d1c',
    'darwin-arm64': 'c17bc2c992f0b5515eebe2b4ccd626214f8e309a0fe6ec40ed13c42ec13d05fb',
    'darwin-x64': '5856d0c306e7d852d9a79788b20acb630501b3fab120b69f5317d6b0732dea57',
  },
};

/** Without a way to the internet the next source should be tried soon. */
const CONNECT_TIMEOUT_MS = 3_000;
const STALL_TIMEOUT_MS = 15_000;
const DOWNLOAD_TIMEOUT_MS = 300_000;

/**
 * The official release, checked against its pinned sha256 before anything of it is unpacked. Honours `HTTPS_PROXY`.
 *
 * @param directory where to work
 * @param beside names of other programs of the release, unpacked into the same folder
 * @returns the path of the binary
 * @throws Error when there is none for this platform, the download fails, or its sha256 is another
 */
export async function fromRelease(
  directory: string,
  release: Release = RELEASE,
  beside: readonly string[] = [],
): Promise<string> {
  const expected = release.sha256[`${process.platform}-${process.arch}`];
  if (expected === undefined) throw new Error(`no sha256 is pinned for ${process.platform}-${process.arch}.`);
  const processor = process.arch === 'x64' ? 'amd64' : process.arch;
  const name = `prometheus-${release.version}.${process.platform}-${processor}`;
  const url = `${release.url}/${name}.tar.gz`;
  const archive = path.join(directory, 'archive.tar.gz');
  const actual = await download(url, archive);
  if (actual !== expected) {
    throw new Error(`${url} has the sha256 ${actual}, and ${expected} was expected: it is not used.`);
  }
  const unpacked = path.join(directory, 'unpacked');
  await mkdir(unpacked);
  const members = ['prometheus', ...beside].map((program) => `${name}/${program}`);
  await run('tar', ['-xzf', archive, '-C', unpacked, ...members], { timeout: 60_000 });
  return path.join(unpacked, name, 'prometheus');
}

/** Writes what is at `url` to `file` and returns its sha256. */
async function download(url: string, file: string): Promise<string> {
  const dispatcher = new EnvHttpProxyAgent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: STALL_TIMEOUT_MS,
    bodyTimeout: STALL_TIMEOUT_MS,
  });
  try {
    const response = await fetch(url, { dispatcher, signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
    if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}.`);
    const hash = createHash('sha256');
    const tap = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body), tap, createWriteStream(file));
    return hash.digest('hex');
  } finally {
    await dispatcher.destroy();
  }
}

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from '../../../src/dev/prometheus/binary';
import { fromRelease, RELEASE, type Release } from '../../../src/dev/prometheus/release';

const platform = `${process.platform}-${process.arch}`;
const name = `prometheus-9.8.7.${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;

describe('the official release', () => {
  let temporary: string;
  let archive: Buffer;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    // GIVEN a server with an archive of the release's form
    temporary = mkdtempSync(path.join(tmpdir(), 'release-'));
    const content = path.join(temporary, name);
    mkdirSync(content);
    writeFileSync(path.join(content, 'prometheus'), "#!/bin/sh\necho 'prometheus, version 9.8.7'\n");
    chmodSync(path.join(content, 'prometheus'), 0o755);
    execFileSync('tar', ['-czf', 'archive.tar.gz', name], { cwd: temporary });
    archive = readFileSync(path.join(temporary, 'archive.tar.gz'));
    server = createServer((request, response) => {
      if (request.url === `/${name}.tar.gz`) response.end(archive);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
    rmSync(temporary, { recursive: true, force: true });
  });

  const workIn = () => mkdtempSync(path.join(temporary, 'work-'));
  const release = (sha256: string, folder = url): Release => ({
    version: '9.8.7',
    url: folder,
    sha256: { [platform]: sha256 },
  });
  const trueSum = () => createHash('sha256').update(archive).digest('hex');

  it('is unpacked when its sha256 is the pinned one', async () => {
    const binary = await fromRelease(workIn(), release(trueSum()));
    expect(await inspect(binary)).toEqual({ path: binary, version: '9.8.7' });
  });

  it('is refused before it is unpacked when its sha256 is another', async () => {
    const directory = workIn();
    const pinned = '0'.repeat(64);
    await expect(fromRelease(directory, release(pinned))).rejects.toThrow(`${trueSum()}, and ${pinned} was expected`);
    expect(existsSync(path.join(directory, 'unpacked'))).toBe(false);
  });

  it('says what the server answered', async () => {
    await expect(fromRelease(workIn(), release(trueSum(), `${url}/gone`))).rejects.toThrow(/gone\/.* answered 404/);
  });

  it('is not tried where no sha256 is pinned for the platform', async () => {
    await expect(fromRelease(workIn(), { ...release(''), sha256: {} })).rejects.toThrow(`no sha256 is pinned`);
  });

  it('has pinned sums that are sha256 in hex, of the version in its address', () => {
    expect(RELEASE.url).toContain(`/v${RELEASE.version}`);
    for (const sum of Object.values(RELEASE.sha256)) expect(sum).toMatch(/^[0-9a-f]{64}$/);
  });
});

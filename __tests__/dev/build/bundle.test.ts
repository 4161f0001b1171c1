import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Artifact, buildArtifact, HANDLER, MAX_BUNDLE_BYTES } from '../../../src/dev/build/bundle';

const ROOT = path.resolve(__dirname, '../../..');
const FIXTURE = '__tests__/fixtures/handlers/three-clients.ts';

let temporary: string;
beforeAll(() => {
  temporary = mkdtempSync(path.join(tmpdir(), 'bundle-'));
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** Another checkout of these sources, with the same dependencies. */
function checkout(name: string): string {
  const root = path.join(temporary, name);
  mkdirSync(path.join(root, path.dirname(FIXTURE)), { recursive: true });
  for (const part of ['handlers', 'src', 'package.json', 'tsconfig.json', FIXTURE]) {
    cpSync(path.join(ROOT, part), path.join(root, part), { recursive: true });
  }
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(root, 'node_modules'));
  return root;
}

async function buildInChild(root: string, timeZone: string): Promise<Artifact> {
  const script = path.join(ROOT, '__tests__/fixtures/build-in-child.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', script, root, 'dist/autoscaler', HANDLER],
    { cwd: ROOT, env: { ...process.env, TZ: timeZone } },
  );
  return JSON.parse(stdout) as Artifact;
}

describe('the artifact', () => {
  it('is the same, byte for byte, out of two checkouts and in two time zones', async () => {
    // GIVEN two checkouts, one in a deeper directory
    const [here, there] = [checkout('a'), checkout('somewhere/else/b')];
    // WHEN each is built, nine hours and more apart
    const [one, two] = await Promise.all([buildInChild(here, 'Asia/Tokyo'), buildInChild(there, 'America/New_York')]);
    // THEN they agree, and say the truth about what they wrote
    expect(two.sha256).toBe(one.sha256);
    expect(two.zipSha256).toBe(one.zipSha256);
    expect(readFileSync(two.zip).equals(readFileSync(one.zip))).toBe(true);
    expect(one.bytes).toBe(readFileSync(one.bundle).byteLength);
  });

  it('of the real handler has at most 1,000,000 bytes, no path of this machine and an export `handler`', async () => {
    const artifact = await buildArtifact({ outdir: path.join(temporary, 'real') });
    const code = readFileSync(artifact.bundle, 'utf8');
    expect(artifact.bytes).toBeLessThanOrEqual(MAX_BUNDLE_BYTES);
    expect(MAX_BUNDLE_BYTES).toBe(1_000_000);
    expect(code).not.toContain(ROOT);
    expect(code).not.toContain('sourceMappingURL');
    expect(existsSync(`${artifact.bundle}.map`)).toBe(true);
    expect(require(artifact.bundle)).toHaveProperty('handler', expect.any(Function));
  });

  it('that is too large is refused, with what is largest in it, and not written', async () => {
    const outdir = path.join(temporary, 'large');
    const building = buildArtifact({ outdir, entry: FIXTURE, maxBytes: 1_000 });
    await expect(building).rejects.toThrow(/\d+ bytes, and 1000 are allowed[\s\S]*\d+ @smithy\/core/);
    expect(existsSync(`${outdir}.zip`)).toBe(false);
  });

  it('without AWS schemas to inline is refused: the plugin would have stopped working unseen', async () => {
    const outdir = path.join(temporary, 'no-keys');
    const building = buildArtifact({ outdir, entry: 'src/autoscaler/names.ts' });
    await expect(building).rejects.toThrow(/No schema key of the AWS SDK was found/);
  });

  it('of a handler that does not parse or resolve is refused with file and line', async () => {
    const building = buildArtifact({ outdir: path.join(temporary, 'none'), entry: 'handlers/no-such.ts' });
    await expect(building).rejects.toThrow(/handlers\/no-such\.ts/);
  });
});

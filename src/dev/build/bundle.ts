import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { inlineSchemaKeys } from './inline-schema-keys';
import { deterministicZip } from './zip';

/** Module load time grows with size, and each cold start pays it. */
export const MAX_BUNDLE_BYTES = 1_000_000;

export const HANDLER = 'handlers/autoscaler.ts';

export interface BuildOptions {
  /** The checkout; by default the one that this file is in. */
  root?: string;
  /** Where `index.js`, `index.js.map` and, beside the directory, `<outdir>.zip` go; relative to `root`. */
  outdir: string;
  /** The module with the export `handler`, relative to `root`; by default `handlers/autoscaler.ts`. */
  entry?: string;
  /** `false` leaves the AWS SDK's schemas as they are: half a megabyte more, for comparisons. */
  plugin?: boolean;
  /** By default `MAX_BUNDLE_BYTES`. */
  maxBytes?: number;
  /** More that esbuild shall do: a mutation of the proof. */
  plugins?: Plugin[];
}

export interface Artifact {
  /** Absolute path of `index.js`. */
  bundle: string;
  /** Absolute path of the zip that Lambda gets: `index.js` alone, without its source map. */
  zip: string;
  /** Size of `index.js`. */
  bytes: number;
  /** Of `index.js`, in hex. */
  sha256: string;
  /** Of the zip, in hex. */
  zipSha256: string;
}

/**
 * Builds what is deployed. The same sources give the same bytes on any machine, in any directory and time zone.
 *
 * @throws Error when a module is missing or does not parse, when the bundle is larger than `maxBytes`, or when the
 *   AWS SDK's schemas are not where they are expected
 */
export async function buildArtifact(options: BuildOptions): Promise<Artifact> {
  const root = options.root ?? path.resolve(__dirname, '../../..');
  const outdir = path.resolve(root, options.outdir);
  const { code, map, metafile } = await bundle(root, options);
  checkSize(code.byteLength, options.maxBytes ?? MAX_BUNDLE_BYTES, metafile);
  const zipped = deterministicZip('index.js', code);
  const artifact = { bundle: path.join(outdir, 'index.js'), zip: `${outdir}.zip` };
  await mkdir(outdir, { recursive: true });
  await Promise.all([
    replaceFile(artifact.bundle, code),
    replaceFile(`${artifact.bundle}.map`, map),
    replaceFile(artifact.zip, zipped),
  ]);
  return { ...artifact, bytes: code.byteLength, sha256: sha256(code), zipSha256: sha256(zipped) };
}

async function bundle(root: string, { entry = HANDLER, plugin = true, plugins = [] }: BuildOptions) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: 'index.js',
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    minify: true,
    // The SDK's ES modules can be tree-shaken, its CommonJS ones cannot: 1.5 MB instead of 2.3.
    mainFields: ['module', 'main'],
    legalComments: 'none',
    sourcemap: 'external',
    sourcesContent: false,
    metafile: true,
    write: false,
    logLevel: 'silent',
    plugins: plugin ? [inlineSchemaKeys(), ...plugins] : plugins,
  });
  const output = (suffix: string) => {
    const file = result.outputFiles.find((each) => each.path.endsWith(suffix));
    if (file === undefined) throw new Error(`esbuild wrote no ${suffix} for ${entry}: report this as a bug.`);
    return file.contents;
  };
  return { code: output('index.js'), map: output('index.js.map'), metafile: result.metafile };
}

function checkSize(bytes: number, maxBytes: number, metafile: Metafile): void {
  if (bytes <= maxBytes) return;
  const largest = largestInputs(metafile, 10).map(({ input, bytes: size }) => `  ${size} ${input}`);
  throw new Error(
    `The bundle has ${bytes} bytes, and ${maxBytes} are allowed. The largest packages and files in it, in bytes:\n` +
      `${largest.join('\n')}\nImport less of these, or something smaller.`,
  );
}

/** The bundle's inputs by package (or by file, for our own), largest first. */
export function largestInputs(metafile: Metafile, count: number): { input: string; bytes: number }[] {
  const sizes = new Map<string, number>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) {
      const input = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file;
      sizes.set(input, (sizes.get(input) ?? 0) + bytesInOutput);
    }
  }
  const sorted = [...sizes].sort(([, a], [, b]) => b - a);
  return sorted.slice(0, count).map(([input, bytes]) => ({ input, bytes }));
}

/** Whoever reads the file meanwhile, as a running `dev` does, sees the old content or the new, never a part. */
async function replaceFile(file: string, content: Uint8Array): Promise<void> {
  const temporary = `${file}.${randomUUID()}`;
  await writeFile(temporary, content);
  await rename(temporary, file);
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

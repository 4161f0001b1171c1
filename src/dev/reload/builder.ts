import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type BuildContext, type BuildFailure, context, type Metafile, type PartialMessage } from 'esbuild';
import { type Broken, brokenBy } from './broken';
import { link, type Part } from './link';
import { type Module, transpile } from './modules';
import { Output } from './output';

export const ENTRY = 'src/dev/reload/entry.ts';

/** `bundle`: an absolute path. */
export type Build = { kind: 'built'; bundle: string } | { kind: 'unchanged' } | Broken;

type Graph = Metafile['inputs'];

/**
 * Builds what the dev loop loads, anew after each save: each source as a script, and one that puts them together.
 *
 * esbuild bundles the whole program in some 30 ms, and transpiles a file of it in 3; Node.js compiles the bundle in
 * 40 ms, and one script in 1. So a save that changes only what is inside of a file, as most do, costs that file. Where
 * it imports or exports something else, esbuild bundles, says what does not fit, and what belongs to the program now.
 */
export class Builder {
  /** By path relative to the root, as esbuild writes it. */
  private readonly modules = new Map<string, Module>();
  private graph: Graph = {};
  /** Saved, and not transpiled since. */
  private readonly dirty = new Set<string>();
  /** The graph may be another than the sources'. */
  private isDoubtful = true;
  private wasBroken = false;

  private constructor(
    private readonly root: string,
    private readonly bundler: BuildContext<{ metafile: true }>,
    private readonly output: Output,
  ) {}

  /** @param root the checkout, absolute */
  static async start(root: string): Promise<Builder> {
    const output = await Output.open(root);
    const bundler = await context({
      absWorkingDir: root,
      entryPoints: [ENTRY],
      outfile: output.path('index.js'),
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      metafile: true,
      write: false,
      logLevel: 'silent',
    });
    return new Builder(root, bundler, output);
  }

  /** Whether what is in the file may change the code. While a build is broken, any source may mend it. */
  concerns(file: string): boolean {
    return file in this.graph || (this.isDoubtful && /^(src|handlers)\/.*\.ts$/.test(file));
  }

  /** The sources as they are. */
  first(): Promise<Exclude<Build, { kind: 'unchanged' }>> {
    return this.attempt(async () => {
      await this.bundle();
      return { kind: 'built' as const, bundle: this.link() };
    });
  }

  /**
   * One at a time. A mistake of the user's is an answer.
   *
   * @param changed relative to the root, with slashes; all that was saved since the last time
   */
  build(changed: readonly string[]): Promise<Build> {
    for (const file of changed) this.dirty.add(file);
    return this.attempt(async (): Promise<Build> => {
      const isAnother = await this.transpileDirty();
      if (!isAnother && !this.isDoubtful && !this.wasBroken) return { kind: 'unchanged' };
      if (this.isDoubtful) await this.bundle();
      return { kind: 'built', bundle: this.link() };
    });
  }

  /** This one, the last that was built, is the only one that will be loaded again: what others were made of goes. */
  async keep(bundle: string): Promise<void> {
    const names = [...this.modules.values()].map(({ name }) => name);
    await this.output.keep(new Set([...names, path.basename(bundle)]));
  }

  discard(bundle: string): Promise<void> {
    return this.output.remove(path.basename(bundle));
  }

  async stop(): Promise<void> {
    await this.bundler.dispose();
    await this.output.close();
  }

  private async attempt<T>(what: () => Promise<T>): Promise<T | Broken> {
    try {
      const done = await what();
      this.wasBroken = false;
      return done;
    } catch (error) {
      const { errors } = error as Partial<BuildFailure>;
      if (!errors) throw error;
      this.wasBroken = true;
      return brokenBy(errors, this.root);
    }
  }

  /** @returns whether a file says something else than before */
  private async transpileDirty(): Promise<boolean> {
    const known = [...this.dirty].filter((file) => this.modules.has(file));
    // Whatever else was saved, only the bundler knows whether it belongs to the program.
    if (known.length < this.dirty.size) this.isDoubtful = true;
    const done = await Promise.allSettled(known.map((file) => this.refresh(file)));
    const failed = done.flatMap((each) => (each.status === 'rejected' ? [each.reason as BuildFailure] : []));
    if (failed.length > 0) throw mistaken(failed.flatMap(({ errors }) => errors));
    for (const file of known) this.dirty.delete(file);
    return done.some((each) => each.status === 'fulfilled' && each.value);
  }

  private async refresh(file: string): Promise<boolean> {
    const before = this.modules.get(file);
    const absolute = path.join(this.root, file);
    const source = readOrNot(absolute);
    if (source === undefined) {
      this.modules.delete(file);
      this.isDoubtful = true;
      return true;
    }
    if (source === before?.source) return false;
    const module = await transpile(absolute, source);
    if (module.surface !== before?.surface) this.isDoubtful = true;
    this.output.writeModule(module);
    this.modules.set(file, module);
    return true;
  }

  private async bundle(): Promise<void> {
    const { metafile } = await this.bundler.rebuild();
    this.graph = metafile.inputs;
    for (const file of this.modules.keys()) if (!(file in this.graph)) this.modules.delete(file);
    const missing = Object.keys(this.graph).filter((file) => !this.modules.has(file));
    await Promise.all(missing.map((file) => this.refresh(file)));
    const gone = missing.filter((file) => !this.modules.has(file));
    if (gone.length > 0) throw mistaken(gone.map((file) => ({ text: `Could not resolve ${file}: it was removed` })));
    this.dirty.clear();
    this.isDoubtful = false;
  }

  private link(): string {
    const parts = new Map<string, Part>();
    for (const [file, { imports }] of Object.entries(this.graph)) {
      const { name } = this.modules.get(file) as Module;
      const relative = imports.filter(({ external, original }) => !external && original !== undefined);
      parts.set(file, {
        script: this.output.path(name),
        imports: Object.fromEntries(relative.map(({ original, path: to }) => [original, to])),
      });
    }
    return this.output.writeProgram(link(parts, ENTRY));
  }
}

const mistaken = (errors: PartialMessage[]): Error => Object.assign(new Error('broken'), { errors });

/** Undefined where it is not there, or no file. */
function readOrNot(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

import path from 'node:path';
import type { Wire } from '../../world/contract';
import { aborted } from '../aborted';
import { brokenOnLoad } from './broken';
import { Builder } from './builder';
import { WatchedConfig } from './config';
import type { ReloadEvent } from './events';
import { WatchedInfrastructure } from './infrastructure';
import { CONFIG_FILE, type Kind, kindOf } from './kinds';
import { Latest } from './latest';
import { type Saved, watchSources } from './watcher';

export interface ReloadOptions {
  /** The checkout, absolute. */
  root: string;
  wire: Pick<Wire, 'prepare' | 'load'>;
  onReload: (event: ReloadEvent) => void;
  /** Ends it. */
  signal: AbortSignal;
}

/**
 * Watches the checkout, and has each save take effect: code is built and loaded, the configuration read, the
 * infrastructure synthesized. Mistakes of the user's are told; resolves when it was ended and is cleaned up.
 */
export async function reloading(options: ReloadOptions): Promise<void> {
  const { root, signal } = options;
  const builder = await Builder.start(root);
  const reloader = new Reloader(options, builder);
  const watcher = await watchSources(root, (saved) => reloader.saved(saved));
  try {
    await reloader.start();
    await Promise.race([aborted(signal), reloader.failed]);
  } finally {
    await watcher.close();
    await reloader.settled();
    await builder.stop();
  }
}

class Reloader {
  private readonly config: WatchedConfig;
  private readonly infrastructure: WatchedInfrastructure;
  /** Built, and not loaded; with all that it is built of since the last load, and when the first of it was saved. */
  private bundle: string | undefined;
  private unloaded: { files: Set<string>; since: number } | undefined;
  /** What the stack is made of that was saved since it was told last. */
  private readonly unsynthesized = new Set<string>();
  private readonly code = new Latest((files, since) => this.guard(() => this.reloadCode(files, since)));
  private readonly settings = new Latest((files) => this.guard(() => this.reloadConfig(files)));
  private readonly stack = new Latest((files) => this.guard(() => this.reloadInfrastructure(files)));
  private fail: (error: unknown) => void = () => {};
  /** Rejects for what is no mistake of the user's. */
  readonly failed = new Promise<never>((_, reject) => {
    this.fail = reject;
  });

  constructor(
    private readonly options: ReloadOptions,
    private readonly builder: Builder,
  ) {
    // It may come before anybody waits for it.
    this.failed.catch(() => {});
    this.config = new WatchedConfig(path.join(options.root, CONFIG_FILE));
    this.infrastructure = new WatchedInfrastructure(options.root, options.signal);
  }

  async start(): Promise<void> {
    // Saves wait until then.
    await this.code.first(async () => {
      const build = await this.builder.first();
      if (build.kind === 'broken') this.tell({ ...build, of: 'code', files: [] });
      else this.options.wire.prepare(build.bundle);
    });
    await this.settings.first(async () => void (await this.config.reload()));
    // What there is to compare with, before it is changed; nobody waits for it.
    void this.stack.first(() => this.guard(async () => void (await this.infrastructure.synthesize())));
    this.tell({ kind: 'watching' });
  }

  saved({ files, at }: Saved): void {
    const of = (kind: Kind) => files.filter((file) => this.kindOf(file) === kind);
    const [code, config, infrastructure, program] = [of('code'), of('config'), of('infrastructure'), of('program')];
    this.code.add(code, at);
    this.settings.add(config, at);
    // The stack is made of the configuration too.
    this.stack.add([...config, ...infrastructure], at);
    if (program.length > 0) this.tell({ kind: 'restart', files: program });
  }

  async settled(): Promise<void> {
    await Promise.all([this.code.idle(), this.settings.idle(), this.stack.idle()]);
  }

  private kindOf(file: string): Kind {
    return kindOf(file, (each) => this.builder.concerns(each));
  }

  private async guard(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      // What was ended on purpose has not failed.
      if (!this.options.signal.aborted) this.fail(error);
    }
  }

  private async reloadCode(files: string[], since: number): Promise<void> {
    const began = performance.now();
    this.unloaded ??= { files: new Set(), since };
    for (const file of files) this.unloaded.files.add(file);
    const build = await this.builder.build(files);
    if (build.kind !== 'unchanged') await this.replaceBundle(build.kind === 'built' ? build.bundle : undefined);
    // What was saved meanwhile is newer: it is built first, and then loaded instead.
    if (this.code.isWaiting) return;
    const told = { ...this.unloaded, files: [...this.unloaded.files] };
    this.unloaded = undefined;
    if (build.kind === 'broken') this.tell({ ...build, of: 'code', files: told.files });
    else if (this.bundle !== undefined) await this.load(this.bundle, told, performance.now() - began);
  }

  private async load(bundle: string, told: { files: string[]; since: number }, build: number): Promise<void> {
    const { wire, root, signal } = this.options;
    const { files, since } = told;
    const began = performance.now();
    this.bundle = undefined;
    try {
      await wire.load(bundle);
    } catch (error) {
      if (!signal.aborted) this.tell({ ...brokenOnLoad(error as Error, root), of: 'code', files });
      return;
    }
    const now = performance.now();
    this.tell({ kind: 'reloaded', files, ms: now - since, parts: { build, load: now - began } });
    await this.builder.keep(bundle);
  }

  private async replaceBundle(bundle: string | undefined): Promise<void> {
    if (this.bundle !== undefined) await this.builder.discard(this.bundle);
    this.bundle = bundle;
  }

  private async reloadConfig(files: string[]): Promise<void> {
    const reload = await this.config.reload();
    if (reload.kind === 'broken') this.tell({ ...reload, of: 'config', files });
    else this.tell({ kind: 'config', files, changes: reload.changes, config: reload.config });
  }

  private async reloadInfrastructure(files: string[]): Promise<void> {
    for (const file of files) this.unsynthesized.add(file);
    await this.settings.idle();
    // Its mistake was told, and a synthesis would only tell it again; the save that mends it comes here too.
    if (this.config.isBroken) return;
    const reload = await this.infrastructure.synthesize();
    // What was saved meanwhile is synthesized next: this may be of a mistake that is mended.
    if (this.stack.isWaiting) return;
    const told = [...this.unsynthesized];
    this.unsynthesized.clear();
    if (reload.kind === 'broken') this.tell({ ...reload, of: 'infrastructure', files: told });
    else this.tell({ kind: 'infrastructure', files: told, changes: reload.changes });
  }

  private tell(event: ReloadEvent): void {
    if (!this.options.signal.aborted) this.options.onReload(event);
  }
}

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Module } from './modules';

/** Below the checkout, that `require` finds its packages; ignored by git. */
const FOLDER = 'dist/dev';

/** Where this process writes scripts, each under a name of its own, so that none which is read is ever written. */
export class Output {
  private count = 0;
  private readonly written = new Set<string>();

  private constructor(readonly folder: string) {}

  static async open(root: string): Promise<Output> {
    const parent = path.join(root, FOLDER);
    await mkdir(parent, { recursive: true });
    for (const name of readdirSync(parent)) {
      if (!isAlive(Number(name.split('-')[0]))) rmSync(path.join(parent, name), { recursive: true, force: true });
    }
    return new Output(mkdtempSync(path.join(parent, `${process.pid}-`)));
  }

  path(name: string): string {
    return path.join(this.folder, name);
  }

  /**
   * At once, as everything here is written: a turn through the thread pool takes longer than so small a file.
   *
   * @returns its path
   */
  writeProgram(code: string): string {
    this.count += 1;
    const file = this.path(`program-${this.count}.js`);
    writeFileSync(file, code);
    return file;
  }

  writeModule({ name, code, map }: Module): void {
    if (this.written.has(name)) return;
    this.written.add(name);
    writeFileSync(this.path(name), code);
    writeFileSync(this.path(`${name}.map`), map);
  }

  /** Removes all but these, and their source maps. */
  async keep(names: ReadonlySet<string>): Promise<void> {
    const old = readdirSync(this.folder).filter((file) => !names.has(file.replace(/\.map$/, '')));
    for (const name of old) this.written.delete(name);
    await Promise.all(old.map((name) => this.remove(name)));
  }

  remove(name: string): Promise<void> {
    return rm(this.path(name), { force: true });
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What a process left that was killed is cleaned up by the next one. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

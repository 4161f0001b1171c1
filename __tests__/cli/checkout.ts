import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const COPIED = ['src', 'handlers', 'scenarios', 'userdata', 'k8s', 'main.ts', 'autoscaler.config.ts', 'package.json'];

/** A checkout of its own, that can be saved to. */
export class Checkout {
  readonly root = realpathSync(mkdtempSync(path.join(tmpdir(), 'k3s-autoscaler-checkout-')));

  constructor() {
    for (const name of [...COPIED, 'tsconfig.json', 'cdktf.json'])
      cpSync(path.join(ROOT, name), this.path(name), { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules'), this.path('node_modules'));
  }

  path(file: string): string {
    return path.join(this.root, file);
  }

  /**
   * Saves a file with that text changed, once.
   *
   * @returns what was before it
   */
  change(file: string, from: string, to: string): string {
    const text = readFileSync(this.path(file), 'utf8');
    const [before = ''] = text.split(from);
    if (before === text) throw new Error(`${file} has no ${from}`);
    writeFileSync(this.path(file), text.replace(from, to));
    return before;
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 3 });
  }
}

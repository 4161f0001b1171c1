import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { CONTRACT } from '../../../src/autoscaler/live/mailbox';

/** Where the types stand that travel between function and laptop. */
const SOURCES = ['autoscaler/plan.ts', 'autoscaler/snapshot.ts', 'autoscaler/state.ts', 'autoscaler/notices.ts'];
const AND = ['autoscaler/live/mailbox.ts', 'config/runtime.ts'];

/** As TypeScript prints it: neither comments nor layout are part of a contract, and neither is the hash itself. */
function printed(file: string): string {
  const text = readFileSync(path.resolve(__dirname, '../../../src', file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  return ts.createPrinter({ removeComments: true }).printFile(source).replace(CONTRACT, '');
}

describe('the contract between function and laptop', () => {
  it('is a hash of the types that travel: when they change, write the new one into mailbox.ts', () => {
    const hash = createHash('sha256');
    for (const file of [...SOURCES, ...AND]) hash.update(printed(file));
    expect(CONTRACT).toBe(hash.digest('hex').slice(0, 12));
  });
});

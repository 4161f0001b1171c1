import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const BIOME = path.join(ROOT, 'node_modules/@biomejs/biome/bin/biome');

/** [file, module it imports] */
const REFUSED: [string, string][] = [
  ['src/autoscaler/a.ts', '../adapters/ec2/fleet'],
  ['src/autoscaler/planning/b.ts', '../../world/contract'],
  ['src/autoscaler/c.ts', '../infra/stack'],
  ['src/autoscaler/d.ts', '../config/schema'],
  ['src/autoscaler/e.ts', '@aws-sdk/client-ec2'],
  ['src/autoscaler/f.ts', 'undici/lib/api/index.js'],
  ['src/autoscaler/g.ts', 'zod'],
  ['src/autoscaler/h.ts', '../cost/prices'],
  ['src/adapters/a.ts', '../cli'],
  ['src/adapters/ec2/b.ts', '../../dev/build/bundle'],
  ['src/adapters/c.ts', '../config/defaults'],
  ['src/adapters/d.ts', '../history/explain'],
  ['handlers/a.ts', 'zod'],
  ['handlers/b.ts', '../src/infra/stack'],
  ['handlers/c.ts', '../src/config/schema'],
  ['handlers/d.ts', '../src/world/world'],
  ['handlers/e.ts', '../src/backtest/replay'],
  ['src/world/a.ts', '../autoscaler/tick'],
  ['src/world/scheduler/b.ts', '../../autoscaler/planning/packing'],
  ['src/world/c.ts', '../autoscaler/operations/launch'],
  ['src/infra/a.ts', '@cdktf/provider-aws'],
  ['src/infra/b.ts', '@cdktf/provider-aws/lib/vpc'],
  ['src/infra/c.ts', 'cdktf'],
  ['main.ts', 'cdktf'],
];

const ALLOWED: [string, string][] = [
  ['src/autoscaler/ok-1.ts', '../config/runtime'],
  ['src/autoscaler/planning/ok-2.ts', '../../config/runtime'],
  ['src/autoscaler/ok-3.ts', './operations/launch'],
  ['src/adapters/ec2/ok-1.ts', '../../autoscaler/ports'],
  ['src/adapters/ok-2.ts', '@aws-sdk/client-ec2'],
  ['handlers/ok-1.ts', '../src/adapters/ec2/fleet'],
  ['handlers/ok-2.ts', '../src/config/runtime'],
  ['src/world/ok-1.ts', '../autoscaler/names'],
  ['src/history/ok-1.ts', '../adapters/dynamodb-history'],
  ['src/infra/ok-1.ts', '#aws/vpc'],
  ['src/infra/ok-2.ts', '#cdk'],
  ['src/config/ok-1.ts', 'zod'],
  ['src/cli/ok-1.ts', '../world/world'],
];

interface Diagnostic {
  category: string;
  location: { path: string | { file: string } };
}

describe('the lint rule for imports', () => {
  let refused: Set<string>;
  let checkout: string;

  beforeAll(() => {
    // GIVEN a tree with our rules, in which each file imports one module
    checkout = realpathSync(mkdtempSync(path.join(tmpdir(), 'lint-')));
    for (const file of ['biome.json', '.gitignore']) cpSync(path.join(ROOT, file), path.join(checkout, file));
    for (const [file, module] of [...REFUSED, ...ALLOWED]) {
      mkdirSync(path.dirname(path.join(checkout, file)), { recursive: true });
      writeFileSync(path.join(checkout, file), `import { x } from '${module}';\n\nexport const y = x;\n`);
    }
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(checkout, 'node_modules'));
    // WHEN Biome checks it
    refused = restrictedImports(checkout);
  });

  afterAll(() => rmSync(checkout, { recursive: true, force: true }));

  it.each(REFUSED)('refuses %s importing %s', (file) => {
    expect(refused).toContain(file);
  });

  it.each(ALLOWED)('allows %s importing %s', (file) => {
    expect(refused).not.toContain(file);
  });
});

/** Files that Biome refuses for an import. */
function restrictedImports(cwd: string): Set<string> {
  let report: string;
  try {
    report = execFileSync(process.execPath, [BIOME, 'lint', '--reporter=json', '--max-diagnostics=none'], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    // Biome exits with 1 when it finds something; its report is on stdout all the same.
    report = (error as { stdout: string }).stdout;
  }
  const { diagnostics } = JSON.parse(report) as { diagnostics: Diagnostic[] };
  const files = diagnostics
    .filter((each) => each.category === 'lint/style/noRestrictedImports')
    .map(({ location: { path: at } }) => (typeof at === 'string' ? at : at.file));
  return new Set(files);
}

import { existsSync } from 'node:fs';
import path from 'node:path';
import { kindOf } from '../../../src/dev/reload/kinds';

const code = new Set(['handlers/autoscaler.ts', 'src/autoscaler/tick.ts', 'src/dev/reload/entry.ts']);

it.each([
  ['handlers/autoscaler.ts', 'code'],
  ['src/autoscaler/tick.ts', 'code'],
  ['src/dev/reload/entry.ts', 'code'],
  ['autoscaler.config.ts', 'config'],
  ['src/infra/stack.ts', 'infrastructure'],
  ['main.ts', 'infrastructure'],
  ['userdata', 'infrastructure'],
  ['k8s', 'infrastructure'],
  ['src/world/play.ts', 'program'],
  ['src/world/lambda/worker.cjs', 'program'],
  ['src/config/resolve.ts', 'program'],
  ['src/autoscaler/ports.ts', 'none'],
])('%s is %s', (file, kind) => {
  // The names are those of this checkout: where one goes, this list follows.
  const absolute = path.resolve(__dirname, '../../..', file);
  expect(existsSync(absolute)).toBe(true);
  const saved = path.extname(file) === '' ? `${file}/some.yaml` : file;
  expect(kindOf(saved, (each) => code.has(each))).toBe(kind);
});

it.each(['src/autoscaler/.tick.ts.swp', 'src/autoscaler/tick.ts~', 'src/4913', 'handlers/notes.md'])(
  'nothing reads %s',
  (file) => {
    expect(kindOf(file, (each) => code.has(each))).toBe('none');
  },
);

import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isCurrent } from '../../src/infra/artifact';

describe('the zip', () => {
  let root: string;
  const touch = (file: string, seconds: number): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), '');
    utimesSync(path.join(root, file), seconds, seconds);
    utimesSync(path.dirname(path.join(root, file)), 1, 1);
  };
  const current = (): boolean => isCurrent(root, path.join(root, 'dist/autoscaler.zip'));

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'artifact-'));
    touch('handlers/autoscaler.ts', 100);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('is not current when it is not there', () => {
    expect(current()).toBe(false);
  });

  it('is current when nothing of it changed since', () => {
    touch('dist/autoscaler.zip', 200);
    touch('src/world/ec2.ts', 300);
    expect(current()).toBe(true);
  });

  it.each(['handlers/autoscaler.ts', 'src/adapters/ec2.ts'])('is not current when %s changed since', (file) => {
    touch('dist/autoscaler.zip', 200);
    touch(file, 300);
    expect(current()).toBe(false);
  });
});

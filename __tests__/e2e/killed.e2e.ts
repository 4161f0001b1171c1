import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { alive, type Running, treeOf } from '../support/process-tree';
import { itOrSkip } from '../support/skips';
import { ROOT } from '../terraform/harness';
import { missingSystem } from './support/system';
import { until } from './support/until';

/** What two tests at once have running while Terraform applies in one and Prometheus watches in the other. */
const FILES = ['system.e2e', 'monitoring.e2e'];
const PARTS = [
  /processChild\.js/,
  /moto_server/,
  /terraform apply/,
  /terraform-provider-aws/,
  / etcd /,
  / kube-apiserver /,
  / kube-controller-manager /,
  / kube-scheduler /,
  / kwok /,
  /--config\.file=/,
];

describe('end-to-end tests that are killed with -9', () => {
  let temporary: string;
  let tree: Running[] = [];
  beforeEach(() => {
    temporary = mkdtempSync(path.join(tmpdir(), 'killed-'));
  });
  afterEach(() => {
    for (const { pid } of alive(tree)) process.kill(pid, 'SIGKILL');
    rmSync(temporary, { recursive: true, force: true });
  });

  itOrSkip(
    missingSystem(),
    'leave no process and no key behind, whatever they had started',
    async () => {
      // GIVEN
      const jest = path.join(ROOT, 'node_modules/jest/bin/jest.js');
      const child = spawn(process.execPath, [jest, '-c', 'jest.e2e.config.js', '-w', '2', ...FILES], {
        cwd: ROOT,
        env: { ...process.env, TMPDIR: temporary },
        stdio: 'ignore',
      });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      const lacks = () => {
        tree = treeOf(child.pid as number);
        return PARTS.filter((part) => !tree.some(({ command }) => part.test(command)));
      };
      await until('all parts run', () => lacks().length === 0, {
        withinMs: 120_000,
        everyMs: 200,
        failure: () => `${lacks().join(' ')} is missing in\n${told(tree)}`,
      });
      // WHEN
      child.kill('SIGKILL');
      await ended;
      // THEN
      const left = () => told(alive(tree));
      await until('all are gone', () => left() === '', { withinMs: 20_000, failure: left });
      // Whoever ended the control planes takes their folders away, in which their keys are.
      const folders = () => readdirSync(temporary, { recursive: true, encoding: 'utf8' }).filter(isControlPlane);
      await until('and their keys', () => folders().length === 0, { withinMs: 20_000, failure: () => `${folders()}` });
    },
    180_000,
  );
});

const isControlPlane = (name: string): boolean => path.basename(name).startsWith('control-plane-');

const told = (processes: readonly Running[]): string =>
  processes.map(({ command }) => command.slice(0, 200)).join('\n');

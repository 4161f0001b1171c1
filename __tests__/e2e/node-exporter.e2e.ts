import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { find } from '../k8s/manifests';
import { freePorts } from '../support/ports';
import { itOrSkip } from '../support/skips';
import { missingNodeExporter, nodeExporterProgram } from './support/node-exporter-program';
import { NodeExporters } from './support/node-exporters';
import { answers, startProcess } from './support/processes';
import { printTable } from './support/table';

const execute = promisify(execFile);

/** The arguments that ship, at another address. */
function shippedArguments(address: string): string[] {
  const [container] = find('DaemonSet', 'node-exporter').spec.template.spec.containers;
  const listen = '--web.listen-address=';
  return (container.args as string[]).map((arg) => (arg.startsWith(listen) ? `${listen}${address}` : arg));
}

/**
 * What is comparable of an exporter's text, of the given families: `# HELP`, `# TYPE`, and names and labels of the first
 * CPU's series. Values, and how many CPUs there are, are the machine's.
 */
function shapeOf(text: string, families: readonly string[]): string[] {
  return text
    .split('\n')
    .filter((line) => families.some((family) => new RegExp(`^(# \\w+ )?${family}[ {]`).test(line)))
    .filter((line) => !/cpu="(?!0")/.test(line))
    .map((line) => (line.startsWith('#') ? line : line.replace(/ \S+$/, '')))
    .sort();
}

const get = async (url: string): Promise<string> => (await fetch(url)).text();

describe('the stand-in for node-exporter', () => {
  itOrSkip(missingNodeExporter(), 'writes what the real one writes when it is started as it ships', async () => {
    // GIVEN
    const folder = mkdtempSync(path.join(tmpdir(), 'node-exporter-'));
    const { nodeExporter: port } = await freePorts('nodeExporter');
    const address = `127.0.0.1:${port}`;
    const real = await startProcess('node-exporter', nodeExporterProgram(), shippedArguments(address), { folder });
    const standIn = await NodeExporters.start();
    try {
      await answers(real, 'answers', async () => (await fetch(`http://${address}/`)).ok, 30_000);
      // WHEN
      const expected = await get(`http://${address}/metrics`);
      const actual = await get(`http://${standIn.address}/worker-i-1/metrics`);
      // THEN of each family that the stand-in has
      const families = [...actual.matchAll(/^# TYPE (\S+)/gm)].map(([, family]) => family as string);
      expect(shapeOf(actual, families)).toEqual(shapeOf(expected, families));
      // And the real one has, of the CPU, nothing else.
      expect(families).toEqual(expect.arrayContaining([...new Set(expected.match(/\bnode_cpu_\w+/g))]));
      printTable('The stand-in for node-exporter', [
        ['the real one', await versionOf()],
        ['families compared', families.join(', ')],
        ['lines compared', shapeOf(actual, families).length],
      ]);
    } finally {
      await standIn.stop();
      await real.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** In its own words, `1.11.1`. */
async function versionOf(): Promise<string> {
  const { stdout } = await execute(nodeExporterProgram(), ['--version']);
  return /version (\S+)/.exec(stdout)?.[1] ?? stdout;
}

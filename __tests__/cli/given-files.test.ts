import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { programFor } from '../../src/cli/program';
import { StubTerraform } from '../deploy/stub-terraform';

/** Every flag that names a file, given a directory; and the one that names a directory, given a file. */

jest.setTimeout(60_000);

let stub: StubTerraform;
let directory: string;
let file: string;
beforeAll(() => {
  stub = new StubTerraform();
  directory = path.join(stub.folder, 'a-directory');
  mkdirSync(directory);
  file = path.join(stub.folder, 'a-file');
  writeFileSync(file, 'PK');
});
afterAll(() => stub.remove());

/** Of the program itself, so that a new flag is tried, too. */
const FLAGS = programFor(() => {}).commands.flatMap((command) => [
  ...command.registeredArguments
    .filter((argument) => argument.name() === 'file')
    .map((): [string, string] => [command.name(), 'FILE']),
  ...command.options
    .filter(({ flags }) => /<(file|json|dir)>$/.test(flags))
    .map(({ long }): [string, string] => [command.name(), long ?? '']),
]);

/** What each command wants beside the flag. */
const BESIDE: Record<string, string[]> = {
  bootstrap: ['--bucket', 'acme-state', '--yes'],
  report: ['--drift'],
  deploy: ['--yes'],
  destroy: ['--yes'],
  'keep-plan --config': ['--plan', 'FILE'],
  'simulate --html': ['FILE'],
  'backtest --config': ['--file', 'FILE'],
  'backtest --html': ['--file', 'FILE'],
  'dev --config': ['--shadow'],
  'dev --export': ['--shadow'],
};

it('the commands have such flags', () => {
  expect(FLAGS.length).toBeGreaterThan(25);
});

it.each(FLAGS)('%s %s', async (command, flag) => {
  // GIVEN
  const beside = BESIDE[`${command} ${flag}`] ?? BESIDE[command] ?? [];
  const wrong = `${command} ${flag}` === 'synth --out' ? file : directory;
  const given = flag === 'FILE' ? [wrong] : [flag, wrong];
  // WHEN
  const args = [command, ...beside.map((word) => (word === 'FILE' ? file : word)), ...given];
  // What watches sources leaves a process behind that ends with its own.
  const ended = await (command === 'dev' ? stub.run(args) : stub.here(args));
  // THEN
  expect(ended).toMatchObject({ code: 2, out: '' });
  expect(ended.err).toMatch(/must be .*(it is a directory|EEXIST)/);
  expect(ended.err).toContain(path.basename(wrong));
  expect(ended.err).not.toMatch(/^\s+at .*:\d+:\d+|bug in the program/m);
  expect(stub.calls()).toEqual([]);
});

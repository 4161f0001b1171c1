import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Builder } from '../../../src/dev/reload/builder';
import { Project, saying, WORD } from './project';

let project: Project;
let builder: Builder;

beforeEach(async () => {
  project = new Project();
  builder = await Builder.start(project.root);
});
afterEach(async () => {
  await builder.stop();
  project.dispose();
});

const bundleOf = async (build: ReturnType<Builder['build']>): Promise<string> => {
  const done = await build;
  if (done.kind !== 'built') throw new Error(`it is ${JSON.stringify(done)}`);
  return done.bundle;
};
/** By Node's own require, from the disk, as a sandbox does. */
const answerOf = (bundle: string): string =>
  (jest.requireActual(bundle) as { replan(recording: string): string }).replan('it');
const saved = (file: string, text: string) => {
  project.save(file, text);
  return builder.build([file]);
};
const textOf = async (build: ReturnType<Builder['build']>): Promise<string> => {
  const done = await build;
  return done.kind === 'broken' ? done.text : `it is ${done.kind}`;
};

it('builds the sources, and anew what was saved', async () => {
  expect(answerOf(await bundleOf(builder.first()))).toBe('one of it');
  expect(answerOf(await bundleOf(saved(WORD, saying('two'))))).toBe('two of it');
});

it('takes part in what was added to the program, and forgets what left it', async () => {
  await builder.first();
  project.save('src/autoscaler/other.ts', saying('three'));
  expect(builder.concerns('src/autoscaler/other.ts')).toBe(false);
  // WHEN a file imports it
  const bundle = await bundleOf(saved(WORD, `export { word } from './other';\n`));
  expect(answerOf(bundle)).toBe('three of it');
  expect(answerOf(await bundleOf(saved('src/autoscaler/other.ts', saying('four'))))).toBe('four of it');
  // WHEN it does no more
  await saved(WORD, saying('five'));
  expect(builder.concerns('src/autoscaler/other.ts')).toBe(false);
});

it('says that nothing changed when a file was saved as it was', async () => {
  await builder.first();
  expect(await saved(WORD, saying('one'))).toEqual({ kind: 'unchanged' });
});

describe('a mistake', () => {
  it('is shown where it is, with what to do', async () => {
    await builder.first();
    const text = await textOf(saved(WORD, 'export const word = () => {\n  return 1 +;\n};\n'));
    expect(text).toMatch(/src\/autoscaler\/word\.ts:2:12/);
    expect(text).toMatch(/return 1 \+;/);
    expect(text).toMatch(/Correct it and save: the last good handler goes on serving\.$/);
    expect(text).not.toContain(project.root);
  });

  it.each([
    [
      'a file that is not there',
      `export { word } from './nowhere';\n`,
      /Could not resolve "\.\/nowhere"[\s\S]*create the file/,
    ],
    [
      'an export that is not there',
      'export const ward = 1;\n',
      /No matching export[\s\S]*handlers\/autoscaler\.ts:1[\s\S]*correct the name/,
    ],
  ])('of %s is found, and mended by the next save', async (_, source, said) => {
    await builder.first();
    expect(await textOf(saved(WORD, source))).toMatch(said);
    expect(answerOf(await bundleOf(saved(WORD, saying('mended'))))).toBe('mended of it');
  });

  it('that is taken back is whole again', async () => {
    await builder.first();
    await saved(WORD, 'export const');
    expect(answerOf(await bundleOf(saved(WORD, saying('one'))))).toBe('one of it');
  });

  it('stays told until each file of it is mended', async () => {
    await builder.first();
    project.save('handlers/autoscaler.ts', 'export const handler = (');
    await saved(WORD, 'export const');
    expect(await textOf(builder.build(['handlers/autoscaler.ts']))).toMatch(/word\.ts[\s\S]*handlers\/autoscaler\.ts/);
    expect(await textOf(saved(WORD, saying('two')))).toMatch(/handlers\/autoscaler\.ts/);
    expect(await textOf(saved('handlers/autoscaler.ts', 'export const handler = () => 1;\n'))).toBe('it is built');
  });

  it('is a file that was removed and is still imported, until it is back', async () => {
    await builder.first();
    project.remove(WORD);
    expect(await textOf(builder.build([WORD]))).toMatch(/Could not resolve "\.\.\/\.\.\/autoscaler\/word"/);
    expect(answerOf(await bundleOf(saved(WORD, saying('back'))))).toBe('back of it');
  });

  it('may be there from the beginning', async () => {
    project.save(WORD, 'export const');
    expect(await builder.first()).toMatchObject({ kind: 'broken' });
    expect(builder.concerns(WORD)).toBe(true);
    expect(answerOf(await bundleOf(saved(WORD, saying('two'))))).toBe('two of it');
  });
});

it('leaves nothing behind: neither of older builds, nor of a process that was killed, nor of its own', async () => {
  await builder.first();
  const old = await bundleOf(saved(WORD, saying('two')));
  const now = await bundleOf(saved(WORD, saying('three')));
  const folder = path.dirname(now);
  await builder.keep(now);
  expect(existsSync(old)).toBe(false);
  // THEN there are the program, and three modules with their maps
  expect(readdirSync(folder)).toHaveLength(1 + 3 * 2);
  expect(answerOf(now)).toBe('three of it');
  // GIVEN what a dead process left
  const dead = path.join(path.dirname(folder), '999999999-left');
  project.save(path.relative(project.root, path.join(dead, 'program-1.js')), '');
  const other = await Builder.start(project.root);
  expect(existsSync(dead)).toBe(false);
  expect(existsSync(folder)).toBe(true);
  await other.stop();
  await builder.stop();
  expect(readdirSync(path.dirname(folder))).toEqual([]);
});

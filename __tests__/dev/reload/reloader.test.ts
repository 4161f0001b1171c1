import { existsSync, readdirSync } from 'node:fs';
import type { ReloadEvent } from '../../../src/dev/reload/events';
import { reloading } from '../../../src/dev/reload/reloader';
import type { InvocationResult, Wire } from '../../../src/world/contract';
import { startWire } from '../../../src/world/wire';
import { HandModel, prometheusPath } from '../../world/wire/hand-model';
import { Project, saying, Told, WORD } from './project';

/** The whole path: a file on the disk, its event, the build, the sandbox. Each test tells what a person saves, and sees. */

let project: Project;
let wire: Wire;
let told: Told;
let ended: Promise<void>;
let end: AbortController;

beforeEach(async () => {
  project = new Project();
  // The artifact, as far as this world goes.
  project.save('artifact.js', "exports.handler = async () => 'artifact';\n");
  const options = { prometheus: await prometheusPath(), scrapeMs: 15_000, seed: 7 };
  wire = await startWire(new HandModel(), { ...options, bundle: project.path('artifact.js') });
  told = new Told();
  end = new AbortController();
  ended = reloading({ root: project.root, wire, onReload: told.tell, signal: end.signal });
  ended.catch(told.fail);
  expect(await told.next()).toEqual({ kind: 'watching' });
});
afterEach(async () => {
  end.abort();
  await ended;
  await wire.stop();
  project.dispose();
});

const answer = async (): Promise<unknown> =>
  ((await wire.invoke([{ id: 'r', event: {} }]))[0] as InvocationResult).value;

/** Of a code change: infrastructure is not this project's, and its first synthesis may be told at any time. */
const reloaded = (file: string) => ({
  kind: 'reloaded',
  files: [file],
  ms: expect.any(Number),
  parts: { build: expect.any(Number), load: expect.any(Number) },
});

it('has the artifact answer until the first save, and then what was saved', async () => {
  expect(await answer()).toBe('artifact');
  project.save(WORD, saying('two'));
  expect(await told.next()).toEqual(reloaded(WORD));
  expect(await answer()).toBe('two');
  project.saveByRename(WORD, saying('three'));
  expect(await told.next()).toEqual(reloaded(WORD));
  expect(await answer()).toBe('three');
});

it('goes on with the last good handler while the build is broken, and recovers', async () => {
  project.save(WORD, saying('good'));
  await told.next();
  // WHEN a save does not parse, and the next one neither
  for (const text of ['export const word = (', 'export const word = () => {']) {
    project.save(WORD, text);
    expect(await told.next()).toMatchObject({
      kind: 'broken',
      of: 'code',
      files: [WORD],
      text: expect.stringContaining('word.ts:'),
    });
    expect(await answer()).toBe('good');
  }
  // THEN the next good one answers
  project.save(WORD, saying('better'));
  expect(await told.next()).toEqual(reloaded(WORD));
  expect(await answer()).toBe('better');
});

it('goes on with it when the new code throws as it is loaded, and says where', async () => {
  project.save(WORD, saying('good'));
  await told.next();
  project.save(WORD, "export const word = (): string => 'never';\n\nthrow new RangeError('too far');\n");
  const { text } = (await told.next()) as ReloadEvent & { kind: 'broken' };
  expect(text.split('\n')).toEqual([
    'The new code was built, but throws when it is loaded: RangeError: too far',
    expect.stringMatching(/^ {4}at .*src\/autoscaler\/word\.ts:3:7/),
    expect.stringContaining('handlers/autoscaler.ts:1:'),
    expect.stringContaining('src/dev/reload/entry.ts:1:'),
    'Correct it and save: the last good handler goes on serving.',
  ]);
  expect(await answer()).toBe('good');
  project.save(WORD, saying('better'));
  expect(await told.next()).toEqual(reloaded(WORD));
  expect(await answer()).toBe('better');
});

it.each([
  [
    'loops',
    'for (;;);',
    /^The new code was built, but it was not loaded within 10 seconds: .*loops or waits\.\nLet it end/,
  ],
  ['ends its process', 'process.exit(3);', /^The new code was built, but throws when it is loaded: Runtime\.ExitError/],
])(
  'goes on with it when the new code %s as it is loaded, and says so without a stack of its own',
  async (_, line, word) => {
    project.save(WORD, saying('good'));
    await told.next();
    project.save(WORD, `${saying('never')}${line}\n`);
    const { files, text } = (await told.next()) as ReloadEvent & { kind: 'broken' };
    expect(files).toEqual([WORD]);
    expect(text).toMatch(word);
    expect(text).toMatch(/ and save: the last good handler goes on serving\.$/);
    expect(text).not.toMatch(/^\s+at /m);
    expect(await answer()).toBe('good');
    project.save(WORD, saying('better'));
    expect(await told.next()).toEqual(reloaded(WORD));
    expect(await answer()).toBe('better');
  },
);

it('says which package is missing', async () => {
  project.save(WORD, "import { pad } from 'not-installed';\nexport const word = (): string => pad('x');\n");
  const { text } = (await told.next()) as ReloadEvent & { kind: 'broken' };
  expect(text).toContain('the package not-installed is not installed');
  expect(text).toContain('Install it, or correct the name, and save');
});

it('ends with the newest of saves in quick succession', async () => {
  // WHEN a file is saved 25 times without a pause, and another one with it
  const last = 'word-24';
  for (let i = 0; i < 25; i++) {
    await new Promise(setImmediate);
    i % 2 ? project.save(WORD, saying(`word-${i}`)) : project.saveByRename(WORD, saying(`word-${i}`));
  }
  // THEN however many reloads that gave, the last is of the last save
  let seen: unknown;
  while (seen !== last) {
    expect(await told.next()).toMatchObject({ kind: 'reloaded' });
    seen = await answer();
  }
  expect(seen).toBe(last);
});

it('sees a save that follows another one at once, as a formatter gives', async () => {
  for (let i = 0; i < 5; i++) {
    // GIVEN a save whose new code is there already
    project.save(WORD, saying(`raw-${i}`));
    expect(await told.next()).toMatchObject({ kind: 'reloaded' });
    // WHEN the formatter writes the file again, milliseconds later
    project.save(WORD, saying(`neat-${i}`));
    expect(await told.next()).toMatchObject({ kind: 'reloaded' });
    expect(await answer()).toBe(`neat-${i}`);
  }
});

it('takes a new file that is imported', async () => {
  project.save('src/autoscaler/other.ts', saying('other'));
  project.save(WORD, "export { word } from './other';\n");
  let seen: unknown;
  while (seen !== 'other') {
    await told.next();
    seen = await answer();
  }
  project.save('src/autoscaler/other.ts', saying('another'));
  expect(await told.next()).toEqual(reloaded('src/autoscaler/other.ts'));
  expect(await answer()).toBe('another');
});

it('says nothing of what changes nothing', async () => {
  project.save(WORD, saying('one'));
  project.save('src/autoscaler/types.ts', 'export type Word = string;\n');
  project.save('src/autoscaler/.word.ts.swp', 'x');
  // THEN the next that is told is the next change
  project.save('handlers/autoscaler.ts', "export const handler = async () => 'last';\n");
  const { files } = (await told.next()) as ReloadEvent & { kind: 'reloaded' };
  expect(files).toContain('handlers/autoscaler.ts');
  expect(told.unread).toEqual([]);
  expect(await answer()).toBe('last');
});

it('says that what dev itself is made of takes a restart', async () => {
  project.save('src/world/world.ts', '');
  expect(await told.next()).toEqual({ kind: 'restart', files: ['src/world/world.ts'] });
});

it('ends, though a build may be under way, and leaves nothing in the checkout', async () => {
  project.save(WORD, saying('two'));
  end.abort();
  await ended;
  expect(existsSync(project.path('dist/dev')) ? readdirSync(project.path('dist/dev')) : []).toEqual([]);
});

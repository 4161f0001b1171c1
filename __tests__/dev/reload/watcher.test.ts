import { type Watcher, watchSources } from '../../../src/dev/reload/watcher';
import { Project } from './project';

const FILE = 'src/a.ts';
const OTHER = 'src/b.ts';

let project: Project;
let watcher: Watcher;
let told: string[];
let heard: () => void;

beforeEach(async () => {
  project = new Project();
  for (const file of [FILE, OTHER]) project.save(file, 'first');
  told = [];
  heard = () => {};
  watcher = await watchSources(project.root, ({ files }) => {
    told.push(...files);
    heard();
  });
});
afterEach(async () => {
  await watcher.close();
  project.dispose();
});

/** Resolves when the file was told once more. */
async function saved(file: string, save: () => void): Promise<void> {
  const before = told.filter((each) => each === file).length;
  const more = new Promise<void>((resolve) => {
    heard = () => told.filter((each) => each === file).length > before && resolve();
  });
  save();
  await more;
}

/** Another file is saved again and again until a late look at the first one must have been. */
async function afterLateLook(): Promise<void> {
  const until = performance.now() + 200;
  for (let n = 0; performance.now() < until; n++) await saved(OTHER, () => project.save(OTHER, `other ${n}`));
}

const WAYS: [string, (text: string) => void][] = [
  ['written in place', (text) => project.save(FILE, text)],
  ['renamed into place', (text) => project.saveByRename(FILE, text)],
];

it.each(WAYS)('tells a save once that is %s', async (_, write) => {
  await saved(FILE, () => write('second'));
  await afterLateLook();
  expect(told.filter((file) => file === FILE)).toEqual([FILE]);
});

it.each(WAYS)('tells each of many saves in a row, %s, and the last one in any case', async (_, write) => {
  // Milliseconds apart, while events of the same file are dropped.
  for (let n = 0; n < 10; n++) await saved(FILE, () => write(`save ${n}`));
  expect(told.filter((file) => file === FILE).length).toBeGreaterThanOrEqual(10);
});

it('does not tell a file that holds what it held when it was told last', async () => {
  await saved(FILE, () => project.save(FILE, 'second'));
  project.save(FILE, 'second');
  await afterLateLook();
  expect(told.filter((file) => file === FILE)).toEqual([FILE]);
});

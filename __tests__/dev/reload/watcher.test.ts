import { type Watcher, watchSources } from '../../../src/dev/reload/watcher';
import { Project } from './project';

const FILE = 'src/a.ts';
const OTHER = 'src/b.ts';
const FILES = [FILE, 'autoscaler.config.ts', 'main.ts'];

let project: Project;
let watcher: Watcher;
let told: string[];
let heard: () => void;

beforeEach(async () => {
  project = new Project();
  for (const file of [...FILES, OTHER]) project.save(file, 'first');
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
  const until = performance.now() + 150;
  for (let n = 0; performance.now() < until; n++) await saved(OTHER, () => project.save(OTHER, `other ${n}`));
}

type Way = [string, (file: string, text: string) => void];
const WAYS: Way[] = [
  ['written in place', (file, text) => project.save(file, text)],
  ['renamed into place', (file, text) => project.saveByRename(file, text)],
  ['unlinked and made anew', (file, text) => project.saveAnew(file, text)],
  ['renamed away as a backup and made anew', (file, text) => project.saveWithBackup(file, text)],
];

describe.each(FILES)('of %s', (file) => {
  const ofIt = () => told.filter((each) => each === file);

  it.each(WAYS)('each of several saves is told once when it is %s', async (_, write) => {
    for (let n = 1; n <= 3; n++) {
      await saved(file, () => write(file, `save ${n}`));
      await afterLateLook();
      expect(ofIt()).toHaveLength(n);
    }
  });

  it.each(WAYS)('so is each of many, milliseconds apart, when it is %s', async (_, write) => {
    // While events of the same file are dropped.
    for (let n = 0; n < 10; n++) await saved(file, () => write(file, `save ${n}`));
    await afterLateLook();
    expect(ofIt()).toHaveLength(10);
  });

  it('its removal is told, and what is saved there later', async () => {
    await saved(file, () => project.remove(file));
    await afterLateLook();
    for (const text of ['there again', 'and changed']) {
      await saved(file, () => project.save(file, text));
      await afterLateLook();
    }
    expect(ofIt()).toHaveLength(3);
  });
});

it('a file that was not there at the start is told when it is made', async () => {
  await saved('k8s/new.yaml', () => project.save('k8s/new.yaml', 'first'));
  await saved('k8s/new.yaml', () => project.save('k8s/new.yaml', 'second'));
});

it('nothing is told of the rest of the checkout', async () => {
  for (const file of ['README.md', 'dist/dev/1.js', 'src.md']) project.save(file, 'text');
  await afterLateLook();
  expect(told.filter((file) => file !== OTHER)).toEqual([]);
});

it('does not tell a file that holds what it held when it was told last', async () => {
  await saved(FILE, () => project.save(FILE, 'second'));
  project.save(FILE, 'second');
  await afterLateLook();
  expect(told.filter((file) => file === FILE)).toEqual([FILE]);
});

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { WatchedConfig } from '../../../src/dev/reload/config';
import { CONFIG as FILE, Project } from './project';

let project: Project;
let config: WatchedConfig;

beforeEach(async () => {
  project = new Project({ [FILE]: 'export default {};\n' });
  config = new WatchedConfig(project.path(FILE));
  expect(await config.reload()).toMatchObject({ kind: 'read', changes: [] });
});
const save = (text: string) => project.saveConfig(text);
afterEach(() => project.dispose());

it('says which settings changed, in the words of the file, and what the function would get', async () => {
  save("export default { policy: { cpu: { up: 80, window: '7m' } }, zones: ['us-east-1a'] };\n");
  const reload = await config.reload();
  expect(reload).toMatchObject({ kind: 'read', config: { policy: { cpu: { up: 80, windowMs: 420_000 } } } });
  expect(reload).toHaveProperty('changes', [
    'zones: ["us-east-1a","us-east-1b"] → ["us-east-1a"]',
    'policy.cpu.up: 70 → 80',
    'policy.cpu.window: 5m → 7m',
  ]);
  // THEN the next change is told against this one
  save("export default { policy: { cpu: { up: 80 } }, zones: ['us-east-1a'], limits: { maxNodes: 4, cores: 8 } };\n");
  expect(await config.reload()).toMatchObject({
    changes: ['limits.maxNodes: 10 → 4', 'policy.cpu.window: 7m → 5m', 'limits.cores: (not set) → 8'],
  });
});

it('says nothing of a comment', async () => {
  save('/** Ours. */\nexport default { policy: { cpu: { up: 70 } } };\n');
  expect(await config.reload()).toMatchObject({ kind: 'read', changes: [] });
});

it('shows the mistake with its line, and compares with what was right before', async () => {
  save('export default {\n  policy: { cpu: { up: 170 } },\n};\n');
  const broken = await config.reload();
  expect(broken).toMatchObject({
    kind: 'broken',
    text: expect.stringMatching(/autoscaler\.config\.ts:2[\s\S]*policy\.cpu\.up[\s\S]*170/),
  });
  save('export default { policy: { cpu: { up: 75 } } };\n');
  expect(await config.reload()).toMatchObject({ kind: 'read', changes: ['policy.cpu.up: 70 → 75'] });
});

it('shows what does not parse at all', async () => {
  save('export default {\n');
  expect(await config.reload()).toMatchObject({
    kind: 'broken',
    text: expect.stringContaining('autoscaler.config.ts'),
  });
});

it('reads the file anew where dev runs, too', async () => {
  const script = path.join(__dirname, '../../fixtures/config-in-child.ts');
  const texts = ['export default {};', 'export default { policy: { cpu: { up: 71 } } };'];
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    'tsx',
    script,
    project.path(FILE),
    ...texts,
  ]);
  expect(JSON.parse(stdout)).toEqual([[], ['policy.cpu.up: 70 → 71']]);
});

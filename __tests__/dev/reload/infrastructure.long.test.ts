import { cpSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { WatchedInfrastructure } from '../../../src/dev/reload/infrastructure';
import { Project } from './project';

const ROOT = path.resolve(__dirname, '../../..');
const NETWORK = 'src/infra/network.ts';

/** Five syntheses in processes of their own. */
jest.setTimeout(240_000);

let project: Project;
beforeAll(() => {
  project = new Project();
  for (const name of [
    'src',
    'handlers',
    'userdata',
    'k8s',
    'autoscaler.config.ts',
    'package.json',
    'package-lock.json',
  ]) {
    cpSync(path.join(ROOT, name), project.path(name), { recursive: true });
  }
});
afterAll(() => project.dispose());

it('synthesizes what was saved, and says what a deploy would change of what there was in the beginning', async () => {
  const infrastructure = new WatchedInfrastructure(project.root, new AbortController().signal);
  expect(await infrastructure.synthesize()).toEqual({ kind: 'synthesized', changes: [] });
  // WHEN the server's volume is larger
  const config = readFileSync(project.path('autoscaler.config.ts'), 'utf8');
  project.save('autoscaler.config.ts', config.replace('server: {', 'server: { dataVolumeGib: 33,'));
  const changed = await infrastructure.synthesize();
  // THEN the volume is named, and nothing is added or removed
  expect(changed).toMatchObject({
    kind: 'synthesized',
    changes: expect.arrayContaining([expect.stringMatching(/^~ aws_ebs_volume\.\S+: size$/)]),
  });
  expect((changed as { changes: string[] }).changes.filter((line) => !line.startsWith('~'))).toEqual([]);
  // WHEN the sources do not synthesize
  const network = readFileSync(project.path(NETWORK), 'utf8');
  project.save(NETWORK, `${network}\nthrow new Error('no network today');\n`);
  const broken = await infrastructure.synthesize();
  // THEN it is told in short
  expect(broken).toMatchObject({ kind: 'broken', text: expect.stringContaining('no network today') });
  expect((broken as { text: string }).text).not.toMatch(/\n\s+at /);
  // WHEN it is put right, THEN a deploy would still make the volume larger
  project.save(NETWORK, network);
  expect(await infrastructure.synthesize()).toEqual(changed);
  // WHEN the volume is as it was, THEN a deploy would change nothing
  project.save('autoscaler.config.ts', config);
  expect(await infrastructure.synthesize()).toEqual({ kind: 'synthesized', changes: [] });
  // THEN nothing of it was written into the checkout
  expect(existsSync(project.path('cdktf.out'))).toBe(false);
});

it('ends its process when it is told to', async () => {
  const end = new AbortController();
  const infrastructure = new WatchedInfrastructure(project.root, end.signal);
  const synthesis = infrastructure.synthesize();
  end.abort(new Error('enough'));
  await expect(synthesis).rejects.toThrow('enough');
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError } from '../../src/config/errors';
import { loadConfigFile } from '../../src/config/load';
import { resolveConfig } from '../../src/config/resolve';
import { clusterName, resolveStage } from '../../src/config/stage';

describe('a configuration file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (text: string): string => {
    const file = path.join(folder, 'autoscaler.config.ts');
    writeFileSync(file, text);
    return file;
  };

  it('of this repository says what the defaults say', async () => {
    expect(await loadConfigFile('autoscaler.config.ts')).toEqual(resolveConfig({}, 'x'));
  });

  it('that breaks rules is told by file, line and field', async () => {
    // GIVEN
    const file = write(
      'export default {\n  zones: [\n    "us-east-1a",\n    "us-east-2b",\n  ],\n  policy: {\n    cpu: { down: 90 },\n  },\n};\n',
    );
    // WHEN
    const error = await loadConfigFile(file).catch((reason: unknown) => reason);
    // THEN
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).violations.map(({ line }) => line)).toEqual([4, 7]);
    expect((error as ConfigError).message).toMatch(/autoscaler\.config\.ts:4: zones\[1\]/);
  });

  it.each([
    ['does not parse', 'export default {', /TypeScript that runs/],
    ['throws', 'throw new Error("no luck");', /no luck/],
    ['exports nothing', 'export const config = {};', /default export must be an object/],
  ])('that %s is a ConfigError', async (_, text, message) => {
    const error = await loadConfigFile(write(text)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
  });

  it('that is not there is a ConfigError', async () => {
    await expect(loadConfigFile(path.join(folder, 'none.ts'))).rejects.toThrow(
      /must be a file that can be read: it is not there/,
    );
  });

  it('that is a folder is a ConfigError, though there is an index in it', async () => {
    writeFileSync(path.join(folder, 'index.ts'), 'export default { zones: [] };');
    await expect(loadConfigFile(folder)).rejects.toThrow(ConfigError);
    await expect(loadConfigFile(folder)).rejects.toThrow(/must be a file that can be read: it is a directory/);
  });
});

describe('the stage', () => {
  it.each([
    [{ flag: 'prod', env: 'dev-ana', user: 'bob' }, 'prod'],
    [{ env: 'dev-ana', user: 'bob' }, 'dev-ana'],
    [{ env: '', user: 'bob' }, 'dev-bob'],
    [{ user: 'Mary.Ann_O’Neil-Smith' }, 'dev-maryannoneil'],
    [{ user: '___' }, 'dev-me'],
  ])('is the flag, else STAGE, else dev-<user>: %j', (given, stage) => {
    expect(resolveStage(given)).toBe(stage);
  });

  it.each(['P', 'Prod', 'a', '1dev', 'a-name-that-is-too-long', 'dev_ana', 'dev-'])('refuses %j', (flag) => {
    expect(() => resolveStage({ flag })).toThrow(ConfigError);
  });

  it('names the cluster', () => {
    expect(clusterName('prod')).toBe('k3s-prod');
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runInNewContext } from 'node:vm';
import { DEVELOPER_VARIABLES, FUNCTION_VARIABLES } from '../../src/config/environment-variables';
import { type Field, rootField } from '../../src/config/reference';
import { referencePage } from '../../src/config/reference-page';
import { resolveConfig } from '../../src/config/resolve';

const ROOT = path.resolve(__dirname, '../..');

function undescribed(field: Field, name: string): string[] {
  const children = [
    ...Object.entries(field.properties ?? {}).map(([key, child]) => [`${name}.${key}`, child] as const),
    ...(typeof field.additionalProperties === 'object' && field.additionalProperties.properties !== undefined
      ? [[`${name}.*`, field.additionalProperties] as const]
      : []),
    ...(field.items?.properties === undefined ? [] : [[`${name}[]`, field.items] as const]),
  ];
  const here = name !== '' && field.description === undefined ? [name] : [];
  return [...here, ...children.flatMap(([path, child]) => undescribed(child, path))];
}

describe('docs/configuration.md', () => {
  it('is current: `npm run docs` writes the same', () => {
    expect(readFileSync(path.join(ROOT, 'docs/configuration.md'), 'utf8')).toBe(referencePage());
  });

  it('describes every field', () => {
    expect(undescribed(rootField(), '')).toEqual([]);
  });

  it('shows an example that is a configuration', () => {
    const [, example = ''] = /```ts\nexport default defineConfig\(([\s\S]*?)\);\n```/.exec(referencePage()) ?? [];
    const config = resolveConfig(runInNewContext(`(${example})`), 'the example');
    expect(config.policy.calendar[0]?.pools).toEqual({ burst: { min: 3 } });
  });

  it('names only environment variables that something reads or sets', () => {
    // GIVEN every source but the table itself
    const sources = ['src', 'handlers', 'scripts', '__tests__/support', '__tests__/terraform', '__tests__/dev'].flatMap(
      (folder) =>
        readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
          .filter((file) => /\.(ts|mjs|cjs)$/.test(file) && !file.endsWith('environment-variables.ts'))
          .map((file) => readFileSync(path.join(ROOT, folder, file), 'utf8')),
    );
    const text = sources.join('\n');
    // THEN
    const unused = [...FUNCTION_VARIABLES, ...DEVELOPER_VARIABLES].filter(({ name }) => !text.includes(name));
    expect(unused).toEqual([]);
  });
});

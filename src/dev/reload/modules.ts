import { createHash } from 'node:crypto';
import { transform } from 'esbuild';

/** One source file as CommonJS. */
export interface Module {
  source: string;
  /** A script whose export is the module as a function, and its source map; named by what is in them. */
  name: string;
  code: string;
  map: string;
  /** What it exports, what it imports and which names of that it uses: two files with one surface fit in one place. */
  surface: string;
}

/** In brackets, so that V8 compiles it where it stands: a sandbox that waits has done so before it is needed. */
const wrapped = (code: string, map: string): string =>
  `module.exports = (function (module, exports, require) {${code}});\n//# sourceMappingURL=${map}\n`;

/**
 * Transpiles one file, which takes a tenth of the time of a whole bundle. Whether its imports are there is not looked
 * at: a bundler does so where the surface has changed.
 *
 * @param file absolute
 * @throws esbuild's TransformFailure for what does not parse
 */
export async function transpile(file: string, source: string): Promise<Module> {
  const { code, map } = await transform(source, {
    loader: 'ts',
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    sourcefile: file,
    sourcemap: 'external',
    sourcesContent: false,
    logLevel: 'silent',
    // A wrapper stands before the first line.
    banner: '\n',
    // As tsconfig.json: what is imported as a type is gone, everything else stays.
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, strict: true, target: 'es2023' } },
  });
  const name = `${createHash('sha256').update(code).update(map).digest('hex').slice(0, 20)}.js`;
  return { source, name, code: wrapped(code, `${name}.map`), map, surface: surfaceOf(code) };
}

/** By the manner in which esbuild writes CommonJS. What only looks like a name of it is told apart nowhere: no harm. */
function surfaceOf(code: string): string {
  const exported = /__export\(\w+, \{[\s\S]*?\n\}\);/.exec(code)?.[0] ?? '';
  const used = code.match(/\brequire\("[^"]*"\)|\bimport_\w+\.\w+|__reExport\([^)]*\)/g) ?? [];
  return [exported, ...new Set(used)].sort().join('\n');
}

/** A file of the program, and which file each of its relative imports means. */
export interface Part {
  /** Absolute path of its module's script. */
  script: string;
  /** By what the import says. Packages are not in it. */
  imports: Readonly<Record<string, string>>;
}

/**
 * The program as a script that requires each module's script. What of these did not change is the same file as before,
 * and a sandbox that waits has read and compiled it already; by its absolute path it is found without a look at the disk.
 *
 * @param parts by file
 * @param entry the file whose exports the script has
 */
export function link(parts: ReadonlyMap<string, Part>, entry: string): string {
  const lines = [...parts].map(
    ([file, { script, imports }]) =>
      `  ${JSON.stringify(file)}: [require(${JSON.stringify(script)}), ${JSON.stringify(imports)}],\n`,
  );
  return `'use strict';\nconst modules = {\n${lines.join('')}};\n${LOADER}module.exports = load(${JSON.stringify(entry)});\n`;
}

const LOADER = `
const loaded = new Map();
const load = (file) => {
  const known = loaded.get(file);
  if (known) return known.exports;
  const module = { exports: {} };
  loaded.set(file, module);
  const [run, imports] = modules[file];
  run(module, module.exports, (name) => (imports[name] ? load(imports[name]) : require(name)));
  return module.exports;
};
`;

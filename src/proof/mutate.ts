import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plugin } from 'esbuild';
import type { Mutation } from './mutations';

/** Makes the one change while bundling; the checkout stays as it is. */
export const mutate = ({ name, file, find, replace }: Mutation): Plugin => ({
  name: 'mutation',
  setup(build) {
    let isDone = false;
    build.onLoad({ filter: new RegExp(`${escaped(path.basename(file))}$`) }, async (args) => {
      if (!args.path.endsWith(path.normalize(file))) return undefined;
      const source = await readFile(args.path, 'utf8');
      const places = source.split(find).length - 1;
      if (places !== 1) throw new Error(notOnce(name, file, places));
      isDone = true;
      return { contents: source.replace(find, () => replace), loader: 'ts' };
    });
    build.onEnd(() => {
      if (!isDone) throw new Error(`mutation "${name}": ${file} is not part of what is proven`);
    });
  },
});

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const notOnce = (name: string, file: string, places: number): string =>
  `mutation "${name}": what it changes is there ${places} times in ${file}, and must be there once; ` +
  'write down in src/proof/mutations.ts how the line reads now';

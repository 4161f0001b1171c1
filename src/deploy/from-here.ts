import path from 'node:path';

/** A path as people read it: from the working directory, where the file lies below it. */
export function fromHere(file: string): string {
  const relative = path.relative('', file);
  return relative.startsWith('..') ? file : relative;
}

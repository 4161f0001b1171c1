import { access } from 'node:fs/promises';

/** Whether there is a file, or a folder, of that path. */
export const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

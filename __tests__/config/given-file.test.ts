import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { textOf, unreadable } from '../../src/config/given-file';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'given-'));
  file = path.join(folder, 'file');
  writeFileSync(file, 'text');
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const refused = (why: string) => new Error(`it must be a file: ${why}`);

it('is read', () => {
  expect(textOf(file, refused)).toBe('text');
  expect(unreadable(file)).toBeUndefined();
});

it.each([
  ['a directory', () => folder, 'it is a directory (EISDIR)'],
  ['nothing', () => path.join(folder, 'no'), 'it is not there (ENOENT)'],
  ['below a file', () => path.join(file, 'no'), 'a part of its path is no directory (ENOTDIR)'],
])('of what is %s it is said why', (_what, named, why) => {
  expect(() => textOf(named(), refused)).toThrow(`it must be a file: ${why}`);
  expect(unreadable(named())).toBe(why);
});

it.each([
  ['EACCES', 'this user may not read it (EACCES)'],
  ['EIO', 'EIO'],
])('of %s, too, which no file makes for a user who may read all', (code, why) => {
  const failing = () => {
    throw Object.assign(new Error(code), { code });
  };
  jest.spyOn(fs, 'readFileSync').mockImplementation(failing);
  jest.spyOn(fs, 'accessSync').mockImplementation(failing);
  expect(() => textOf(file, refused)).toThrow(`it must be a file: ${why}`);
  expect(unreadable(file)).toBe(why);
});

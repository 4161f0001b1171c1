import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Refusal } from '../../src/deploy/errors';
import { hasLocalState, localResources } from '../../src/deploy/local-state';

let folder: string;
let localState: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'local-state-'));
  localState = path.join(folder, 'terraform.test.tfstate');
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each([
  ['is not there', undefined, false],
  ['was emptied when it was moved', '\n', false],
  ['has no resources', '{"version":4,"resources":[]}', false],
  ['says nothing of resources', '{}', false],
  ['has a resource', '{"resources":[{"type":"aws_vpc"}]}', true],
])('a state that %s', (_what, text, has) => {
  if (text !== undefined) writeFileSync(localState, text);
  expect(hasLocalState({ localState })).toBe(has);
});

describe('a state that cannot be read is refused, and never taken for none', () => {
  it.each([
    ['cut short', '{"version":4,"resour', /it is no JSON/],
    ['no list of resources', '{"resources":{"a":1}}', /its resources are no list/],
  ])('%s', (_what, text, why) => {
    writeFileSync(localState, text);
    expect(() => hasLocalState({ localState })).toThrow(Refusal);
    expect(() => localResources({ localState })).toThrow(why);
    expect(() => localResources({ localState })).toThrow(`${localState}.backup`);
  });

  it('a directory', () => {
    mkdirSync(localState);
    expect(() => hasLocalState({ localState })).toThrow(/it is a directory/);
  });
});

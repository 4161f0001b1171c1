import { matchesNode, selects } from '../../../src/autoscaler/planning/selectors';
import type { Requirement } from '../../../src/autoscaler/snapshot';

const on = (key: string, operator: Requirement['operator'], ...values: string[]): Requirement => ({
  key,
  operator,
  values,
});

describe('a label selector', () => {
  const labels = { app: 'web', empty: '', cores: '8', big: '9007199254740993', words: 'many' };

  it.each<[Requirement, boolean]>([
    [on('app', 'In', 'db', 'web'), true],
    [on('app', 'In', 'db'), false],
    [on('none', 'In', 'web'), false],
    [on('app', 'NotIn', 'web'), false],
    [on('app', 'NotIn', 'db'), true],
    [on('none', 'NotIn', 'web'), true],
    [on('app', 'Exists'), true],
    [on('empty', 'Exists'), true],
    [on('none', 'Exists'), false],
    [on('app', 'DoesNotExist'), false],
    [on('none', 'DoesNotExist'), true],
    [on('cores', 'Gt', '7'), true],
    [on('cores', 'Gt', '8'), false],
    [on('cores', 'Gt', '-3'), true],
    [on('cores', 'Lt', '10'), true],
    [on('cores', 'Lt', '8'), false],
    [on('big', 'Gt', '9007199254740992'), true],
    [on('words', 'Gt', '0'), false],
    [on('words', 'Lt', '0'), false],
    [on('empty', 'Lt', '1'), false],
    [on('cores', 'Gt', 'few'), false],
    [on('cores', 'Gt', '7.5'), false],
    [on('cores', 'Gt'), false],
    [on('none', 'Lt', '1'), false],
  ])('holds or not: %j is %s', (requirement, expected) => {
    expect(selects([requirement], labels)).toBe(expected);
  });

  it('holds where all of it holds: everything when empty, nothing when absent', () => {
    expect(selects([on('app', 'Exists'), on('cores', 'In', '8')], labels)).toBe(true);
    expect(selects([on('app', 'Exists'), on('cores', 'In', '4')], labels)).toBe(false);
    expect(selects([], labels)).toBe(true);
    expect(selects(undefined, labels)).toBe(false);
  });
});

describe('terms of nodes', () => {
  const node = { name: 'n-1', labels: { zone: 'a' } };
  const inZone = (zone: string) => ({ labels: [on('zone', 'In', zone)], fields: [] });
  const named = (name: string) => ({ labels: [], fields: [on('metadata.name', 'In', name)] });

  it.each([
    ['one of them holds', [inZone('b'), inZone('a')], true],
    ['none of them holds', [inZone('b'), inZone('c')], false],
    ['there is none', [], false],
    ['one is empty', [{ labels: [], fields: [] }], false],
    ['the name is meant', [named('n-1')], true],
    ['another name is meant', [named('n-2')], false],
    ['the labels hold but the name does not', [{ ...inZone('a'), fields: named('n-2').fields }], false],
    ['a field is not known', [{ labels: [], fields: [on('spec.x', 'DoesNotExist')] }], false],
  ])('when %s', (_, terms, expected) => {
    expect(matchesNode(terms, node)).toBe(expected);
  });
});

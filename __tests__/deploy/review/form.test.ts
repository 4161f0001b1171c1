import { planIn } from '../../../src/deploy/review/form';
import { planOf, RECORDED, recorded } from './plans';

const plan = (more: object = {}) => ({ format_version: '1.2', ...planOf({ 'a.b': { actions: ['update'] } }), ...more });
const withChange = (change: object) => plan({ resource_changes: [{ address: 'a.b', type: 'a', change }] });

/** So deep that whoever follows it by recursion falls. */
const deep = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

describe('the form of a plan', () => {
  it.each(RECORDED)('is that of %s, as Terraform said it', (name) => {
    expect(planIn(recorded(name))).toEqual(recorded(name));
  });

  it('drops what nobody reads', () => {
    expect(planIn(plan({ variables: { a: 1 } }))).toEqual(plan());
  });

  it.each<[string, unknown, RegExp]>([
    ['no plan', [], /the whole: /],
    ['a plan without a format', planOf({}), /format_version: /],
    ['a plan of a later format', plan({ format_version: '2.0' }), /format_version: must be 1\.…/],
    ['resources that are no list', plan({ resource_changes: {} }), /resource_changes: /],
    [
      'an address that is no text',
      plan({ resource_changes: [{ address: { a: 1 } }] }),
      /resource_changes\.0\.address: /,
    ],
    [
      'an action that nobody knows',
      withChange({ actions: ['explode'] }),
      /change\.actions: must be one of no-op; create; /,
    ],
    [
      'actions that do not go together',
      withChange({ actions: ['update', 'forget'] }),
      /change\.actions: must be one of/,
    ],
    ['a mask that is none', withChange({ actions: ['update'], after_sensitive: { a: 'no' } }), /after_sensitive/],
    [
      'a region that is no text',
      plan({ configuration: { provider_config: { aws: { expressions: { region: { constant_value: 7 } } } } } }),
      /region\.constant_value: /,
    ],
    ['values that lie too deep', withChange({ actions: ['update'], after: deep(100_000) }), /at most 64 deep/],
    ['masks that lie too deep', withChange({ actions: ['update'], after_sensitive: deep(100_000) }), /at most 64 deep/],
    [
      'a name that is long and of several lines',
      plan({ output_changes: { [`a\n::b${'c'.repeat(999)}`]: 1 } }),
      /^[^\n]{1,300}$/,
    ],
  ])('is not that of %s', (_what, json, wrong) => {
    expect(planIn(json)).toMatch(wrong);
  });
});

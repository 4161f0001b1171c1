import fc from 'fast-check';
import type { Change, Mask } from '../../../src/deploy/review/document';
import { reviewOf } from '../../../src/deploy/review/markdown';
import { planOf } from './plans';

const SECRET = 'hunter2';

const shown = (change: Change) => reviewOf(planOf({ 'aws_thing.a': change }));

describe('a value that Terraform calls sensitive', () => {
  it.each<[string, Change]>([
    ['was', { actions: ['update'], before: { a: SECRET }, after: { a: 'b' }, before_sensitive: { a: true } }],
    ['will be', { actions: ['update'], before: { a: 'b' }, after: { a: SECRET }, after_sensitive: { a: true } }],
    ['is new', { actions: ['create'], before: null, after: { a: SECRET }, after_sensitive: { a: true } }],
    ['lies in a list', { actions: ['create'], after: { a: [{ b: SECRET }] }, after_sensitive: { a: [{ b: true }] } }],
    ['is all of it', { actions: ['create'], after: { a: SECRET }, after_sensitive: true }],
    [
      'lies in what becomes unknown',
      {
        actions: ['update'],
        before: { a: { b: SECRET } },
        after: {},
        after_unknown: { a: true },
        before_sensitive: { a: { b: true } },
      },
    ],
    [
      'lies in what becomes a bare value',
      { actions: ['update'], before: { a: { b: SECRET } }, after: { a: 'c' }, before_sensitive: { a: { b: true } } },
    ],
    [
      'is JSON',
      { actions: ['create'], after: { a: JSON.stringify({ password: SECRET }) }, after_sensitive: { a: true } },
    ],
  ])('is not printed where it %s', (_where, change) => {
    const text = shown(change);
    expect(text).not.toContain(SECRET);
    expect(text).toContain('a: (sensitive)'.slice(3));
  });

  it('is not printed as an output', () => {
    const output_changes = { token: { actions: ['create'], after: SECRET, after_sensitive: true } };
    const text = reviewOf({ ...planOf({}), output_changes });
    expect(text).not.toContain(SECRET);
    expect(text).toContain('! output token: (sensitive)');
  });

  it('reaches no price', () => {
    const resources = [
      { address: 'a.b', type: 'a', values: { size: SECRET, open: 1 }, sensitive_values: { size: true } as Mask },
    ];
    const seen: unknown[] = [];
    reviewOf({ ...planOf({}), planned_values: { root_module: { resources } } }, (priced) => {
      seen.push(...priced.map(({ values }) => values));
      return { usd: 0, lines: [], unpriced: [] };
    });
    expect(seen).toEqual([{ open: 1 }]);
  });

  it('is not printed wherever it lies', () => {
    // GIVEN any value with secrets at some of its leaves, and the mask that names them
    const { masked } = fc.letrec<{ masked: { value: unknown; mask: Mask } }>((tie) => ({
      masked: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<{ value: unknown; mask: Mask }>(
          { value: SECRET, mask: true },
          { value: 'open', mask: false },
          { value: null, mask: false },
        ),
        fc.array(tie('masked'), { maxLength: 3 }).map((all) => ({
          value: all.map(({ value }) => value),
          mask: all.map(({ mask }) => mask),
        })),
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('masked')).map((all) => ({
          value: Object.fromEntries(Object.entries(all).map(([name, { value }]) => [name, value])),
          mask: Object.fromEntries(Object.entries(all).map(([name, { mask }]) => [name, mask])),
        })),
      ),
    }));
    const unknown = fc.constantFrom<Mask>(false, true);
    fc.assert(
      fc.property(masked, masked, unknown, fc.constantFrom('update', 'create', 'delete,create'), (a, b, c, actions) => {
        // WHEN one becomes the other
        const text = shown({
          actions: actions.split(','),
          before: { x: a.value },
          after: { x: b.value },
          after_unknown: { x: c },
          before_sensitive: { x: a.mask },
          after_sensitive: { x: b.mask },
        });
        // THEN
        expect(text).not.toContain(SECRET);
      }),
    );
  });
});

import { monthlyUsd } from '../../../src/cost/plan-costs';
import type { PlanDocument } from '../../../src/deploy/review/document';
import { planIn } from '../../../src/deploy/review/form';
import { handedOver } from '../../../src/deploy/review/handed-over';
import { reviewOf } from '../../../src/deploy/review/markdown';
import { planOf, RECORDED, recorded } from './plans';

const SECRET = 'hunter2';

describe('a plan that is handed over for a review', () => {
  it.each(RECORDED)('has the form of a plan, and gives the same review, for %s', (name) => {
    const plan = recorded(name);
    // WHEN it is written, read and checked, as in another job
    const read = planIn(JSON.parse(JSON.stringify(handedOver(plan))));
    // THEN
    expect(typeof read).toBe('object');
    expect(reviewOf(read as PlanDocument, monthlyUsd)).toBe(reviewOf(plan, monthlyUsd));
  });

  it('holds no value that Terraform calls sensitive, and still tells whether it changes', () => {
    const change = (after: string) => ({
      actions: ['update'],
      before: { token: SECRET, deep: [{ a: SECRET, b: 'open' }], whole: { c: SECRET } },
      after: { token: after, deep: [{ a: after, b: 'open' }], whole: { c: after } },
      before_sensitive: { token: true, deep: [{ a: true }] },
      after_sensitive: { token: true, whole: true },
    });
    for (const after of [SECRET, 'hunter3']) {
      const plan = {
        ...planOf({ 'aws_thing.a': change(after) }),
        output_changes: { key: { actions: ['create'], after: SECRET, after_sensitive: true } },
        prior_state: {
          values: {
            root_module: {
              resources: [
                { address: 'a.b', type: 'a', values: { id: SECRET, size: 1 }, sensitive_values: { id: true } },
              ],
            },
          },
        },
      };
      const handed = handedOver(plan);
      expect(JSON.stringify(handed)).not.toMatch(/hunter/);
      expect(reviewOf(handed)).toBe(reviewOf(plan));
    }
  });

  it('holds of what stays as it is no more than it costs by, and of what goes its address', () => {
    const handed = handedOver({
      ...planOf({
        'a.stays': { actions: ['no-op'], before: { arn: 'arn:1' }, after: { arn: 'arn:1' } },
        'a.goes': { actions: ['delete'], before: { arn: 'arn:2' }, after: null },
      }),
      planned_values: {
        root_module: {
          resources: [
            { address: 'a.stays', type: 'a', values: { arn: 'arn:1', user_data: 'x', instance_type: 't3.nano' } },
          ],
        },
      },
    });
    expect(JSON.stringify(handed)).not.toMatch(/arn:|user_data/);
    expect(handed.resource_changes).toEqual([{ address: 'a.goes', type: 'a', change: { actions: ['delete'] } }]);
    expect(handed.planned_values?.root_module?.resources).toEqual([
      { address: 'a.stays', type: 'a', values: { instance_type: 't3.nano' } },
    ]);
  });
});

import type { MonthlyCost } from '../../../src/cost/plan-costs';
import { monthlyCost } from '../../../src/deploy/review/cost';
import type { PlanDocument } from '../../../src/deploy/review/document';
import { planOf } from './plans';

/** A plan that takes `a.old` away and makes `a.new`. */
const PLAN: PlanDocument = {
  ...planOf({ 'a.old': { actions: ['delete'] }, 'a.new': { actions: ['create'] } }),
  prior_state: { values: { root_module: { resources: [{ address: 'a.old', type: 'a' }] } } },
  planned_values: { root_module: { resources: [{ address: 'a.new', type: 'a' }] } },
};

/** What each costs, by address. */
const text = (costs: Record<string, MonthlyCost>, plan = PLAN) =>
  monthlyCost(plan, ([resource]) => costs[resource?.address ?? ''] as MonthlyCost).join('\n');

const costing = (address: string, usd: number): MonthlyCost => ({
  usd,
  lines: [{ address, what: 'it', usd }],
  unpriced: [],
});

describe('the monthly cost of a plan', () => {
  it('is told before and after, with what makes the difference, the largest first', () => {
    const after = costing('a.new', 4.25);
    expect(text({ 'a.old': costing('a.old', 10), 'a.new': after })).toBe(
      [
        '$10.00 → $4.25 a month: **−$5.75**, at list price in `us-east-1`, while nothing is scaled.',
        '',
        '- −$10.00 `a.old`: `it`',
        '- +$4.25 `a.new`: `it`',
      ].join('\n'),
    );
  });

  it('names what is changed and has no price, and counts what stays', () => {
    const unpriced = ['a.new: a thing', 'a.newer: a thing', 'a.stays: a thing'];
    const said = text({
      'a.old': { ...costing('a.old', 1), unpriced: ['a.stays: a thing'] },
      'a.new': { ...costing('a.new', 1), unpriced },
    });
    expect(said).toContain('Not in it, for want of a price:\n- `a.new: a thing`\n- `a.newer: a thing`');
    expect(said).toContain('In neither sum, for want of a price, though it stays as it is: 1 × `a thing`.');
    expect(said).not.toContain('a.stays');
  });

  it('is not less by what Terraform forgets: that stays, and is paid for', () => {
    // GIVEN a resource that is planned without its values, as Terraform plans what it forgets
    const values = { size: 8 };
    const plan: PlanDocument = {
      ...planOf({ 'a.let-go': { actions: ['forget'] } }),
      prior_state: { values: { root_module: { resources: [{ address: 'a.let-go', type: 'a', values }] } } },
      planned_values: { root_module: { resources: [{ address: 'a.let-go', type: 'a' }] } },
    };
    const said = monthlyCost(plan, ([resource]) => costing('a.let-go', Number(resource?.values.size ?? 0))).join('\n');
    expect(said).toContain('$8.00 → $8.00 a month: **no difference**');
  });

  it('keeps in code what the plan calls its region', () => {
    const region = 'x` <b>@boss</b>';
    const plan = planOf({});
    (plan.configuration?.provider_config?.aws?.expressions ?? {}).region = { constant_value: region };
    for (const cost of [costing('a', 1), { usd: 0, lines: [], unpriced: ['a: it'] }]) {
      expect(monthlyCost(plan, () => cost)[0]).toContain(`\`\` ${region} \`\``);
    }
  });

  it('is not called nothing where nothing has a price', () => {
    const without = { usd: 0, lines: [], unpriced: ['a.new: no price for eu-west-1'] };
    const said = text({ 'a.old': without, 'a.new': without });
    expect(said).toContain('Not known: nothing here has a price');
    expect(said).not.toContain('$0.00');
    expect(said).toContain('`a.new: no price for eu-west-1`');
  });

  it('is not guessed where the plan names no region', () => {
    expect(text({}, {})).toBe('It cannot be told: the plan names no region.');
  });
});

import { inWords, type PlanJson, stageOf, summaryOf } from '../../src/deploy/summary';
import { planJson } from './stub-terraform';

const plan = (...changes: Parameters<typeof planJson>[1]): PlanJson =>
  JSON.parse(planJson('test', changes)) as PlanJson;

describe('the summary of a plan', () => {
  it('counts as Terraform does: what is replaced is added and destroyed', () => {
    const { changes } = summaryOf(
      plan(
        ['a.new', ['create']],
        ['a.replaced', ['delete', 'create']],
        ['a.replaced-first-made', ['create', 'delete']],
        ['a.changed', ['update']],
        ['a.gone', ['delete']],
        ['a.same', ['no-op']],
        ['data.a.read', ['read']],
      ),
    );
    expect(changes).toEqual({ add: 3, change: 1, destroy: 3, replace: 2 });
    expect(inWords(changes)).toBe('3 to add, 1 to change, 3 to destroy (2 of them replaced)');
  });

  it('names what is lost before what is gained, with the reason where Terraform has one', () => {
    const { resources } = summaryOf(
      plan(['a.b', ['create']], ['a.a', ['create']], ['a.c', ['delete']], ['a.d', ['delete', 'create'], 'tainted']),
    );
    expect(resources).toEqual([
      { address: 'a.d', type: 'a', action: 'replace', reason: 'tainted' },
      { address: 'a.c', type: 'a', action: 'destroy' },
      { address: 'a.a', type: 'a', action: 'add' },
      { address: 'a.b', type: 'a', action: 'add' },
    ]);
  });

  it('is empty for a plan without changes', () => {
    expect(summaryOf({})).toEqual({ changes: { add: 0, change: 0, destroy: 0, replace: 0 }, resources: [] });
  });

  it('knows the stage by the tag that all its resources bear', () => {
    expect(stageOf(plan())).toBe('test');
    expect(stageOf({})).toBeUndefined();
  });
});

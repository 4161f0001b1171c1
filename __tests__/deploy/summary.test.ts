import { inWords, type PlanJson, stageOf, summaryOf } from '../../src/deploy/summary';
import { planJson } from './stub-terraform';

const plan = (...changes: Parameters<typeof planJson>[1]): PlanJson =>
  JSON.parse(planJson('test', changes)) as PlanJson;

const NONE = { add: 0, change: 0, destroy: 0, replace: 0, forget: 0, import: 0, move: 0 };

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
    expect(changes).toEqual({ ...NONE, add: 3, change: 1, destroy: 3, replace: 2 });
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

  it('says what is forgotten, imported and moved, though none of it is made, changed or destroyed', () => {
    const kept = { actions: ['no-op'] };
    const { changes, resources } = summaryOf({
      resource_changes: [
        { address: 'a.here', previous_address: 'a.there', type: 'a', change: kept },
        { address: 'a.also', previous_address: 'a.was', type: 'a', change: { actions: ['update'] } },
        { address: 'a.found', type: 'a', change: { ...kept, importing: {} } },
        { address: 'a.let-go', type: 'a', change: { actions: ['forget'] } },
      ],
    });
    expect(changes).toEqual({ ...NONE, change: 1, forget: 1, import: 1, move: 2 });
    expect(inWords(changes)).toBe('0 to add, 1 to change, 0 to destroy, 1 to forget, 1 to import, 2 moved');
    expect(resources).toEqual([
      { address: 'a.let-go', type: 'a', action: 'forget' },
      { address: 'a.also', type: 'a', action: 'change', from: 'a.was' },
      { address: 'a.found', type: 'a', action: 'import' },
      { address: 'a.here', type: 'a', action: 'move', from: 'a.there' },
    ]);
  });

  it('is empty for a plan without changes', () => {
    expect(summaryOf({})).toEqual({ changes: NONE, resources: [] });
  });

  it('knows the stage by the tag that all its resources bear', () => {
    expect(stageOf(plan())).toBe('test');
    expect(stageOf({})).toBeUndefined();
  });
});

import { casesOf, playCase } from '../../src/proof/crash-matrix';
import { playReference } from '../../src/proof/play';
import { scenarioNamed } from '../../src/proof/tasks';

jest.setTimeout(60_000);

describe('a story whose own call is attacked', () => {
  it('goes on: what comes in the moment of that call comes all the same', async () => {
    // GIVEN a pod that arrives in the moment of the first cordon
    const story = scenarioNamed('late pod');
    const reference = await playReference(story, 1);
    const attacked = casesOf(story, reference).find(
      ({ call, attack }) => call === 'kubernetes.patchNode' && attack === 'no answer',
    );
    if (!attacked) throw new Error('the story comes to no cordon');
    // WHEN the answer to that very cordon never comes
    const { face, violations } = await playCase(story, attacked, 1, reference);
    // THEN the pod came with it, and has its place
    const cordon = face.calls.find(({ n }) => n === attacked.n);
    const [late] = face.world.kubernetes.list('deployments').items.filter(({ metadata }) => metadata.name === 'late');
    expect(cordon?.mishap).toBe('hang');
    expect(Date.parse(late?.metadata.creationTimestamp ?? '')).toBeLessThanOrEqual(cordon?.issuedAt ?? 0);
    expect(violations).toEqual([]);
  });
});

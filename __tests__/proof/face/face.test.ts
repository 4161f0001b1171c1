import type { CallRecord, Mishap } from '../../../src/proof/face/calls';
import { Face } from '../../../src/proof/face/face';
import { web } from '../../../src/proof/workload';

const MINUTE = 60_000;

/** Ten pods of half a core at the first minute, and a tick each two minutes. */
async function play(mishapOf?: (call: CallRecord) => Mishap | undefined, minutes = 8): Promise<Face> {
  const face = new Face({ seed: 1, config: {}, ...(mishapOf && { mishapOf }) });
  face.change(MINUTE, () => face.world.workload(web(10)));
  for (let tick = 1; tick * 2 <= minutes; tick++) face.invokeAt(tick * 2 * MINUTE, { id: `tick-${tick}` });
  await face.runUntil(minutes * MINUTE + MINUTE);
  return face;
}

const on = (operation: string, mishap: Mishap, tick = 'tick-1') => {
  let used = false;
  return (call: CallRecord): Mishap | undefined => {
    if (used || call.operation !== operation || call.invocation !== tick) return undefined;
    used = true;
    return mishap;
  };
};

const effects = (face: Face, operation: string): CallRecord[] =>
  face.calls.filter((call) => call.operation === operation && call.effectAt !== undefined);

const endings = (face: Face): string[] => face.invocations.map(({ id, ending }) => `${id} ${ending}`);

describe('the controller on the in-process face', () => {
  it('launches what the pods need, and they run', async () => {
    const face = await play();
    expect(face.world.counts()).toMatchObject({ nodes: { ready: 3 }, pods: { running: 10, pending: 0 } });
    expect(face.state.operations).toEqual([]);
    expect(face.leaseUntil).toBe(0);
  });

  it('makes the same calls at the same instants for the same seed', async () => {
    const [one, two] = [await play(), await play()];
    expect(two.calls).toEqual(one.calls);
    expect(two.world.events).toEqual(one.world.events);
  });
});

describe('what goes wrong with a call', () => {
  it('a sandbox killed before a call never sends it, and is heard of no more', async () => {
    const face = await play(on('RunInstances', { kind: 'kill', when: 'before' }), 2);
    expect(effects(face, 'RunInstances')).toEqual([]);
    expect(face.calls.at(-1)).toMatchObject({ operation: 'RunInstances', mishap: 'kill before' });
    expect(endings(face)).toEqual(['tick-1 killed']);
    expect(face.leaseUntil).toBeGreaterThan(0);
  });

  it('one killed after a call leaves its effect', async () => {
    const face = await play(on('RunInstances', { kind: 'kill', when: 'after' }), 2);
    expect(effects(face, 'RunInstances')).toHaveLength(1);
    expect(face.state.operations).toMatchObject([{ phase: 'requested' }, { phase: 'requested' }]);
  });

  it('the same attempt after an answer that never came is one launch', async () => {
    const face = await play(on('RunInstances', { kind: 'hang', takesEffect: true }));
    expect(face.world.ec2.all().filter(({ clientToken }) => clientToken !== undefined)).toHaveLength(2);
    expect(face.world.counts().pods.running).toBe(10);
  });

  it('a client asks again by itself after a broken connection, and sees its own write', async () => {
    const face = await play(on('UpdateItem', { kind: 'lost' }), 2);
    const acquired = face.calls.filter(({ truth }) => truth?.kind === 'state' && truth.write === 'acquire');
    expect(acquired).toHaveLength(2);
    expect(endings(face)).toEqual(['tick-1 done']);
  });

  it('a frozen sandbox wakes with its time as it was, and is refused by the fence', async () => {
    const face = await play(on('RunInstances', { kind: 'freeze', when: 'before', ms: 150_000 }), 6);
    const first = face.invocations[0];
    expect(first).toMatchObject({ ending: 'done', frozenMs: 150_000 });
    const late = face.calls.filter(({ invocation, outcome }) => invocation === 'tick-1' && outcome !== 'ok');
    expect(late).toMatchObject([{ target: 'save', outcome: 'ConditionalCheckFailedException' }]);
  });

  it('one that is over its time is killed', async () => {
    const face = await play(on('RunInstances', { kind: 'freeze', when: 'after', ms: 1 }), 2);
    expect(endings(face)).toEqual(['tick-1 done']);
    const slow = new Face({ seed: 1, config: {}, latency: () => 20_000 });
    slow.invokeAt(0, { id: 'slow' });
    await slow.runUntil(5 * MINUTE);
    expect(slow.invocations[0]?.ending).not.toBe('done');
  });
});

import { randomBytes } from 'node:crypto';
import { CONTRACT } from '../../../src/autoscaler/live/mailbox';
import type { Plan } from '../../../src/autoscaler/plan';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { Snapshot } from '../../../src/autoscaler/snapshot';
import type { Recording } from '../../../src/autoscaler/telling/recording';
import type { RuntimeConfig } from '../../../src/config/runtime';
import { type Artifact, buildArtifact } from '../../../src/dev/build/bundle';
import { AlreadyAttached } from '../../../src/dev/live/attach';
import type { Difference } from '../../../src/history/compare';
import { web } from '../../world/builders';
import { prometheusPath } from '../../world/wire/hand-model';
import { decisionOf, deployedStage, saidOf } from './stage';

/** The artifact as it is deployed and a laptop, with nothing between them but DynamoDB. */
jest.setTimeout(90_000);

let artifact: Artifact;
let prometheus: string;
let stage: Awaited<ReturnType<typeof deployedStage>>;

beforeAll(async () => {
  artifact = await buildArtifact({ outdir: 'dist/autoscaler' });
  prometheus = await prometheusPath();
});
beforeEach(async () => {
  stage = await deployedStage({ bundle: artifact.bundle, prometheus });
});
afterEach(() => stage.close());

/** An idea of this checkout's that is allowed: one node now, the others later. */
const oneNode = (snapshot: Snapshot, config: RuntimeConfig): Plan => {
  const own = plan(snapshot, config);
  const [first] = own.intents;
  if (first?.kind !== 'launch') return own;
  return { ...own, intents: [{ ...first, count: 1, pods: first.pods.slice(0, 1) }] };
};

/** What the function launches by itself for the 20 pods. */
const BY_ITSELF = 2;
/** Each instance that EC2 was asked for, once. */
const asked = () => stage.wire.requestLog.filter(({ outcome }) => outcome === 'ok');

describe('no laptop', () => {
  it('costs a tick one small read: of the mailbox, whether anybody is there', async () => {
    const result = await stage.tick();
    expect(decisionOf(result)).toBe('pending-pods');
    expect(stage.launched()).toHaveLength(BY_ITSELF);
    expect(stage.wire.calls['dynamodb.GetItem']).toBe(1);
    expect(saidOf(result)).toEqual({ live: [], plannedBy: [] });
  });
});

describe('live', () => {
  it('hands over: the laptop plans, the function acts, tick after tick, and lets go without a trace', async () => {
    // GIVEN
    const laptop = await stage.running({ plan: oneNode });
    // WHEN
    const first = await stage.tick();
    // THEN one node, as the laptop says, and not two
    expect(saidOf(first)).toEqual({ live: [], plannedBy: ['ana@mac'] });
    expect((first.value as { actions: string[] }).actions[0]).toBe('planned by ana@mac, not by the function');
    expect(stage.launched()).toHaveLength(1);
    // WHEN two minutes later its plan is asked for again
    stage.wait(120_000);
    await laptop.nextBeat();
    const second = await stage.tick();
    // THEN
    expect(saidOf(second).plannedBy).toEqual(['ana@mac']);
    expect(laptop.events.filter(({ kind }) => kind === 'planned')).toHaveLength(2);
    expect(laptop.events).toContainEqual({ kind: 'word', word: expect.objectContaining({ outcome: 'executed' }) });
    // WHEN the laptop ends
    laptop.stop.abort();
    expect(await laptop.ran).toBe(true);
    expect(await laptop.mailbox.attachment()).toBeUndefined();
    const reads = stage.wire.calls['dynamodb.GetItem'] ?? 0;
    stage.wait(120_000);
    const third = await stage.tick();
    // THEN the function looks once, and waits for nobody any more
    expect(saidOf(third)).toEqual({ live: [], plannedBy: [] });
    expect(stage.wire.calls['dynamodb.GetItem']).toBe(reads + 1);
    expect(asked()).toHaveLength(stage.launched().length);
  });

  it.each([
    ['ahead', 300_000],
    ['behind', -300_000],
    ['a year ahead', 365 * 24 * 3600_000],
  ])('a laptop whose clock is %s plans like any other, and is found dead like any other', async (_, skewMs) => {
    // GIVEN
    const laptop = await stage.running({ plan: oneNode, skewMs });
    // WHEN it lives
    expect(saidOf(await stage.tick()).plannedBy).toEqual(['ana@mac']);
    expect(stage.launched()).toHaveLength(1);
    // WHEN it was closed, and its item is still there
    laptop.stop.abort();
    await laptop.ran;
    await laptop.mailbox.attach({ ...laptop.attached, nonce: 'left' }, undefined);
    stage.wait(120_000);
    const after = await stage.tick();
    // THEN
    expect(saidOf(after)).toEqual({ live: [expect.stringMatching(/no heartbeat for 4\.\d s/)], plannedBy: [] });
    expect(after.outcome).toBe('done');
  });

  it('a laptop killed in mid-answer costs four seconds and no tick, and what it answers from the grave does nothing', async () => {
    // GIVEN a laptop that dies while it plans
    let planning: (snapshot: Snapshot) => void = () => {};
    const begun = new Promise<Snapshot>((resolve) => {
      planning = resolve;
    });
    let wake: (plan: Plan) => void = () => {};
    const laptop = await stage.byHand({
      plan: (snapshot) => {
        planning(snapshot);
        return new Promise<Plan>((resolve) => {
          wake = resolve;
        });
      },
    });
    const ticking = stage.tick();
    let isHanded = false;
    while (!isHanded) isHanded = (await laptop.mailbox.handover(laptop.attached)) !== undefined;
    const polling = laptop.session.poll();
    const snapshot = await begun;
    // WHEN
    const result = await ticking;
    // THEN the same tick was planned by the function
    expect(result.outcome).toBe('done');
    expect(saidOf(result)).toEqual({ live: [expect.stringMatching(/ana@mac: no heartbeat for/)], plannedBy: [] });
    expect(stage.launched()).toHaveLength(BY_ITSELF);
    // WHEN it wakes, and its answer arrives late
    wake(plan(snapshot, stage.config));
    await polling;
    stage.wait(120_000);
    const next = await stage.tick();
    // THEN the next tick launches nothing for it, and does not wait
    expect(next.outcome).toBe('done');
    expect(saidOf(next).plannedBy).toEqual([]);
    expect(stage.launched()).toHaveLength(BY_ITSELF);
    expect(asked()).toHaveLength(BY_ITSELF);
  });

  it('a late answer is not waited for beyond ten seconds, and never executed', async () => {
    // GIVEN a planner that takes its time, on a laptop that lives
    let answer: () => void = () => {};
    const laptop = await stage.running({
      plan: async (snapshot, config) => {
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return plan(snapshot, config);
      },
    });
    // WHEN
    const result = await stage.tick();
    // THEN
    expect(saidOf(result)).toEqual({ live: [expect.stringMatching(/no answer within 10\.\d s/)], plannedBy: [] });
    expect(stage.launched()).toHaveLength(BY_ITSELF);
    // WHEN it comes
    answer();
    await laptop.nextBeat();
    expect(laptop.events).toContainEqual({ kind: 'word', word: expect.objectContaining({ outcome: 'late' }) });
    laptop.stop.abort();
    await laptop.ran;
    stage.wait(120_000);
    await stage.tick();
    // THEN
    expect(asked()).toHaveLength(BY_ITSELF);
  });

  it.each<[string, (own: Plan) => unknown, RegExp]>([
    [
      'breaks a limit',
      (own) => {
        const pods = own.intents.flatMap((intent) => (intent.kind === 'launch' ? intent.pods : []));
        return { ...own, intents: [{ kind: 'launch', pool: 'burst', count: 10, reason: 'pending-pods', pods }] };
      },
      /launch 1 \(10 × burst\): it breaks a limit: pools\.burst\.max is 9/,
    ],
    ['is no plan', () => ({ launch: 1000 }), /plan\.launch is 1000, but must be absent/],
    [
      'removes a base worker',
      (own) => ({
        ...own,
        hold: null,
        intents: [{ kind: 'remove', node: 'server-0', instance: 'i-0', pool: '', reason: 'cpu-low' }],
      }),
      /no node may go/,
    ],
  ])('a hostile answer that %s is refused with a word, and the function plans by itself', async (_, change, why) => {
    // GIVEN
    const laptop = await stage.running({ plan: (snapshot, config) => change(plan(snapshot, config)) as Plan });
    // WHEN
    const result = await stage.tick();
    // THEN
    expect(saidOf(result)).toEqual({ live: [expect.stringMatching(why)], plannedBy: [] });
    expect(stage.launched()).toHaveLength(BY_ITSELF);
    await laptop.nextBeat();
    expect(laptop.events).toContainEqual({
      kind: 'word',
      word: expect.objectContaining({ outcome: 'refused', text: expect.stringMatching(why) }),
    });
  });

  it('a snapshot larger than an item is handed over in parts, and answered', async () => {
    // GIVEN labels that no packing makes small: more than DynamoDB takes in one item
    const value = () => randomBytes(30).toString('hex');
    for (let i = 0; i < 80; i += 1) {
      const labels = Object.fromEntries(Array.from({ length: 220 }, (_, label) => [`of-${label}`, value()]));
      stage.world.workload(web(1, { name: `large-${i}`, pod: { cpu: '1m', memory: '1Mi', labels } }));
    }
    stage.wait(60_000);
    const laptop = await stage.running({ plan: oneNode });
    // WHEN
    const result = await stage.tick();
    // THEN
    expect((await laptop.mailbox.handover(laptop.attached))?.parts).toBeGreaterThan(1);
    expect(saidOf(result)).toEqual({ live: [], plannedBy: ['ana@mac'] });
    expect(stage.launched()).toHaveLength(1);
  });

  it('an answer that is small in its item and unpacks to 24 MB is refused unread, and the same tick is planned', async () => {
    // GIVEN
    const laptop = await stage.byHand();
    const ticking = stage.tick();
    let head = await laptop.mailbox.handover(laptop.attached);
    while (!head) head = await laptop.mailbox.handover(laptop.attached);
    // WHEN
    await laptop.mailbox.answer(head, false, `[${'{},'.repeat(8_000_000)}{}]`);
    // THEN
    const result = await ticking;
    expect(result.outcome).toBe('done');
    const why = /refused: the answer is larger than 1 MiB; planned without the laptop/;
    expect(saidOf(result)).toEqual({ live: [expect.stringMatching(why)], plannedBy: [] });
    expect(stage.launched()).toHaveLength(BY_ITSELF);
    const word = { outcome: 'refused', text: 'the answer is larger than 1 MiB' };
    expect(await laptop.mailbox.word(laptop.attached)).toMatchObject(word);
  });

  it('an answer under a foreign epoch is refused', async () => {
    // GIVEN a laptop that answers with another epoch than it was asked with
    const laptop = await stage.byHand();
    const ticking = stage.tick();
    let head = await laptop.mailbox.handover(laptop.attached);
    while (!head) head = await laptop.mailbox.handover(laptop.attached);
    const { snapshot, config } = JSON.parse(await laptop.mailbox.body(head)) as Recording;
    // WHEN
    await laptop.mailbox.answer({ ...head, epoch: head.epoch - 1 }, false, JSON.stringify(oneNode(snapshot, config)));
    // THEN
    expect(saidOf(await ticking)).toEqual({
      live: [expect.stringMatching(/refused: .*epoch 0.*has 1/)],
      plannedBy: [],
    });
    expect(stage.launched()).toHaveLength(BY_ITSELF);
  });

  it('a laptop whose planner throws is told, and the function does not wait for it', async () => {
    const laptop = await stage.running({
      plan: () => {
        throw new TypeError('half-written code');
      },
    });
    expect(saidOf(await stage.tick()).live).toEqual([expect.stringMatching(/planner failed: half-written code/)]);
    expect(stage.launched()).toHaveLength(BY_ITSELF);
    expect(laptop.events).toContainEqual(expect.objectContaining({ kind: 'failed', error: 'half-written code' }));
  });

  it('a stale heartbeat is listened to once, and costs one read a tick from then on', async () => {
    // GIVEN a laptop that was closed and left everything behind
    await stage.byHand();
    // WHEN
    const first = await stage.tick();
    // THEN
    expect(saidOf(first).live).toEqual([expect.stringMatching(/no heartbeat for 4\.\d s/)]);
    expect(stage.launched()).toHaveLength(BY_ITSELF);
    // WHEN
    const before = stage.wire.calls['dynamodb.GetItem'] ?? 0;
    stage.wait(120_000);
    const second = await stage.tick();
    // THEN
    expect(stage.wire.calls['dynamodb.GetItem']).toBe(before + 1);
    expect(saidOf(second).live).toEqual([expect.stringMatching(/no heartbeat of ana@mac since the last look/)]);
  });

  it('a laptop of another version is refused with a word that it is shown', async () => {
    // GIVEN
    const mailbox = stage.mailboxOf(0);
    const old = { owner: 'ana@mac', nonce: 'n', mode: 'live', contract: 'ancient', since: 'today', beat: 1 } as const;
    expect(await mailbox.attach(old, undefined)).toBe(true);
    // WHEN
    const result = await stage.tick();
    // THEN
    const why = new RegExp(`speaks contract ancient, the deployed version ${CONTRACT}: deploy this checkout`);
    expect(saidOf(result).live).toEqual([expect.stringMatching(why)]);
    expect(await mailbox.word(old)).toMatchObject({ outcome: 'refused', text: expect.stringMatching(why) });
    expect(stage.launched()).toHaveLength(BY_ITSELF);
  });
});

describe('a hostile laptop', () => {
  it('that leaves the largest item there may be in its own place costs no tick and no write of the state', async () => {
    // GIVEN a laptop that lives, and whose attachment is then 400 KB
    const laptop = await stage.running({ plan: oneNode });
    expect(saidOf(await stage.tick()).plannedBy).toEqual(['ana@mac']);
    laptop.stop.abort();
    await laptop.ran;
    await stage.items.put('attachment', { ...laptop.attached, nonce: 'x'.repeat(400 * 1024 - 500) });
    for (const _ of ['the next tick', 'and the one after it']) {
      // WHEN
      stage.wait(120_000);
      const result = await stage.tick();
      // THEN the function says so and plans by itself
      expect(result.outcome).toBe('done');
      expect(saidOf(result)).toEqual({ live: [expect.stringMatching(/attached cannot be read/)], plannedBy: [] });
    }
    // THEN what the first plan of the laptop left out was launched, and the lease was given back
    expect(stage.launched()).toHaveLength(BY_ITSELF);
    expect(await stage.wire.readState()).toMatchObject({ lease_until: 0 });
  });
});

describe('a second developer', () => {
  it("is refused with the owner's name while the first one lives", async () => {
    const ana = await stage.byHand();
    const bob = stage.byHand({ owner: 'bob@pc', sleep: () => ana.session.beat() });
    await expect(bob).rejects.toThrow(AlreadyAttached);
    await expect(bob).rejects.toThrow(/^ana@mac is attached since 20/);
    expect(saidOf(await stage.tick()).live).toEqual([expect.stringMatching(/ana@mac/)]);
  });

  it('takes over from one that is silent, who then learns it and takes nothing back', async () => {
    // GIVEN
    const ana = await stage.byHand();
    const bob = await stage.running({ owner: 'bob@pc', plan: oneNode });
    // WHEN the first one wakes
    expect(await ana.session.beat()).toBe(false);
    await ana.mailbox.detach(ana.attached);
    // THEN the place is the second one's, and the function asks him
    expect((await bob.mailbox.attachment())?.owner).toBe('bob@pc');
    expect(saidOf(await stage.tick()).plannedBy).toEqual(['bob@pc']);
    expect(stage.launched()).toHaveLength(1);
  });

  it('of two that attach at once one is refused', async () => {
    const two = await Promise.allSettled([stage.byHand(), stage.byHand({ owner: 'bob@pc' })]);
    expect(two.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('shadow', () => {
  it('shows both decisions, and the function acts as always and waits for nobody', async () => {
    const recordings: Recording[] = [];
    const laptop = await stage.running({
      mode: 'shadow',
      plan: oneNode,
      onRecording: (recording) => recordings.push(recording),
    });
    // WHEN
    const result = await stage.tick();
    await laptop.nextBeat();
    // THEN
    expect(saidOf(result)).toEqual({ live: [], plannedBy: [] });
    expect(stage.launched()).toHaveLength(BY_ITSELF);
    const planned = laptop.events.find(({ kind }) => kind === 'planned');
    const { differences } = planned as { differences: Difference[] };
    expect(new Set(differences.map(({ what }) => what))).toEqual(new Set(['intents']));
    expect(differences[0]).toMatchObject({ recorded: { kind: 'launch' }, now: { kind: 'launch', count: 1 } });
    // THEN what is kept of it can be planned again, and is what the function decided
    const [kept] = recordings;
    expect(kept && plan(kept.snapshot, kept.config)).toEqual(kept?.plan);
    expect(kept?.plan.intents).not.toEqual((planned as { plan: Plan }).plan.intents);
  });
});

describe('a protected stage', () => {
  it('takes no plan of a laptop, whatever the laptop believes, and may be watched', async () => {
    await stage.close();
    stage = await deployedStage({ bundle: artifact.bundle, prometheus, isProtected: true });
    const laptop = await stage.running({ plan: oneNode });
    expect(saidOf(await stage.tick())).toEqual({
      live: [expect.stringMatching(/the stage is protected/)],
      plannedBy: [],
    });
    expect(stage.launched()).toHaveLength(BY_ITSELF);
    laptop.stop.abort();
    await laptop.ran;
    const shadow = await stage.running({ mode: 'shadow' });
    stage.wait(120_000);
    await stage.tick();
    await shadow.nextBeat();
    expect(shadow.events).toContainEqual(expect.objectContaining({ kind: 'planned', differences: [] }));
  });
});

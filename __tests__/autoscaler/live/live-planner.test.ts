import { AnswerTooLarge } from '../../../src/autoscaler/live/answer-size';
import { type LiveMemory, LivePlanner } from '../../../src/autoscaler/live/live-planner';
import {
  type Answer,
  type Attachment,
  CONTRACT,
  type Handover,
  type Parcel,
  type Word,
} from '../../../src/autoscaler/live/mailbox';
import type { Plan } from '../../../src/autoscaler/plan';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { Snapshot } from '../../../src/autoscaler/snapshot';
import type { RuntimeConfig } from '../../../src/config/runtime';
import { base, config, nodeOf, pending, scene, T0, times } from '../builders';

/** The function's end with a laptop whose every move is told, second by second. */

const ana: Attachment = {
  owner: 'ana@mac',
  nonce: 'n-ana',
  mode: 'live',
  contract: CONTRACT,
  since: '2031-01-01T00:00:00.000Z',
  beat: 1,
};

interface Laptop {
  attachment?: Attachment;
  /** When it has its answer ready, milliseconds after the handover; absent: never. */
  answersAfterMs?: number;
  answer?: (own: Plan, handover: Handover) => Partial<Answer>;
  /** It beats until then. */
  diesAfterMs?: number;
  fail?: 'attachment' | 'put' | 'answer' | 'say';
  settings?: Partial<RuntimeConfig>;
  remainingMs?: number;
  memory?: LiveMemory;
  /** Of the function; the laptop has its own. */
  now?: number;
}

const waiting = scene({ pods: times(12, (i) => pending({ name: `web-${i}` })) });

async function planned(laptop: Laptop, snapshot: Snapshot = waiting, isDry = false) {
  const settings = { ...config, ...laptop.settings };
  let ms = 0;
  const calls: string[] = [];
  const words: Word[] = [];
  const lines: Record<string, unknown>[] = [];
  let handover: Handover | undefined;
  const call = async <T>(name: NonNullable<Laptop['fail']>, value: () => T): Promise<T> => {
    calls.push(name);
    if (laptop.fail === name) throw new Error('ProvisionedThroughputExceeded');
    return value();
  };
  const own = plan(snapshot, settings);
  const beats = () => Math.floor(Math.min(ms, laptop.diesAfterMs ?? Number.POSITIVE_INFINITY) / 1000);
  const planner = new LivePlanner({
    own: (of) => plan(of, settings),
    config: settings,
    clock: { now: () => laptop.now ?? T0, remaining: () => (laptop.remainingMs ?? 59_000) - ms },
    waiting: {
      monotonic: () => ms,
      sleep: async (time) => {
        ms += time;
      },
    },
    memory: laptop.memory ?? {},
    log: (line) => lines.push(line),
    mailbox: {
      attachment: () =>
        call('attachment', () => {
          const { attachment } = laptop;
          return attachment && { ...attachment, beat: attachment.beat + beats() };
        }),
      put: (put) =>
        call('put', () => {
          handover = put;
        }),
      answer: (id) =>
        call('answer', () => {
          if (ms < (laptop.answersAfterMs ?? Number.POSITIVE_INFINITY)) return undefined;
          expect(id).toBe(handover?.id);
          const { nonce, epoch } = handover as Handover;
          const answer = { nonce, epoch, contract: CONTRACT, failed: false, body: JSON.stringify(own) };
          return { ...answer, ...laptop.answer?.(own, handover as Handover) };
        }),
      say: (word) => call('say', () => void words.push(word)),
    },
  });
  const result = await planner.plan(snapshot, isDry ? undefined : { epoch: 7 });
  return { result, own, calls, words, lines, handover, ms };
}

/** A plan that is the laptop's own idea, and allowed: it waits instead of launching. */
const waits = (own: Plan): Partial<Answer> => ({ body: JSON.stringify({ ...own, intents: [] }) });

describe('without a laptop', () => {
  it('a tick costs one read, and says nothing of it', async () => {
    const { result, own, calls, lines } = await planned({});
    expect(result).toEqual(own);
    expect({ calls, lines }).toEqual({ calls: ['attachment'], lines: [] });
  });

  it('a dry run asks the mailbox nothing, whoever is there', async () => {
    const { result, own, calls, lines } = await planned({ attachment: ana }, waiting, true);
    expect(result).toEqual(own);
    expect({ calls, lines }).toEqual({ calls: [], lines: [] });
  });
});

describe('a laptop that lives', () => {
  it('is handed the snapshot without secrets, and its plan is executed and bears its name', async () => {
    const secret = nodeOf(base, { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'hunter2' } });
    const snapshot = scene({ nodes: [secret], pods: times(12, (i) => pending({ name: `web-${i}` })) });
    // WHEN it answers after two seconds
    const { result, own, words, handover } = await planned(
      { attachment: ana, answersAfterMs: 2000, answer: waits },
      snapshot,
    );
    // THEN
    expect(own.intents).not.toEqual([]);
    expect(result).toEqual({ ...own, intents: [], by: 'ana@mac' });
    expect(words).toEqual([expect.objectContaining({ outcome: 'executed', nonce: 'n-ana', epoch: 7 })]);
    const parcel = JSON.parse(handover?.body ?? '') as Parcel;
    expect(handover?.body).not.toContain('hunter2');
    expect(plan(parcel.snapshot, parcel.config)).toEqual(own);
  });

  it('whose clock is years ahead or behind is waited for all the same, for its clock is not looked at', async () => {
    for (const since of ['1970-01-01T00:00:00.000Z', '2050-01-01T00:00:00.000Z', 'no time at all']) {
      const { result } = await planned({ attachment: { ...ana, since }, answersAfterMs: 5000, answer: waits });
      expect(result.by).toBe('ana@mac');
    }
  });

  it('and answers late is not waited for beyond ten seconds', async () => {
    const { result, own, words, ms } = await planned({ attachment: ana, answersAfterMs: 60_000 });
    expect(result).toEqual(own);
    expect(words).toEqual([expect.objectContaining({ outcome: 'late', text: 'no answer within 10.0 s' })]);
    expect(ms).toBe(10_000);
  });

  it('is not waited for where the tick has no time for it', async () => {
    const { result, own, words, ms } = await planned({ attachment: ana, answersAfterMs: 0, remainingMs: 25_400 });
    expect(result).toEqual(own);
    expect(words).toEqual([expect.objectContaining({ outcome: 'late', text: expect.stringMatching(/no time/) })]);
    expect(ms).toBe(0);
  });

  it('is waited for only as long as what was seen stays fresh', async () => {
    const policy = { ...config.policy, dataMaxAgeMs: 8_000 };
    const { ms } = await planned({ attachment: ana, settings: { policy } });
    expect(ms).toBe(4_000);
  });
});

describe('a laptop that is dead', () => {
  it('before it answered is given up after four seconds without a beat', async () => {
    const { result, own, words, lines, ms } = await planned({ attachment: ana, diesAfterMs: 0 });
    expect(result).toEqual(own);
    expect(words).toEqual([expect.objectContaining({ outcome: 'silent', text: 'no heartbeat for 4.0 s' })]);
    expect(lines).toEqual([
      { level: 'warn', message: expect.stringMatching(/^live: ana@mac: no heartbeat for 4\.0 s/) },
    ]);
    expect(ms).toBe(4000);
  });

  it('that died while it planned is given up four seconds after its last beat was heard', async () => {
    const { words, ms } = await planned({ attachment: ana, diesAfterMs: 3000 });
    expect(words).toEqual([expect.objectContaining({ outcome: 'silent' })]);
    expect(ms).toBeLessThan(9000);
  });

  it('since the look before costs one read and no wait, whatever its item says', async () => {
    const memory: LiveMemory = {};
    await planned({ attachment: ana, diesAfterMs: 0, memory });
    const { result, own, calls, lines, ms } = await planned({
      attachment: ana,
      diesAfterMs: 0,
      memory,
      now: T0 + 120_000,
    });
    expect(result).toEqual(own);
    expect({ calls, ms }).toEqual({ calls: ['attachment'], ms: 0 });
    expect(lines).toEqual([{ level: 'info', message: expect.stringMatching(/no heartbeat of ana@mac since/) }]);
  });

  it('and comes back is heard again', async () => {
    const memory: LiveMemory = { heard: { nonce: 'n-ana', beat: 1, at: T0 - 120_000 } };
    const { result } = await planned({ attachment: { ...ana, beat: 2 }, answersAfterMs: 500, answer: waits, memory });
    expect(result.by).toBe('ana@mac');
  });
});

describe('an answer that must not be executed is refused with a word, and the function plans by itself', () => {
  const tooMany = (own: Plan): Partial<Answer> => ({
    body: JSON.stringify({
      ...own,
      intents: [
        { kind: 'launch', pool: 'burst', count: 10, reason: 'pending-pods', pods: times(12, (i) => `uid-web-${i}`) },
      ],
    }),
  });
  const removeBase = (own: Plan): Partial<Answer> => ({
    body: JSON.stringify({
      ...own,
      intents: [{ kind: 'remove', node: 'worker-i-ba5e', instance: 'i-ba5e', pool: '', reason: 'cpu-low' }],
    }),
  });

  it.each<[string, NonNullable<Laptop['answer']>, RegExp]>([
    ['a plan that breaks a limit', tooMany, /breaks a limit/],
    ['a plan that removes a base worker', removeBase, /would add nodes now|base worker/],
    ['a foreign epoch', () => ({ epoch: 6 }), /epoch 6, and this tick has 7/],
    ["another attachment's", () => ({ nonce: 'n-bob' }), /another attachment/],
    ['another contract', () => ({ contract: 'old' }), /contract old/],
    ['no JSON', () => ({ body: '{' }), /no JSON/],
    ['JSON without end', () => ({ body: '['.repeat(200_000) }), /no JSON/],
    ['more text than an answer may have', () => ({ body: ' '.repeat(2 ** 20 + 1) }), /is larger than 1 MiB/],
    [
      'an answer that the mailbox did not even unpack',
      () => {
        throw new AnswerTooLarge();
      },
      /the answer is larger than 1 MiB/,
    ],
    ['a planner that failed', () => ({ failed: true, body: 'TypeError: x' }), /planner failed: TypeError: x/],
    [
      'the end of a tick',
      (own) => ({ body: JSON.stringify({ ...own, decision: { code: 'lease-lost', text: '' } }) }),
      /decision\.code is "lease-lost"/,
    ],
    [
      'a field of the state',
      (own) => ({ body: JSON.stringify({ ...own, memory: { ...own.memory, paused: false } }) }),
      /memory\.paused/,
    ],
    [
      'a field of all objects',
      (own) => ({
        body: JSON.stringify(own).replace('"pools":{', '"pools":{"__proto__":{"code":"steady","text":""},'),
      }),
      /pools\.__proto__/,
    ],
    [
      'a terminal that is taken over',
      (own) => ({ body: JSON.stringify({ ...own, decision: { code: 'steady', text: '\u001b[2J' } }) }),
      /control or format characters/,
    ],
    ...['all well\ndone:\n  launched i-FORGED', 'all\twell', 'all \u202ellew', 'all\u2028well', 'all\u200bwell'].map(
      (text): [string, NonNullable<Laptop['answer']>, RegExp] => [
        `words that are no one line: ${JSON.stringify(text)}`,
        (own) => ({ body: JSON.stringify({ ...own, decision: { ...own.decision, text } }) }),
        /decision\.text is "all.*, but must be one line/,
      ],
    ),
  ])('%s', async (_, answer, why) => {
    const { result, own, words, lines } = await planned({ attachment: ana, answersAfterMs: 400, answer });
    expect(result).toEqual(own);
    expect(words).toEqual([expect.objectContaining({ outcome: 'refused', text: expect.stringMatching(why) })]);
    expect(lines).toEqual([{ level: 'warn', message: expect.stringMatching(/^live: ana@mac refused: /) }]);
  });

  it('and what the refusal repeats of it is one line too', async () => {
    const answer = { failed: true, body: 'no\nlive: all is well\u202e' };
    const { words, lines } = await planned({ attachment: ana, answersAfterMs: 400, answer: () => answer });
    expect(words[0]?.text).toBe("the laptop's planner failed: no live: all is well ");
    expect(lines[0]?.message).toMatch(/failed: no live: all is well ; planned without/);
  });

  it('but the function’s own words, back from a laptop that agrees, are taken, whatever EC2 said', async () => {
    const detail = 'EC2: You are not authorized.\nEncoded message:\t\u200bx';
    const blind = scene({ snapshot: { instances: { known: false, reason: 'refused', detail } } });
    const { result, own } = await planned({ attachment: ana, answersAfterMs: 400 }, blind);
    expect(own.decision.text).toContain('EC2: You are not authorized. Encoded message: x');
    expect(result.by).toBe('ana@mac');
  });

  it('a laptop of another contract is refused before anything is handed over', async () => {
    const { result, own, words, calls } = await planned({
      attachment: { ...ana, contract: 'older' },
      answersAfterMs: 0,
    });
    expect(result).toEqual(own);
    expect(calls).toEqual(['attachment', 'say']);
    expect(words[0]?.text).toMatch(/speaks contract older, .*: deploy this checkout/);
  });

  it('a protected stage hands nothing over, but may be watched', async () => {
    const settings = { isProtected: true as const };
    const live = await planned({ attachment: ana, settings, answersAfterMs: 0, answer: waits });
    expect(live.result).toEqual(live.own);
    expect(live.words[0]?.text).toMatch(/the stage is protected/);
    const shadow = await planned({ attachment: { ...ana, mode: 'shadow' }, settings });
    expect(shadow.calls).toEqual(['attachment', 'put']);
  });
});

describe('shadow mode', () => {
  it('hands over snapshot and plan, and waits for nobody', async () => {
    const { result, own, calls, handover, ms } = await planned({ attachment: { ...ana, mode: 'shadow' } });
    expect(result).toEqual(own);
    expect({ calls, ms }).toEqual({ calls: ['attachment', 'put'], ms: 0 });
    expect((JSON.parse(handover?.body ?? '') as Parcel).plan).toEqual(own);
  });
});

describe('a mailbox that fails', () => {
  it.each(['attachment', 'put', 'answer'] as const)(
    'at its %s leaves the tick as it is, and is told once',
    async (fail) => {
      const { result, own, lines } = await planned({ attachment: ana, answersAfterMs: 0, fail });
      expect(result).toEqual(own);
      expect(lines).toEqual([
        {
          level: 'warn',
          message: expect.stringMatching(/^live: the mailbox failed \(ProvisionedThroughputExceeded\)/),
        },
      ]);
    },
  );

  it('in that nobody can read who is attached leaves the tick as it is, without a call more', async () => {
    const { result, own, calls, lines } = await planned({ attachment: ana, fail: 'attachment' });
    expect(result).toEqual(own);
    expect({ calls, told: lines.length }).toEqual({ calls: ['attachment'], told: 1 });
  });

  it('at its word takes nothing of the plan that was taken', async () => {
    const { result } = await planned({ attachment: ana, answersAfterMs: 0, answer: waits, fail: 'say' });
    expect(result.by).toBe('ana@mac');
  });
});

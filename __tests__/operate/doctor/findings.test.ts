import { emptyState } from '../../../src/autoscaler/state';
import { NotNow, Unusable } from '../../../src/deploy/errors';
import { CHECKS } from '../../../src/operate/doctor/doctor';
import type { Alarm, Outside } from '../../../src/operate/doctor/outside/outside';
import { inWords } from '../../../src/operate/doctor/words';
import { instance, launching, MINUTE, config as runtime, scene, T0 } from '../../autoscaler/builders';
import { AFTER, BEFORE, LEFT } from './cases';
import { alarm, bad, examined, NOW, seen, server, tick, worker } from './healthy';

/** Each finding, and the one thing that has to be different for it: `cases.ts`. */

const lonely = instance('i-10e1');
const denied = (right: string) => async () => {
  throw new Unusable('AWS', 'it', {
    value: undefined,
    rule: `your credentials must allow ${right}`,
    fix: 'ask for it',
  });
};

describe('a healthy stage', () => {
  it('has no finding, and every check has looked', async () => {
    const diagnosis = await examined();
    expect(bad(diagnosis)).toEqual([]);
    expect(diagnosis).toMatchObject({ account: '123456789012', deployed: true, counts: { problem: 0, unknown: 0 } });
    const skipped = diagnosis.findings.filter(({ level }) => level === 'skipped').map(({ check }) => check);
    expect(skipped).toEqual(['interfaces']);
    expect(new Set(diagnosis.findings.map(({ check }) => check)).size).toBe(CHECKS.length);
  });
});

describe.each([
  ['before a deploy', BEFORE],
  ['after it', AFTER],
  ['of what may be left over', LEFT],
])('%s', (_, rows) => {
  it.each(rows)('%s is told by %s as a %s', async (_finding, check, level, outside, ...[says, config]) => {
    // GIVEN one thing that is not as it should be
    const diagnosis = await examined(outside, config);
    // THEN
    const told = bad(diagnosis).filter((each) => each.check === check);
    expect(told.map((each) => each.level)).toContain(level);
    const text = inWords({ ...diagnosis, findings: told })
      .join('\n')
      .replaceAll(/( \\)?\n\s*/g, ' ');
    expect(text).toMatch(says);
    for (const { rule, fix } of told)
      expect({ rule, fix }).toEqual({ rule: expect.any(String), fix: expect.any(String) });
    expect(diagnosis.counts.problem > 0).toBe(bad(diagnosis).some((each) => each.level === 'problem'));
  });
});

describe('an instance that is no orphan', () => {
  const instances = async () => [server, lonely];
  it.each<[string, Partial<Outside>]>([
    ['had no time to join', { instances: async () => [server, { ...lonely, launchedAt: NOW - MINUTE }] }],
    [
      'belongs to a launch that is open',
      { instances, state: async () => ({ ...emptyState(), operations: [launching({ instances: [lonely.id] })] }) },
    ],
    ['has a Node', { instances, history: async () => seen(scene({ instances: [lonely] })) }],
    [
      'has a Node, as a later tick with the same plan knows',
      { instances, history: async () => seen(scene({ instances: [lonely] }), { key: 'later' }) },
    ],
  ])('%s', async (_, outside) => {
    const { findings } = await examined(outside);
    expect(findings.filter(({ check }) => check === 'orphans')).toMatchObject([{ level: 'ok' }]);
  });
});

describe('alarms that are there though the configuration has them off', () => {
  const told = async (over: Partial<Alarm>) => {
    const { findings } = await examined({ alarms: async () => [alarm('errors'), alarm('orphans', over)] }, {});
    return findings.filter(({ check }) => check === 'alarms');
  };

  it('are looked at, and none is missed', async () => {
    expect(await told({})).toMatchObject([{ level: 'ok', value: expect.stringMatching(/^all 2 are there/) }]);
    expect(await told({ state: 'ALARM', reason: '1 > 0' })).toMatchObject([{ level: 'problem' }]);
  });

  it('have ten minutes to be judged, for their periods are not known', async () => {
    const since = NOW - 10 * MINUTE;
    expect(await told({ state: 'INSUFFICIENT_DATA', since })).toMatchObject([{ level: 'unknown' }]);
    expect(await told({ state: 'INSUFFICIENT_DATA', since: since - 1 })).toMatchObject([{ level: 'warning' }]);
  });
});

describe('a stage that stays as it is', () => {
  it('is known, though its last tick was not recorded whole', async () => {
    const { counts } = await examined({ history: async () => seen(scene({ instances: [worker] }), { key: 'later' }) });
    expect(counts).toMatchObject({ problem: 0, warning: 0, unknown: 0 });
  });

  it('is known in a pause, too, but for what nobody does then', async () => {
    const snapshot = scene({ instances: [worker], snapshot: { state: { ...emptyState(), paused: true } } });
    const { findings, counts } = await examined({ history: async () => seen(snapshot, { key: 'later', ...PAUSED }) });
    expect(counts).toMatchObject({ problem: 0, warning: 1, unknown: 0 });
    expect(findings.find(({ check }) => check === 'launches')?.value).toMatch(/in a pause no limit does/);
  });

  it('is looked at in nothing once it is retired', async () => {
    const retired = { decision: { code: 'retired', text: 'Retired.' } };
    const { findings } = await examined({ history: async () => seen(scene({ instances: [worker] }), retired) });
    for (const name of ['sources', 'launches']) {
      expect(findings.filter(({ check }) => check === name)).toMatchObject([
        { level: 'skipped', value: expect.stringContaining('retired') },
      ]);
    }
  });
});

const PAUSED = { decision: { code: 'paused', text: 'Paused.' } };

describe('what cannot be looked at is unknown, and never ok', () => {
  const right = denied('some:Right');
  const refused: Partial<Outside> = {
    zones: right,
    quota: right,
    concurrency: right,
    hasRole: right,
    offerings: right,
    image: right,
    deployedFunction: right,
    history: right,
    state: right,
    parameters: right,
    alarms: right,
    instances: right,
    looseVolumes: right,
    attachedVolumes: right,
    functionInterfaces: right,
    launchTemplates: right,
  };

  it('without rights: each names the one that lacks, and no problem is made up', async () => {
    const diagnosis = await examined(refused);
    const { findings, counts, deployed } = diagnosis;
    const ofAws = findings.filter(({ where, check }) => where !== 'this machine' && check !== 'account');
    for (const finding of ofAws) {
      expect(finding).toMatchObject({
        level: 'unknown',
        rule: 'your credentials must allow some:Right',
        fix: 'ask for it',
      });
    }
    expect({ problem: counts.problem, deployed }).toEqual({ problem: 0, deployed: null });
  });

  it('where a service never answers, and the others do not wait for it', async () => {
    const { findings } = await examined({ zones: () => new Promise(() => {}) }, undefined, 50);
    expect(findings.filter(({ check }) => check === 'zones')).toMatchObject([
      { level: 'unknown', value: 'no answer within 0.05 s' },
    ]);
    expect(findings.filter(({ check }) => check === 'image')).toMatchObject([{ level: 'ok' }]);
  });

  it('where STS is out of reach, but the others are asked all the same', async () => {
    const identity = async () => {
      throw new NotNow('STS', 'credentials', { value: undefined, rule: 'could not be asked', fix: 'try again' });
    };
    const { findings, account } = await examined({ identity });
    expect(findings.filter(({ check }) => check === 'account')).toMatchObject([{ level: 'unknown' }]);
    expect(findings.filter(({ check }) => check === 'zones')).toMatchObject([{ level: 'ok' }]);
    expect(account).toBeNull();
  });
});

describe('what there is nothing to look at of', () => {
  it('is skipped, with the reason: a stage that is not deployed', async () => {
    const none = async () => [];
    const diagnosis = await examined({
      deployedFunction: async () => undefined,
      instances: none,
      launchTemplates: none,
    });
    const after = diagnosis.findings.filter(({ when }) => when === 'after');
    for (const { level, value } of after) {
      expect({ level, value }).toEqual({ level: 'skipped', value: expect.stringMatching(/not deployed there/) });
    }
    expect(bad(diagnosis)).toEqual([]);
    expect(diagnosis.deployed).toBe(false);
  });

  it.each<[string, string, Record<string, unknown>, Partial<Outside>, RegExp]>([
    ['spot-role', 'no pool buys spot', { pools: { burst: { market: 'on-demand' } } }, {}, /no pool buys spot/],
    ['alarms', 'they are off', {}, { alarms: async () => [] }, /alarms\.enabled is false/],
    [
      'endpoint-names',
      'the function asks inside',
      { network: { functionEgress: 'interface-endpoints' } },
      {},
      /private/,
    ],
    ['endpoint-names', 'AWS is an emulator', {}, { isEmulated: () => true }, /emulator/],
    ['vcpu-quota', 'the region has no such quota', {}, { quota: async () => undefined }, /knows no such quota/],
  ])('%s: %s', async (check, _, config, outside, why) => {
    const { findings } = await examined(outside, config);
    expect(findings.filter((each) => each.check === check)[0]).toMatchObject({
      level: 'skipped',
      value: expect.stringMatching(why),
    });
  });
});

it('a tick of another plan is not judged by an old recording, and one that is too old not at all', async () => {
  const late = await examined({ now: () => T0 + 7 * MINUTE });
  expect(late.findings.filter(({ check }) => check === 'sources')).toMatchObject([
    { level: 'unknown', value: 'the last tick is too old: see last-tick' },
  ]);
  expect(tick().plan).toBe('same');
  expect(runtime.scheduleMs).toBe(2 * MINUTE);
});

import { LABEL } from '../../../../src/autoscaler/names';
import type { PodTerm, SpreadConstraint, Pod as TPod } from '../../../../src/autoscaler/snapshot';
import { ALL, app, type Case, ending, labelled, type Nodes, spreading, type There, takers, term } from './takers';

/** What company a pod needs and refuses. Of each rule one case that it lets through and one that it does not. */

describe('affinity', () => {
  const near = (...terms: PodTerm[]): Partial<TPod> => ({ ...labelled('web'), affinity: terms });
  const db = [labelled('db')];

  it.each<Case>([
    ['goes to the zone of whom it selects', near(term('db', LABEL.zone)), { a1: db }, ['a1', 'a2']],
    ['goes to the node of whom it selects', near(term('db', LABEL.hostname)), { a1: db }, ['a1']],
    ['goes nowhere where there is none', near(term('db', LABEL.zone)), {}, []],
    ['goes anywhere as the first of a group that selects itself', near(term('web', LABEL.zone)), {}, ALL],
    [
      'goes to the others of its group, not to where it would be the first again',
      near(term('web', LABEL.zone)),
      { b1: [labelled('web')] },
      ['b1'],
    ],
    [
      'is not the first of a group where only one of two terms selects itself',
      near(term('web', LABEL.zone), term('db', LABEL.zone)),
      {},
      [],
    ],
    [
      'counts no pod of another namespace',
      near(term('db', LABEL.zone)),
      { a1: [{ ...labelled('db'), namespace: 'other' }] },
      [],
    ],
    [
      'counts pods of a namespace that it names',
      near(term('db', LABEL.zone, { namespaces: ['other'] })),
      { a1: [{ ...labelled('db'), namespace: 'other' }] },
      ['a1', 'a2'],
    ],
    [
      'counts pods that end, which are there still',
      near(term('db', LABEL.zone)),
      { a1: [{ ...labelled('db'), ...ending }] },
      ['a1', 'a2'],
    ],
    ['selects no pod without a selector', near({ namespaces: ['default'], topologyKey: LABEL.zone }), { a1: db }, []],
    ['goes to no node without the label of its topology', near(term('web', 'rack')), {}, []],
  ])('%s', (_, over, there, expected) => {
    expect(takers(over, there)).toEqual(expected);
  });
});

describe('anti-affinity', () => {
  const apart = (...terms: PodTerm[]): Partial<TPod> => ({ ...labelled('web'), antiAffinity: terms });
  const web = [labelled('web')];
  const refusing = (one: PodTerm) => [{ ...labelled('db'), antiAffinity: [one] }];

  it.each<Case>([
    ['keeps off the node of whom it selects', apart(term('web', LABEL.hostname)), { a1: web }, ['a2', 'b1']],
    ['keeps off the zone of whom it selects', apart(term('web', LABEL.zone)), { a1: web }, ['b1']],
    ['goes anywhere where there is none', apart(term('web', LABEL.zone)), { a1: [labelled('db')] }, ALL],
    [
      'of a pod that is there keeps off whom it selects',
      labelled('web'),
      { a1: refusing(term('web', LABEL.zone)) },
      ['b1'],
    ],
    ['of a pod that is there lets others come', labelled('batch'), { a1: refusing(term('web', LABEL.zone)) }, ALL],
    [
      'of a pod that is there minds the namespace',
      { ...labelled('web'), namespace: 'other' },
      { a1: refusing(term('web', LABEL.zone)) },
      ALL,
    ],
    [
      'counts no pod of another namespace',
      apart(term('web', LABEL.hostname)),
      { a1: [{ ...labelled('web'), namespace: 'other' }] },
      ALL,
    ],
    [
      'counts pods that end, which are there still',
      apart(term('web', LABEL.hostname)),
      { a1: [{ ...labelled('web'), ...ending }] },
      ['a2', 'b1'],
    ],
    ['holds nothing against a node without the label of its topology', apart(term('web', 'rack')), { a1: web }, ALL],
    [
      'keeps off whom any of its terms selects',
      apart(term('web', LABEL.hostname), term('db', LABEL.hostname)),
      { a1: web, b1: [labelled('db')] },
      ['a2'],
    ],
  ])('%s', (_, over, there, expected) => {
    expect(takers(over, there)).toEqual(expected);
  });
});

describe('spread', () => {
  const over = (some: Partial<SpreadConstraint> = {}, more: Partial<TPod> = {}): Partial<TPod> => ({
    ...labelled('web'),
    spread: [spreading(some)],
    ...more,
  });
  const web = labelled('web');
  const onA = { nodeSelector: { [LABEL.zone]: 'a' } };
  const revision = (hash: string): Partial<TPod> => ({ labels: { app: 'web', 'pod-template-hash': hash } });
  const ofRevision = [...app('web'), { key: 'pod-template-hash', operator: 'In' as const, values: ['new'] }];
  const spreadOf = (some: Partial<SpreadConstraint>) => over(some).spread ?? [];
  const byRack = over({}, { spread: [...spreadOf({}), ...spreadOf({ topologyKey: 'rack', maxSkew: 9 })] });
  const racks = (...names: string[]): Nodes =>
    Object.fromEntries(names.map((name) => [name, { labels: { rack: name } }]));
  const taint: Nodes = { b1: { taints: [{ key: 'for', effect: 'NoSchedule' }] } };

  it.each<[string, Partial<TPod>, There, string[], Nodes?]>([
    ['goes where there are as many', over(), { a1: [web], b1: [web] }, ALL],
    ['keeps off the zone that has one more', over(), { a1: [web] }, ['b1']],
    ['goes there if the skew may be two', over({ maxSkew: 2 }), { a1: [web] }, ALL],
    [
      'of a pod that its own selector leaves out may come where one more is',
      over({}, labelled('batch')),
      { a1: [web] },
      ALL,
    ],
    ['of such a pod minds two more', over({}, labelled('batch')), { a1: [web, web] }, ['b1']],
    ['counts no pod of another namespace', over(), { a1: [{ ...web, namespace: 'other' }] }, ALL],
    ['counts no pod that ends', over(), { a1: [{ ...web, ...ending }] }, ALL],
    [
      'counts no pod where it has no selector',
      {
        ...web,
        spread: [{ topologyKey: LABEL.zone, maxSkew: 1, minDomains: 1, honorAffinity: true, honorTaints: false }],
      },
      { a1: [web, web] },
      ALL,
    ],
    ['counts no pod by an empty selector', over({ selector: [] }), { a1: [web, web] }, ALL],
    // No such skew passes the API server: it shows what is counted.
    ['counts the pod itself by an empty selector', over({ selector: [], maxSkew: 0 }), {}, []],
    ['goes to no node without the label of its topology', over({ topologyKey: 'rack' }), {}, []],
    ['counts a node that bears the label of each of its constraints', byRack, { a1: [web] }, ['b1'], racks('a1', 'b1')],
    [
      'counts no pod of a node that lacks the label of another one',
      byRack,
      { a2: [web] },
      ['a1', 'b1'],
      racks('a1', 'b1'),
    ],
    [
      'counts no zone whose nodes lack the label of another one',
      byRack,
      { a1: [web] },
      ['a1', 'a2'],
      racks('a1', 'a2'),
    ],
    [
      'counts such nodes for a pod that has only the one constraint, beside one that has both',
      over(),
      { a2: [web, { ...web, spread: byRack.spread ?? [] }] },
      ['b1'],
      racks('a1', 'b1'),
    ],
    ['over two zones of at least two asks for no third', over({ minDomains: 2 }), { a1: [web], b1: [web] }, ALL],
    [
      'over two zones of at least three counts the third as empty',
      over({ minDomains: 3 }),
      { a1: [web], b1: [web] },
      [],
    ],
    ['counts no zone that the node selector leaves out', over({}, onA), { a1: [web] }, ['a1', 'a2']],
    ['counts such a zone where affinity is ignored', over({ honorAffinity: false }, onA), { a1: [web] }, []],
    ['counts a zone of nodes whose taint is not tolerated', over(), { a1: [web] }, [], taint],
    ['counts no such zone where taints are honoured', over({ honorTaints: true }), { a1: [web] }, ['a1', 'a2'], taint],
    ['counts both revisions by its labels alone', over({}, revision('new')), { a1: [revision('old')] }, ['b1']],
    [
      'counts its own revision alone by matchLabelKeys',
      over({ selector: ofRevision }, revision('new')),
      { a1: [revision('old')] },
      ALL,
    ],
  ])('%s', (_, wanted, there, expected, nodes = {}) => {
    expect(takers(wanted, there, nodes)).toEqual(expected);
  });
});

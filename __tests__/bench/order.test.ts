import { mixedInput, ZONES } from '../../bench/inputs/mix';
import { type BenchPod, HOST, type Input, type Labels, matches, type PlanNode, ZONE } from '../../bench/schema';
import { verify } from '../../bench/verify';
import { Random } from '../../src/world/random';
import { input, node, plan, pod, spread } from './plans';

/** Places pods one by one in a drawn order, each wherever its constraints allow it then: some order exists. */
function placedInSomeOrder(mixed: Input, seed: number): PlanNode[] {
  const random = new Random(seed, 'order');
  const draw = <T>(values: T[]): T => values[Math.floor(random.next() * values.length)] as T;
  const nodes: { zone: string; pods: BenchPod[] }[] = [];
  const there = (selector: Labels, zone: string) =>
    nodes
      .filter((node) => node.zone === zone)
      .flatMap(({ pods }) => pods)
      .filter((pod) => matches(selector, pod.labels)).length;

  const zoneHolds = (pod: BenchPod, zone: string): boolean => {
    const spread = (pod.topologySpread ?? []).every(({ topologyKey, matchLabels, maxSkew }) => {
      const least = Math.min(...ZONES.map((other) => there(matchLabels, other)));
      const self = matches(matchLabels, pod.labels) ? 1 : 0;
      return topologyKey === HOST || there(matchLabels, zone) + self - least <= maxSkew;
    });
    const affinity = (pod.podAffinity ?? []).every(
      ({ matchLabels }) => there(matchLabels, zone) > 0 || ZONES.every((other) => there(matchLabels, other) === 0),
    );
    return spread && affinity;
  };
  const nodeHolds = (pod: BenchPod, { pods }: { pods: BenchPod[] }): boolean => {
    const apart = pod.podAntiAffinity !== undefined && pods.some((other) => other.podAntiAffinity !== undefined);
    const spread = (pod.topologySpread ?? []).every(({ topologyKey, matchLabels, maxSkew }) => {
      const others = pods.filter((other) => matches(matchLabels, other.labels)).length;
      return topologyKey === ZONE || others + (matches(matchLabels, pod.labels) ? 1 : 0) <= maxSkew;
    });
    return pods.length < 8 && !apart && spread;
  };

  const drawn = mixed.pods.map((pod) => ({ pod, at: random.next() })).sort((a, b) => a.at - b.at);
  for (const { pod } of drawn) {
    const zone = draw(ZONES.filter((each) => zoneHolds(pod, each)));
    const node = draw(nodes.filter((each) => each.zone === zone && nodeHolds(pod, each)));
    if (node) node.pods.push(pod);
    else nodes.push({ zone, pods: [pod] });
  }
  return nodes.map(({ zone, pods }) => ({
    instanceType: 'it-020',
    zones: [zone],
    // Their order is not given away.
    pods: pods.map(({ name }) => name).sort(),
  }));
}

describe('where an order of placing exists, one is found', () => {
  it.each([1, 2, 3, 4, 5])('seed %i', (seed) => {
    const mixed = mixedInput(200, 20, 0, seed);
    expect(verify(mixed, plan(placedInSomeOrder(mixed, seed))).violations).toEqual([]);
  });
});

describe('an order that the planner tells', () => {
  const web = { app: 'web' };
  const of = input([pod('bound', spread(ZONE)), pod('plain')]);
  const made = plan([node('zone-1', ['bound', 'plain'])]);

  it('is used where everything holds in it', () => {
    expect(verify(of, { ...made, order: ['bound', 'plain'] }).violations).toEqual([]);
  });

  it('is nothing to rely on where it does not, is not whole, or names others', () => {
    for (const order of [['plain', 'bound'], ['bound'], ['bound', 'plain', 'ghost'], ['bound', 'bound']]) {
      expect(verify(of, { ...made, order }).violations).toEqual([]);
    }
    const wrong = input([pod('a', { labels: web, ...spread(ZONE) }), pod('b', { labels: web, ...spread(ZONE) })]);
    const both = plan([node('zone-1', ['a', 'b'])], { order: ['a', 'b'] });
    expect(verify(wrong, both).violations).toMatchObject([{ rule: 'zone spread' }]);
  });
});

it('where all is put into one zone, none is found', () => {
  const mixed = mixedInput(200, 20, 0, 1);
  const nodes = placedInSomeOrder(mixed, 1).map((node) => ({ ...node, zones: ['zone-1'] }));
  const rules = verify(mixed, plan(nodes)).violations.map(({ rule }) => rule);
  expect(rules.length).toBeGreaterThan(5);
  expect(new Set(rules)).toEqual(new Set(['zone spread']));
});

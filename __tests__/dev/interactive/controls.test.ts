import { AskedTicks } from '../../../src/dev/interactive/asked';
import { Controls } from '../../../src/dev/interactive/controls';
import { FAULTS } from '../../../src/dev/interactive/menus';
import { Pacer } from '../../../src/dev/interactive/pacer';
import type { Wire } from '../../../src/world/contract';
import { type Fault, START } from '../../../src/world/scenario/types';
import type { World } from '../../../src/world/world';
import { launch, newWorld } from '../../world/builders';

/** The key and the web view's control by which EC2 takes a worker. */

const step = FAULTS[0]?.step as (typeof FAULTS)[number]['step'];
const MINUTE_MS = 60_000;

let world: World;
let controls: Controls;
let faults: Fault[];
let told: string[];

beforeEach(() => {
  world = newWorld();
  faults = [];
  told = [];
  const pacer = new Pacer({ now: () => 0, sleep: async () => {} }, 60);
  controls = new Controls(
    pacer,
    new AskedTicks(),
    'scenarios',
    () => {},
    (line) => told.push(line),
  );
  const wire = { addFaults: (more: Fault[]) => faults.push(...more) } as unknown as Wire;
  controls.attach({ model: world, wire });
});

let launches = 0;
const launched = (market: 'spot' | 'on-demand'): string =>
  world.ec2.runInstances(launch({ market, clientToken: `token-${launches++}` })).instances[0]?.id as string;
const pass = (ms: number) => world.clock.advanceTo(world.clock.now() + ms);

it('takes the oldest spot worker, though one on demand is older and another spot worker joins still', () => {
  // GIVEN
  launched('on-demand');
  pass(MINUTE_MS);
  const spot = launched('spot');
  pass(5 * MINUTE_MS);
  launched('spot');
  // WHEN
  expect(controls.fault(step)).toBeUndefined();
  pass(0);
  // THEN
  const atMs = world.clock.now() - START;
  expect(faults).toEqual([{ kind: 'spot-interruption', target: spot, atMs }]);
  expect(told).toEqual([]);
});

it.each<[string, () => void, string]>([
  ['no worker', () => {}, 'none, and 0 on demand'],
  ['workers on demand alone', () => void launched('on-demand'), 'none, and 1 on demand'],
])('GIVEN %s says that EC2 takes none, and what to do', (_, given, value) => {
  given();
  pass(5 * MINUTE_MS);
  // WHEN
  const refusal = controls.fault(step);
  pass(0);
  // THEN the web view is answered so, and the terminal told
  expect(refusal).toMatchObject({
    where: 'spot workers in the cluster',
    value,
    fix: expect.stringContaining("'spot'"),
  });
  expect(told).toEqual([expect.stringMatching(/^EC2 takes no worker\. .*the scenario spot.*has joined\.$/)]);
  expect(faults).toEqual([]);
});

it('GIVEN a spot worker that joins still says so too', () => {
  launched('spot');
  expect(controls.fault(step)).toMatchObject({ value: 'none, and 0 on demand' });
});

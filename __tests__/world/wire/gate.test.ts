import { Gate, type Participant } from '../../../src/world/wire/gate';

const participant = (index: number, start: number): Participant & { withheld: boolean; at: number } => ({
  index,
  at: start,
  withheld: false,
  now() {
    return this.at;
  },
  moveTo(at: number) {
    this.at = at;
  },
  isWithheld() {
    return this.withheld;
  },
});

const setUp = () => {
  let now = 0;
  const clock = {
    now: () => now,
    schedule: () => () => {},
    advanceTo: (at: number) => {
      now = Math.max(now, at);
    },
  };
  const order: string[] = [];
  const effect = (name: string) => () => {
    order.push(`${name}@${now}`);
  };
  return { gate: new Gate(clock), order, effect };
};

describe('the gate', () => {
  it('waits for all that run, and lets the earliest clock go first', async () => {
    // GIVEN two invocations, the later of which asks first
    const { gate, order, effect } = setUp();
    const [late, early] = [participant(0, 50), participant(1, 20)];
    gate.begin(late);
    gate.begin(early);
    const first = gate.pass(late, effect('late'));
    expect(order).toEqual([]);
    // WHEN the other asks too, and ends after its turn
    await gate.pass(early, effect('early'));
    gate.end(early);
    await first;
    // THEN
    expect(order).toEqual(['early@20', 'late@50']);
  });

  it('lets the lowest index go first at the same time', async () => {
    const { gate, order, effect } = setUp();
    const all = [0, 1, 2].map((index) => participant(index, 10));
    for (const one of all) gate.begin(one);
    // WHEN they arrive the other way round, each with one mutation
    const passes = [...all].reverse().map((one) => gate.pass(one, effect(String(one.index))).then(() => gate.end(one)));
    await Promise.all(passes);
    // THEN
    expect(order).toEqual(['0@10', '1@10', '2@10']);
  });

  it('never turns the world back', async () => {
    // GIVEN an invocation that was withheld while the world went on
    const { gate, order, effect } = setUp();
    const [frozen, running] = [participant(0, 5), participant(1, 100)];
    gate.begin(frozen);
    gate.begin(running);
    frozen.withheld = true;
    await gate.pass(running, effect('running'));
    gate.end(running);
    // WHEN it wakes
    frozen.withheld = false;
    await gate.pass(frozen, effect('frozen'));
    // THEN its mutation is of now, and so is its clock
    expect(order).toEqual(['running@100', 'frozen@100']);
    expect(frozen.at).toBe(100);
  });

  it('forgets the mutations of an invocation that was killed', async () => {
    const { gate, order, effect } = setUp();
    const [killed, other] = [participant(0, 1), participant(1, 2)];
    gate.begin(killed);
    gate.begin(other);
    const lost = gate.pass(killed, effect('killed'));
    // WHEN
    gate.end(killed);
    await gate.pass(other, effect('other'));
    await lost;
    // THEN
    expect(order).toEqual(['other@2']);
  });
});

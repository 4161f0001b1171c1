import { evaluate, parseExpectation } from '../../../src/world/scenario/expect';

const REPORT = {
  summary: { podsRunning: 50, nodesAtBase: 1, quiet: true, costUsd: null },
  timeline: [{ decision: 'steady' }, { decision: 'pending-pods', time: '2026-01-05T00:04:00.000Z' }],
  calls: { 'ec2.RunInstances': 1 },
  operations: [],
};

describe('evaluate', () => {
  it.each([
    ['summary.podsRunning == 50', true],
    ['summary.podsRunning != 50', false],
    ['summary.podsRunning>=50', true],
    ['summary.podsRunning < 50', false],
    ['summary.podsRunning <= 49.5', false],
    ['summary.podsRunning > -1', true],
    ['summary.quiet == true', true],
    ['summary.costUsd == null', true],
    ['summary.costUsd >= 0', false],
    ['timeline[0].decision == "steady"', true],
    ["timeline[-1].decision == 'pending-pods'", true],
    ['timeline[-1].decision == pending-pods', true],
    ['timeline[1].time > "2026-01-05T00:03:00.000Z"', true],
    ['timeline[7].decision == "steady"', false],
    ['timeline.length == 2', true],
    ['operations.length == 0', true],
    ['calls.ec2.RunInstances == 1', true],
    ['summary.podsRunning == "50"', false],
    ['summary.noSuchThing != 3', false],
    ['summary.toString != 3', false],
  ])('%s is %s', (expression, pass) => {
    expect(evaluate(expression, REPORT)).toMatchObject({ expression, pass });
  });

  it('shows the actual value, and none where the path leads nowhere', () => {
    expect(evaluate('summary.podsRunning == 3', REPORT)).toEqual({
      expression: 'summary.podsRunning == 3',
      actual: 50,
      pass: false,
    });
    expect(evaluate('summary.missing == null', REPORT)).toEqual({ expression: 'summary.missing == null', pass: false });
  });
});

describe('parseExpectation', () => {
  it.each(['summary', 'summary ==', '== 3', 'a..b == 3', 'a[x] == 3', '.a == 3', 'a == two words', 'a = 3', 'a === 3'])(
    'refuses %s',
    (text) => {
      expect(parseExpectation(text)).toHaveProperty('problem');
    },
  );
});

import { weekGoals } from '../../../bench/backtest/backtest';
import { goalsTable } from '../../../bench/tables';

describe('the goal of a backtest', () => {
  it('is kept by the median, whatever the slowest round took', () => {
    const goals = weekGoals([9000, 30_000, 10_000]);
    expect(goals).toMatchObject([{ kept: true, is: '10.0 s' }]);
    expect(goalsTable(goals)).toMatch(/\| at most 10 s for a week .* \| 10\.0 s \| kept \|$/);
  });

  it('is missed by a median above it, and that is said', () => {
    const goals = weekGoals([9000, 30_000, 10_001]);
    expect(goals).toMatchObject([{ kept: false }]);
    expect(goalsTable(goals)).toMatch(/\*\*missed\*\* \|$/);
  });
});

import { lookMs } from '../../src/autoscaler/look';
import { config } from './builders';

describe('a look at Kubernetes may take', () => {
  it.each<[remaining: number, dataMaxAgeMs: number, ms: number]>([
    [60_000, 90_000, 15_000],
    [30_000, 90_000, 7_500],
    // What Prometheus said in the meantime must not be too old by then
    [600_000, 90_000, 45_000],
    [60_000, 10_000, 5_000],
    [0, 90_000, 1],
  ])('with %i ms left and data that may be %i ms old: %i ms', (remaining, dataMaxAgeMs, ms) => {
    expect(lookMs({ remaining: () => remaining }, { policy: { ...config.policy, dataMaxAgeMs } })).toBe(ms);
  });
});

import { exitCodeOf } from '../../src/cli/doctor';
import type { Outside } from '../../src/operate/doctor/outside/outside';
import { examined, lambda, NOW } from '../operate/doctor/healthy';

/** The exit codes of docs/doctor.md, by what was found; those of the command itself: `doctor.long.test.ts`. */

const isNew = { history: async () => undefined, deployedFunction: async () => lambda({ changedAt: NOW }) };

it.each<[string, Partial<Outside>, number]>([
  ['nothing', {}, 0],
  ['a warning', { hasRole: async () => false }, 0],
  ['a problem', { nodeVersion: () => '18.0.0' }, 1],
  ['something unknown', { alarms: () => Promise.reject(Object.assign(new Error(), { name: 'TimeoutError' })) }, 3],
  ['what the first minutes leave unknown', isNew, 3],
  ['a problem, and something unknown', { ...isNew, nodeVersion: () => '18.0.0' }, 1],
])('%s', async (_found, outside, code) => {
  const { counts } = await examined(outside);
  expect(exitCodeOf(counts)).toBe(code);
});

it('one of each is enough', () => {
  expect(exitCodeOf({ problem: 1, unknown: 0 })).toBe(1);
  expect(exitCodeOf({ problem: 0, unknown: 1 })).toBe(3);
});

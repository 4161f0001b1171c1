import type { Call } from '../../../src/world/contract';
import { type ServiceFault, START } from '../../../src/world/scenario/types';
import { Faults } from '../../../src/world/wire/faults';
import { HandModel } from './hand-model';

const run: Call = {
  service: 'ec2',
  operation: 'RunInstances',
  mutates: true,
  attributes: { market: 'spot', zone: 'us-east-1a' },
};
const service = (fault: Partial<ServiceFault>): ServiceFault => ({
  kind: 'service',
  atMs: 60_000,
  service: 'ec2',
  ...fault,
});

describe('faults', () => {
  it.each([
    ['before its time', START + 59_999, {}, undefined],
    ['at its time', START + 60_000, {}, 'error'],
    ['for another operation', START + 60_000, { operation: 'DescribeInstances' }, undefined],
    ['for other attributes', START + 60_000, { when: { market: 'spot', zone: 'us-east-1b' } }, undefined],
    ['for the same attributes', START + 60_000, { when: { market: 'spot', zone: 'us-east-1a' } }, 'error'],
    ['after its window', START + 70_000, { forMs: 10_000 }, undefined],
  ])('%s', (_name, at, fault, expected) => {
    const faults = new Faults(new HandModel());
    faults.add([service({ error: 'Oops', ...fault })]);
    expect(faults.take(run, at)?.kind).toBe(expected);
  });

  it('happens once by default, `times` times when told, and without end within a window', () => {
    const taken = (fault: Partial<ServiceFault>) => {
      const faults = new Faults(new HandModel());
      faults.add([service({ error: 'Oops', ...fault })]);
      return Array.from({ length: 5 }, () => faults.take(run, START + 60_000)).filter(Boolean).length;
    };
    expect([taken({}), taken({ times: 3 }), taken({ forMs: 1 }), taken({ forMs: 1, times: 2 })]).toEqual([1, 3, 5, 2]);
  });

  it('crashes at the call that is named', () => {
    const faults = new Faults(new HandModel());
    faults.add([service({ service: 'lambda', fault: 'crash', after: 'ec2.RunInstances' })]);
    expect(faults.take({ ...run, operation: 'TerminateInstances' }, START + 60_000)).toBeUndefined();
    expect(faults.take(run, START + 60_000)).toEqual({ kind: 'crash', when: 'after' });
  });

  it('hands what befalls nodes to the model at its time', () => {
    // GIVEN
    const model = new HandModel();
    const faults = new Faults(model);
    faults.add([{ kind: 'spot-interruption', atMs: 5_000, target: 'oldest' }]);
    expect(model.nodeFaults).toEqual([]);
    // WHEN
    model.clock.advanceTo(START + 5_000);
    // THEN
    expect(model.nodeFaults).toHaveLength(1);
  });
});

import { launch, newWorld, seconds } from '../builders';

const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'none';
};

describe('EC2', () => {
  it('answers the same token with the same instances, and another request under it with a mismatch', () => {
    // GIVEN
    const { ec2, clock } = newWorld();
    const first = ec2.runInstances(launch({ maxCount: 2 }));
    // WHEN
    const again = ec2.runInstances(launch({ maxCount: 2 }));
    // THEN
    expect(again).toEqual(first);
    expect(first.instances.map(({ id }) => id)).toEqual([
      expect.stringMatching(/^i-[0-9a-f]{17}$/),
      expect.any(String),
    ]);
    expect(refusal(() => ec2.runInstances(launch({ maxCount: 3 })))).toBe('IdempotentParameterMismatch');
    // Tokens are zonal.
    expect(ec2.runInstances(launch({ maxCount: 2, subnetId: 'subnet-b' })).reservationId).not.toBe(first.reservationId);
    // AND a token whose instances have all ended launches nothing.
    clock.advanceTo(seconds(100));
    ec2.terminateInstances(first.instances.map(({ id }) => id));
    clock.advanceTo(seconds(131));
    expect(refusal(() => ec2.runInstances(launch({ maxCount: 2 })))).toBe('IdempotentInstanceTerminated');
  });

  it('refuses what does not exist, by EC2’s own codes', () => {
    const { ec2 } = newWorld();
    expect(refusal(() => ec2.runInstances(launch({ subnetId: 'subnet-x' })))).toBe('InvalidSubnetID.NotFound');
    expect(refusal(() => ec2.runInstances(launch({ instanceType: 't9.huge' })))).toBe('InvalidParameterValue');
    expect(refusal(() => ec2.runInstances(launch({ templateId: 'lt-x' })))).toBe('InvalidLaunchTemplateId.NotFound');
    expect(refusal(() => ec2.runInstances(launch({ templateVersion: '4' })))).toBe(
      'InvalidLaunchTemplateId.VersionNotFound',
    );
    expect(refusal(() => ec2.describeInstances({ filters: [{ name: 'colour', values: ['red'] }] }))).toBe(
      'InvalidParameterValue',
    );
    expect(refusal(() => ec2.describeInstances({ ids: ['i-0123456789abcdef0'] }))).toBe('InvalidInstanceID.NotFound');
    expect(ec2.runInstances(launch({ templateVersion: '$Latest' })).instances[0]?.templateVersion).toBe('3');
  });

  it('shows launches and changes late, and forgets the terminated after an hour', () => {
    // GIVEN
    const { ec2, clock } = newWorld();
    const id = ec2.runInstances(launch()).instances[0]?.id as string;
    const seen = () =>
      ec2
        .describeInstances({ filters: [{ name: 'tag:k3s-autoscaler:role', values: ['work*'] }] })
        .map(({ state }) => state);
    // THEN absent before the lag
    clock.advanceTo(seconds(4.999));
    expect(seen()).toEqual([]);
    expect(refusal(() => ec2.describeInstances({ ids: [id] }))).toBe('InvalidInstanceID.NotFound');
    clock.advanceTo(seconds(5));
    expect(seen()).toEqual(['pending']);
    clock.advanceTo(seconds(24));
    expect(seen()).toEqual(['pending']);
    clock.advanceTo(seconds(25));
    expect(seen()).toEqual(['running']);
    // WHEN
    expect(ec2.terminateInstances([id])).toEqual([{ id, previous: 'running', current: 'shutting-down' }]);
    clock.advanceTo(seconds(61));
    // THEN
    expect(seen()).toEqual(['terminated']);
    clock.advanceTo(seconds(55 + 3601));
    expect(seen()).toEqual([]);
  });

  it('fails a whole batch of terminations for one unknown id', () => {
    const { ec2 } = newWorld();
    const id = ec2.runInstances(launch()).instances[0]?.id as string;
    expect(refusal(() => ec2.terminateInstances([id, 'i-0123456789abcdef0']))).toBe('InvalidInstanceID.NotFound');
    expect(ec2.all().find((instance) => instance.id === id)?.state).toBe('pending');
  });

  it.each(['oldest', 1])('ends an interrupted worker two minutes after the warning, and no other: %s', (target) => {
    // GIVEN two autoscaled workers of different markets: a scenario that asks for an interruption gets it
    const world = newWorld();
    const spot = world.ec2.runInstances(launch({ market: 'spot' })).instances[0]?.id as string;
    world.ec2.runInstances(launch({ clientToken: 'token-2' }));
    world.clock.advanceTo(seconds(100));
    // WHEN
    world.nodeFault({ kind: 'spot-interruption', atMs: 100_000, target });
    world.clock.advanceTo(seconds(220));
    // THEN
    expect(world.events.filter(({ kind }) => kind === 'spot-warning')).toEqual([
      { at: seconds(100), kind: 'spot-warning', instance: spot },
    ]);
    expect(world.ec2.all().map(({ state }) => state)).toEqual(['running', 'running', 'shutting-down', 'running']);
  });
});

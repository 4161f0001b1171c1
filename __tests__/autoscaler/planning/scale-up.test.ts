import { LABEL } from '../../../src/autoscaler/names';
import { plan } from '../../../src/autoscaler/planning/planner';
import { base, config, fillOf, instance, MI, MINUTE, nodeOf, pending, scene, T0 } from '../builders';

it('a pod that the scheduler takes before those that had its place on paper is not called hopeless', () => {
  // GIVEN a large node in one zone and a small one in another, and two pods that fit the large one alone
  const [large, small] = [instance('i-1'), instance('i-2', { zone: 'us-east-1b' })];
  const requests = { cpuMilli: 500, memoryBytes: 6000 * MI, pods: 1 };
  const first = pending({ name: 'first', requests, labels: { app: 'first' }, createdAt: T0 - 3 * MINUTE });
  const second = pending({ name: 'second', requests, labels: { app: 'second' } });
  // AND one between them that bears no `first` in its zone, and would rather be on the large node
  const shy = pending({
    name: 'shy',
    requests: { cpuMilli: 0, memoryBytes: 0, pods: 1 },
    createdAt: T0 - 2 * MINUTE,
    antiAffinity: [
      {
        selector: [{ key: 'app', operator: 'In', values: ['first'] }],
        namespaces: ['default'],
        topologyKey: LABEL.zone,
      },
    ],
  });
  const room = { cpuMilli: 2000, memoryBytes: 7600 * MI, pods: 110 };
  const nodes = [nodeOf(base), nodeOf(large, { allocatable: room }), nodeOf(small)];
  // WHEN
  const { pods } = plan(scene({ instances: [large, small], nodes, pods: [fillOf(base), first, shy, second] }), config);
  // THEN the scheduler takes `first` before the others, so that there is a place for it
  expect(pods['default/first']).toMatchObject({ code: 'pod-may-wait', text: expect.stringContaining('worker-i-1') });
  expect(pods['default/second']?.code).toBe('pod-may-wait');
});

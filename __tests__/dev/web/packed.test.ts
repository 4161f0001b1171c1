import type { Frame, Run } from '../../../src/dev/web/frame';
import { pack, unpack } from '../../../src/dev/web/packed';
import { frame, HEAD, node } from './builders';

const run = (frames: Frame[]): Run => ({ head: HEAD, frames });
const bytes = (value: unknown): number => JSON.stringify(value).length;

describe('a packed run', () => {
  it.each<[string, Run]>([
    ['no frames', run([])],
    ['frames that are alike', run([frame(0), frame(1)])],
    [
      'nodes, verdicts and pending pods that come and go',
      run([
        frame(0),
        frame(1, { picture: { nodes: [node('a'), node('b', { pods: [] })], pending: node('c').pods }, nodes: {} }),
        frame(2, {
          pods: { 'default/c-pod': { code: 'pod-waits', text: 'For a node.' } },
          hold: { code: 'x', text: 'y' },
        }),
        frame(3, { picture: { nodes: [], pending: [] } }),
      ]),
    ],
    [
      'names that mean something to JavaScript',
      run([frame(0, { nodes: JSON.parse('{"__proto__":{"code":"a","text":"b"}}') })]),
    ],
  ])('is the same run when it went through JSON: %s', (_what, whole) => {
    expect(unpack(JSON.parse(JSON.stringify(pack(whole))))).toEqual(whole);
    expect(JSON.stringify(unpack(pack(whole)))).toBe(JSON.stringify(whole));
  });

  it('of fifty nodes with 400 pods, one node of which changes at each tick, is a small part of it', () => {
    // GIVEN
    const pods = (of: number) =>
      Array.from({ length: 8 }, (_, i) => ({ ...node(`web-${of}-${i}`).pods[0], workload: `Deployment w${i}` }));
    const names = Array.from({ length: 50 }, (_, i) => `worker-i-0123456789abcde${i}`);
    const verdicts = Object.fromEntries(
      names.map((name, i) => [
        name,
        { code: 'node-busy', text: `${50 + i} % of it is requested; the threshold is 50 %.` },
      ]),
    );
    const frames = Array.from({ length: 72 }, (_, tick) => {
      const nodes = names.map((name, i) =>
        node(name, { pods: pods(i) as never, cpuMilli: tick % 50 === i ? tick : 2000 }),
      );
      return frame(tick, { nodes: verdicts, picture: { nodes, pending: [] } });
    });
    // THEN
    const whole = run(frames);
    expect(bytes(whole)).toBeGreaterThan(3e6);
    expect(bytes(pack(whole))).toBeLessThan(0.4e6);
  });

  it('that is damaged says so', () => {
    const packed = pack(run([frame(0)]));
    expect(() => unpack({ ...packed, nodes: [] })).toThrow('the run is damaged: it has no place 0, only 0');
  });
});

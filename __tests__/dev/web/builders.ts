import type { Frame, LoopState, PictureNode, RunHead } from '../../../src/dev/web/frame';

export const HEAD: RunHead = { scenario: 'tour', seed: 1, start: 0, artifact: 'abc', cpu: { up: 70, down: 30 } };

export const STATE: LoopState = { paused: false, speed: 60, scenario: 'tour', scenarios: ['quiet', 'tour'] };

export const node = (name: string, more: Partial<PictureNode> = {}): PictureNode => ({
  ...{ name, instance: `i-${name}`, role: 'worker', pool: 'burst', type: 't3.medium', market: 'on-demand' },
  ...{ zone: 'us-east-1a', state: 'ready', cpuMilli: 2000, memoryBytes: 4e9, usdPerHour: 0.05 },
  pods: [
    { name: `default/${name}-pod`, workload: 'Deployment web', cpuMilli: 250, memoryBytes: 1e8, phase: 'Running' },
  ],
  ...more,
});

export const frame = (index: number, more: Partial<Frame> = {}): Frame => ({
  index,
  at: index * 120_000,
  trigger: 'schedule',
  decision: { code: 'steady', text: 'Nothing needs to change.' },
  hold: null,
  actions: [],
  counts: { ready: 1, notReady: 0, joining: 0, cordoned: 0, terminating: 0, pending: 0, running: 1 },
  cpu: 12.5,
  usdPerHour: 0.05,
  nodes: { a: { code: 'node-busy', text: '90 % of it is requested.' } },
  pods: {},
  pools: { burst: { code: 'steady', text: 'One of nine.' } },
  picture: { nodes: [node('a')], pending: [] },
  ...more,
});

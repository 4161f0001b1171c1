import type { CallRecord, Mishap } from '../../src/proof/face/calls';
import { Face } from '../../src/proof/face/face';
import { isReady, type Node } from '../../src/world/kubernetes/objects';
import type { WorldTimings } from '../../src/world/scenario/types';
import { MINUTE } from './builders';

/** Hours in the simulated world, with the controller as it is deployed. */

export interface Hours {
  config?: Record<string, unknown>;
  timings?: Partial<WorldTimings>;
  /** A tick each two minutes, from the second minute on. */
  ticks: number;
  /** What changes, by minute. */
  steps?: (readonly [minute: number, act: (face: Face) => void])[];
  mishapOf?: (call: CallRecord) => Mishap | undefined;
}

export interface Lived {
  face: Face;
  /** Ready workers after each tick, the base worker among them. */
  series: number[];
}

export async function live({ config = {}, timings, ticks, steps = [], mishapOf }: Hours): Promise<Lived> {
  const face = new Face({ seed: 1, config, ...(timings && { timings }), ...(mishapOf && { mishapOf }) });
  for (const [minute, act] of steps) face.change(minute * MINUTE, () => act(face));
  const series: number[] = [];
  for (let tick = 1; tick <= ticks; tick += 1) {
    face.invokeAt(tick * 2 * MINUTE, { id: `tick-${tick}` });
    await face.runUntil((tick * 2 + 1) * MINUTE);
    series.push(readyWorkers(face));
  }
  return { face, series };
}

const SERVER = 'node-role.kubernetes.io/control-plane';

export const workerNodes = ({ world }: Face): Node[] =>
  (world.kubernetes.list('nodes').items as Node[]).filter(({ metadata }) => metadata.labels?.[SERVER] === undefined);

export const readyWorkers = (face: Face): number => workerNodes(face).filter(isReady).length;

/** Instances that the autoscaler launched, in their order. */
export const launched = ({ world }: Face): string[] =>
  world.events.flatMap((event) => (event.kind === 'instance-launched' ? [event.instance] : []));

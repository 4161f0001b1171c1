import type { RuntimeConfig } from '../../config/runtime';
import { Fleet } from '../fleet';
import type { History } from '../history';
import type { Machine } from '../machines';
import { timeOf } from '../range';
import { growUntilPlaced, type Replayed, replay } from '../replay';
import type { Policy } from './policy';

const PEAK: Policy = {
  name: 'peak',
  what: 'as few workers as keep no pod waiting, all the time',
};

/** A fleet that never changes, sized by hindsight. */
export function playPeak(history: History, config: RuntimeConfig): Replayed {
  const machines: Machine[] = [];
  // With more nodes the scheduler spreads pods more thinly, so what sufficed as it grew may not do from the start.
  for (let added = grown(history, config, machines); added.length > 0; added = grown(history, config, machines)) {
    machines.push(...added);
  }
  return replay(history, PEAK, fleetOf(history, config, machines));
}

/** What a fleet lacks that gets another worker whenever a pod has no place. */
function grown(history: History, config: RuntimeConfig, machines: readonly Machine[]): Machine[] {
  const fleet = fleetOf(history, config, machines);
  return history.usable.flatMap((isUsable, index) =>
    isUsable ? growUntilPlaced(fleet, index, timeOf(history.range, index), config) : [],
  );
}

function fleetOf(history: History, config: RuntimeConfig, machines: readonly Machine[]): Fleet {
  const { from } = history.range;
  const fleet = new Fleet(history, config);
  fleet.addBase(from);
  for (const machine of machines) fleet.addOld(machine, from);
  return fleet;
}

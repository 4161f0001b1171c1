import type { RuntimeConfig } from '../../config/runtime';
import type { Snapshot } from '../snapshot';

/** A node that gets pods of the demand: one that is there (`node`), or one to be launched (`type`). */
export interface PlacedNode {
  /** Name of the Node that is there. */
  node?: string;
  /** Instance type of a node to be launched. */
  type?: string;
  zone: string;
  /** Uids, in the order of placing. */
  pods: string[];
  /** Of each of the pods, how many were placed before it over all nodes. */
  turns?: number[];
}

export function placementOf(_snapshot: Snapshot, _config: RuntimeConfig): PlacedNode[] {
  throw new Error('not there yet');
}

import { HOURS_A_MONTH } from '../config/runtime';

/** Of a report of `simulate --json`, what is read here. */
export interface PlayedRun {
  name: string;
  timeline: readonly { time: string }[];
  summary: { costUsd: number | null; staticCostUsd: number | null; nodeHours: number; peakNodes: number };
}

/**
 * What a run saved against the workers of its own peak all the time: the same types, markets, disks and addresses on
 * both sides, so that nothing but the autoscaling differs.
 */
export interface Saving {
  name: string;
  hours: number;
  nodeHours: number;
  /** Peak × hours. */
  staticNodeHours: number;
  usd: number;
  staticUsd: number;
  /** Percent of the workers' cost. */
  ofWorkers: number;
  /** Percent of the whole bill: both sides pay for the server, and only one for the autoscaler. */
  ofAll: number;
}

/** A month of what stands beside the workers. */
export interface Standing {
  serverUsd: number;
  autoscalerUsd: number;
}

/** A run of which no saving can be told. */
export interface NoSaving {
  name: string;
  why: string;
}

/** @param start of the run, milliseconds since 1970 */
export function savingOf({ name, timeline, summary }: PlayedRun, standing: Standing, start: number): Saving | NoSaving {
  const { costUsd: usd, staticCostUsd: staticUsd, nodeHours, peakNodes } = summary;
  const hours = (Date.parse(timeline.at(-1)?.time ?? '') - start) / 3_600_000;
  if (usd === null || staticUsd === null) return { name, why: "a worker's instance type has no price" };
  if (staticUsd === 0 || !(hours > 0)) return { name, why: 'it had no worker, or no tick' };
  const months = hours / HOURS_A_MONTH;
  const all = usd + months * (standing.serverUsd + standing.autoscalerUsd);
  const staticAll = staticUsd + months * standing.serverUsd;
  return {
    name,
    hours,
    nodeHours,
    staticNodeHours: peakNodes * hours,
    usd,
    staticUsd,
    ofWorkers: 100 * (1 - usd / staticUsd),
    ofAll: 100 * (1 - all / staticAll),
  };
}

import path from 'node:path';
import { LOCAL_CLUSTER, loadConfigFile, toRuntimeConfig } from '../src/config';
import type { Wire } from '../src/world/contract';
import { resourcesOf } from '../src/world/resources';
import { startWire } from '../src/world/wire';
import { World } from '../src/world/world';

const CONFIG = path.resolve(__dirname, '../autoscaler.config.ts');
const TIMINGS = { launchMs: 20_000, bootMs: 40_000, shutdownMs: 30_000, describeLagMs: 5_000, podStartMs: 5_000 };

/** A world as `dev` starts it: the shipped configuration, one base worker. Whoever starts it stops the wire. */
export async function startWorld({ bundle, prometheus }: { bundle: string; prometheus: string }) {
  const config = toRuntimeConfig(await loadConfigFile(CONFIG), { cluster: LOCAL_CLUSTER });
  const resources = resourcesOf(config);
  const world = new World({ seed: 1, config, resources, baseWorkers: 1, timings: TIMINGS });
  const wire: Wire = await startWire(world, { bundle, prometheus, scrapeMs: 15_000, seed: 1 });
  return { world, wire, config, resources };
}

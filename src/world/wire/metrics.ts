import type { WorldModel } from '../contract';
import type { RemoteWrite } from '../prometheus/remote-write';
import type { Faults } from './faults';

/** Scrapes the world at each interval of its own time, from now on, for as long as it turns. Returns the end of it. */
export const scrapeEvery = (model: WorldModel, scrapeMs: number, target: RemoteWrite, faults: Faults): (() => void) => {
  let cancel: () => void;
  const scrape = () => {
    const at = model.clock.now();
    // A stale Prometheus does not scrape: what was is all that it knows, and the gap stays.
    if (!faults.isStale(at)) target.add(model.scrape(), at);
    cancel = model.clock.schedule(at + scrapeMs, scrape);
  };
  cancel = model.clock.schedule(model.clock.now() + scrapeMs, scrape);
  return () => cancel();
};

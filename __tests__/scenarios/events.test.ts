import path from 'node:path';
import { buildArtifact } from '../../src/dev/build/bundle';
import { findPrometheus } from '../../src/dev/prometheus/find';
import { play } from '../../src/world/play';
import { reportOf } from '../../src/world/report/report';
import { readScenario } from '../../src/world/scenario/parse';
import { START } from '../../src/world/scenario/types';

jest.setTimeout(60_000);

const MINUTE = 60_000;
const SECOND = 1_000;

describe('[94] a spot warning, by the built artifact against the world', () => {
  it('drains the node within its two minutes and launches the replacement before it is gone', async () => {
    // GIVEN
    const { bundle, sha256 } = await buildArtifact({ outdir: 'dist/autoscaler' });
    const prometheus = (await findPrometheus((line) => process.stderr.write(`${line}\n`))).path;
    const scenario = readScenario(path.join(__dirname, 'spot-warning.yaml'));
    // WHEN
    const recording = await play(scenario, { bundle, prometheus });
    // THEN the function was told at the time of the warning, and of the end of the instance
    const { timeline, summary } = reportOf(recording, { sha256 });
    const told = timeline.filter(({ invocation }) => invocation.startsWith('event-'));
    expect(told[0]).toMatchObject({ time: '2026-01-05T00:09:00.000Z', trigger: 'interruption', outcome: 'done' });
    expect(new Set(told.slice(1).map(({ trigger }) => trigger))).toEqual(new Set(['state-change']));
    // THEN what ran there was evicted, and its new place bought, while the old one was still there
    const warned = START + 9 * MINUTE;
    const evicted = recording.events.filter(({ kind }) => kind === 'pod-evicted');
    expect(evicted).toHaveLength(6);
    for (const { at } of evicted) {
      expect(at).toBeGreaterThanOrEqual(warned);
      expect(at - warned).toBeLessThan(10 * SECOND);
    }
    const launches = recording.events.filter(({ kind }) => kind === 'instance-launched');
    const replaced = (launches[1]?.at ?? 0) - warned;
    expect(replaced).toBeGreaterThanOrEqual(0);
    expect(replaced).toBeLessThan(10 * SECOND);
    // THEN the count of ticks is still that of the schedule
    expect(summary.ticks).toBe(10);
  });
});

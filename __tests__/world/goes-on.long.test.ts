import { buildArtifact } from '../../src/dev/build/bundle';
import { type PlayEvent, play } from '../../src/world/play';
import { readScenario } from '../../src/world/scenario/parse';
import { START } from '../../src/world/scenario/types';
import { prometheusPath } from './wire/hand-model';

/** A world that goes on when its scenario is over, as `dev` has it on a terminal. */

const MINUTE_MS = 60_000;

it.each([
  ['as fast as it can', undefined],
  ['in paced stretches', async (virtualMs: number) => virtualMs],
])('is invoked at the minutes of its schedule for ever, though each invocation takes time, %s', async (_, pace) => {
  // GIVEN a scenario of five minutes with a tick every two
  const scenario = { ...readScenario('scenarios/quiet.yaml'), durationMs: 5 * MINUTE_MS };
  const end = new AbortController();
  const minutes: number[] = [];
  const onEvent = (event: PlayEvent) => {
    if (event.kind !== 'tick') return;
    minutes.push((event.tick.at - START) / MINUTE_MS);
    if (minutes.length === 6) end.abort(new Error('enough'));
  };
  const { bundle } = await buildArtifact({ outdir: 'dist/autoscaler' });
  const prometheus = await prometheusPath();
  // WHEN
  const played = play(scenario, {
    bundle,
    prometheus,
    onEvent,
    onFinished: () => {},
    signal: end.signal,
    ...(pace && { pace }),
  });
  await expect(played).rejects.toThrow('enough');
  // THEN
  expect(minutes).toEqual([2, 4, 6, 8, 10, 12]);
});

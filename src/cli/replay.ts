import { Command } from 'commander';
import type { Recording } from '../autoscaler/telling/recording';
import { textOf } from '../config/given-file';
import { Refusal, Unusable } from '../deploy/errors';
import { fromHere } from '../deploy/from-here';
import { compare, differenceLines } from '../history/compare';
import { HISTORY_HELP, type HistoryFlags, openHistory, withHistory } from './history-options';
import type { Exit } from './run';
import { tell } from './stage-options';
import { EXIT, UsageError } from './usage';

interface ReplayFlags extends HistoryFlags {
  file?: string;
}

/** `replay`: plans a recorded tick again, with the code of this checkout. */
export function replayCommand(exit: Exit): Command {
  const command = new Command('replay').description('plan a recorded tick again with this code, and say what differs');
  return withHistory(command, '{ source, time, same, differences: [{ what, recorded, now }], recording }')
    .option('--file <json>', 'a recording that --json printed before; nothing is asked of AWS')
    .addHelpText(
      'after',
      `${HISTORY_HELP}\nExit codes: 0 the same plan, 1 it differs or none is recorded, 2 bad usage.`,
    )
    .action(async (flags: ReplayFlags) => exit(await replay(flags)));
}

async function replay(flags: ReplayFlags): Promise<number> {
  const { source, recording, instead } = await recordingFor(flags);
  const differences = compare(recording.plan, await planned(recording, source));
  const time = new Date(recording.snapshot.at).toISOString();
  const same = differences.length === 0;
  tell(flags.json, { source, time, same, differences, recording }, () => [
    ...(instead === undefined
      ? []
      : [`${source}: the tick of ${instead} was not recorded; the last one before it was`]),
    `${source}: the tick of ${time} is planned ${same ? 'as it was then' : 'otherwise than then'}`,
    ...differences.flatMap((difference) => differenceLines(difference)),
  ]);
  return same ? EXIT.done : EXIT.failed;
}

interface Chosen {
  source: string;
  recording: Recording;
  /** When the tick was that was asked for, where it was not recorded itself. */
  instead?: string;
}

async function recordingFor(flags: ReplayFlags): Promise<Chosen> {
  const { file, tick, stage, world } = flags;
  if (file !== undefined) {
    if (tick !== undefined || stage !== undefined || world !== undefined) {
      throw new UsageError('replay: --file excludes --stage, --world and --tick');
    }
    return { source: fromHere(file), recording: fileRecording(file) };
  }
  const { cluster, table, found } = await openHistory(flags, 1);
  const [latest] = found.recorded;
  const time = new Date(found.tick.at).toISOString();
  if (latest) {
    const instead = latest.tick.key === found.tick.key ? {} : { instead: time };
    return { source: cluster, recording: latest.recording, ...instead };
  }
  throw new Unusable(table, '--tick', {
    value: time,
    rule: 'no tick at or before that time was recorded whole',
    fix: 'name a later time; a tick is recorded when its plan changes or acts, and once an hour',
  });
}

/** @throws {Refusal} */
function fileRecording(file: string): Recording {
  const refuse = (value: unknown, rule: string) =>
    new Refusal(fromHere(file), '--file', {
      value,
      rule,
      fix: 'make one: npm run -s replay -- --stage … --json > FILE',
    });
  const text = textOf(file, (why) => refuse(undefined, `must be a file of JSON: ${why}`));
  let document: { recording?: unknown } | null;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw refuse(undefined, `must be a file of JSON: ${(error as Error).message}`);
  }
  const recording = (document?.recording ?? document) as Partial<Recording> | null;
  if (recording?.schema !== 1) throw refuse(recording?.schema, 'schema must be 1, the one this version reads');
  const { snapshot, plan: recorded, config } = recording;
  if (!snapshot || !recorded || !config) throw refuse(Object.keys(recording), 'must hold config, snapshot and plan');
  return { schema: 1, snapshot, plan: recorded, config };
}

/** @throws {Unusable} where the snapshot lacks what this planner reads: another version made it. */
async function planned({ snapshot, config }: Recording, source: string): Promise<Recording['plan']> {
  const { plan } = await import('../autoscaler/planning/planner');
  try {
    return plan(snapshot, config);
  } catch (error) {
    throw new Unusable(source, 'snapshot', {
      value: new Date(snapshot.at).toISOString(),
      rule: `must be one that this version can plan: ${(error as Error).message}`,
      fix: 'check out the version that recorded it',
    });
  }
}

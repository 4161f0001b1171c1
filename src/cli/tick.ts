import { Command } from 'commander';
import type { Exit } from './run';
import { chosen, type StageFlags, tell, withStage } from './stage-options';
import { EXIT, UsageError } from './usage';

interface TickFlags extends StageFlags {
  dryRun?: true;
  node?: string;
  pod?: string;
}

const HELP = `
It invokes the stage's function and waits. It needs lambda:InvokeFunction on that function; whoever has that may also
retire the cluster (docs/security.md), so the switch of npm run pause does without.
Exit codes: 0 done, 1 the function failed or could not be reached, 2 a flag or the configuration is wrong.`;

/** `tick`: what the schedule does, now; or what it would do. */
export function tickCommand(exit: Exit): Command {
  const command = new Command('tick').description('have the function look at its cluster now, and act');
  return withStage(command, "the function's answer")
    .option('--dry-run', 'only tell what a tick would do: no lease, and not one call that changes anything')
    .option('--node <name>', 'with --dry-run: why this node is kept or removed, and nothing else')
    .option('--pod <namespace/name>', 'with --dry-run: why this pod waits, and nothing else')
    .addHelpText('after', HELP)
    .action(async (flags: TickFlags) => exit(await tick(flags)));
}

async function tick(flags: TickFlags): Promise<number> {
  const event = eventOf(flags);
  const { deployed } = await import('../operate/stage');
  const { invoke } = await import('../operate/invoke');
  const place = chosen(flags);
  const stage = await deployed(place);
  const answer = await invoke(stage, event, place.env);
  tell(flags.json, answer, () => words(stage.stage, (answer ?? {}) as Told));
  return EXIT.done;
}

function eventOf({ dryRun, node, pod }: TickFlags): Record<string, unknown> {
  const one = node ?? pod;
  if (one !== undefined && !dryRun) {
    throw new UsageError(
      `--${node === undefined ? 'pod' : 'node'} ${one}: a tick looks at everything; write it with --dry-run`,
    );
  }
  if (one !== undefined) return { action: 'explain', node, pod };
  return { action: dryRun ? 'dryRun' : 'tick' };
}

/** As much of the answers as is said in words. */
interface Told {
  decision?: { code: string; text: string };
  actions?: string[];
  plan?: { intents: { kind: string; pool?: string; count?: number; node?: string }[] } | null;
  nodes?: Record<string, { text: string }>;
  pods?: Record<string, { text: string }>;
}

function words(stage: string, { decision, actions, plan, nodes = {}, pods = {} }: Told): string[] {
  const planned = (plan?.intents ?? []).map(({ kind, pool, count, node }) =>
    [kind, node ?? `${count} × ${pool}`].join(' '),
  );
  const done = actions ?? planned.map((line) => `would ${line}`);
  const why = Object.entries({ ...nodes, ...pods }).map(([name, { text }]) => `${name}: ${text}`);
  return [`${stage}: ${decision?.text ?? 'answered'}`, ...[...done, ...why].map((line) => `  ${line}`)];
}

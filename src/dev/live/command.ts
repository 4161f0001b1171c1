import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AT, UnreadableAttachment } from '../../adapters/dynamodb-mailbox-item';
import { LaptopMailbox } from '../../adapters/dynamodb-mailbox-laptop';
import type { Mode } from '../../autoscaler/live/mailbox';
import { mailboxKey } from '../../autoscaler/names';
import { plan as planOfThisCheckout } from '../../autoscaler/planning/planner';
import type { Recording } from '../../autoscaler/telling/recording';
import { Refusal, Unusable } from '../../deploy/errors';
import { type Deployed, deployed, LAPTOP_DEADLINE_MS, laptopClient, outOfReach } from '../../operate/stage';
import { AlreadyAttached, attach, LISTEN_MS, ownerHere } from './attach';
import { runSession } from './run';
import type { LaptopPlanner } from './session';
import type { LiveView } from './view';

export interface LiveOptions {
  stage: string | undefined;
  configFile: string | undefined;
  mode: Mode;
  view: LiveView;
  /** A file that holds the last snapshot and its plan, without secrets, for `replay --file`. */
  export?: string;
  /** By default this checkout's as it was when the command began. */
  plan?: LaptopPlanner;
  env?: NodeJS.ProcessEnv;
}

const ROOT = path.resolve(__dirname, '../../..');

/**
 * Attaches this laptop to a deployed stage until the signal comes: in live mode it plans and the function acts, in shadow
 * mode the function does both and the plans are compared.
 *
 * @returns the exit code: 0 ended by the signal, 1 its place was taken
 * @throws ConfigError for a bad stage or configuration; Refusal for a protected stage; Unusable where the tables are out
 * of reach or another laptop is attached
 */
export async function live(options: LiveOptions, signal: AbortSignal): Promise<number> {
  const { mode, view, env = process.env } = options;
  const stage = await deployed({ root: ROOT, stage: options.stage, configFile: options.configFile, env });
  if (mode === 'live' && stage.isProtected) throw protectedStage(stage);
  const client = laptopClient(stage.region);
  const { historyTable, cluster } = stage;
  const now = Date.now;
  const mailbox = new LaptopMailbox({ client, historyTable, cluster, now, deadlineMs: LAPTOP_DEADLINE_MS });
  try {
    const who = { owner: ownerHere(), mode, nonce: randomUUID(), now: now() };
    const attached = await attach(mailbox, who, sleep).catch((error: unknown) => {
      if (error instanceof UnreadableAttachment) throw unreadable(stage);
      throw error instanceof AlreadyAttached ? taken(stage, error) : unreachable(stage, error);
    });
    const { owner, contract } = attached;
    view.show({ kind: 'attached', stage: stage.stage, cluster, owner, mode, contract });
    const ended = await runSession(
      {
        mailbox,
        attached,
        plan: options.plan ?? planOfThisCheckout,
        monotonic: () => performance.now(),
        onEvent: (event) => view.show(event),
        ...(options.export !== undefined && { onRecording: writerOf(options.export) }),
      },
      signal,
      (ms) => view.heartbeat(ms),
    );
    return ended ? 0 : 1;
  } finally {
    client.destroy();
  }
}

/** Whole or not at all, however the command ends. */
const writerOf = (file: string) => (recording: Recording) => {
  const half = `${file}.${process.pid}`;
  writeFileSync(half, JSON.stringify({ recording }, null, 2));
  renameSync(half, file);
};

const protectedStage = ({ stage }: Deployed): Refusal =>
  new Refusal('autoscaler.config.ts', 'stages.protected', {
    value: stage,
    rule: `stage ${stage} is protected: no laptop plans for it`,
    fix: 'watch it with --shadow, or take a stage of your own',
  });

const taken = ({ stage, historyTable }: Deployed, { by }: AlreadyAttached): Unusable =>
  new Unusable(historyTable, by.mode === 'live' ? '--live' : '--shadow', {
    value: `${by.owner}, since ${by.since} by their clock`,
    rule: `one laptop at a time is attached to stage ${stage}`,
    fix: `ask ${by.owner} to end theirs by Ctrl-C; one that is closed is let go of ${LISTEN_MS / 1000} s later`,
  });

/** Never taken over: a newer version may well be alive there. */
const unreadable = ({ stage, region, historyTable, cluster }: Deployed): Unusable => {
  const key = JSON.stringify({ cluster_id: { S: mailboxKey(cluster) }, at: { S: AT.attachment } });
  return new Unusable(historyTable, `item ${AT.attachment}`, {
    value: 'in a form that this version cannot read',
    rule: `one laptop at a time is attached to stage ${stage}`,
    fix:
      'use the version that wrote it; if nobody is attached, delete it (DynamoDB does some days later): ' +
      `aws dynamodb delete-item --region ${region} --table-name ${historyTable} --key '${key}'`,
  });
};

const unreachable = (stage: Deployed, error: unknown): Unusable => {
  const { historyTable: name } = stage;
  const right = `dynamodb:GetItem, PutItem and DeleteItem on table/${name}`;
  return outOfReach(error, { ...stage, service: 'DynamoDB', name, right });
};

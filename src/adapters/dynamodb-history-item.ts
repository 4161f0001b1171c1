import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Doubt } from '../autoscaler/planning/health';
import type { HistoryEntry } from '../autoscaler/ports';
import type { Recording } from '../autoscaler/telling/recording';
import { partsOf, textOf } from './dynamodb-parts';
import { fromAttributes, toAttributes } from './dynamodb-values';

/** History as DynamoDB holds it (docs/state.md): one item a tick, and the parts of a recording under a key of its own. */

type Item = Record<string, AttributeValue>;

/** The hash key of the parts, so that a query for ticks does not read them. */
export const recordingsKey = (cluster: string): string => `${cluster}#recordings`;

/** A tick's identity. Sorts by time; the epoch keeps two of one millisecond apart. */
export const keyOf = ({ at, epoch }: Pick<HistoryEntry, 'at' | 'epoch'>): string =>
  `${new Date(at).toISOString()}#${epoch}`;

/** All items of one tick, in the order of writing: the tick's own comes last, so it never names a part that is not there. */
export function encodeHistory(cluster: string, entry: HistoryEntry): Item[] {
  const expires_at = Math.ceil(entry.at / 1000) + entry.ttlSeconds;
  // What is larger than its parts may be is not recorded.
  const parts = (entry.recording && partsOf(JSON.stringify(entry.recording))) ?? [];
  const key = keyOf(entry);
  const own = toAttributes({
    cluster_id: cluster,
    at: key,
    epoch: entry.epoch,
    trigger: entry.trigger,
    decision: entry.decision.code,
    text: entry.decision.text,
    operations: entry.operations,
    actions: entry.actions,
    plan: entry.plan,
    doubts: entry.doubts?.map((doubt) => ({ ...doubt })),
    recording_parts: parts.length > 0 ? parts.length : undefined,
    expires_at,
  });
  return [
    ...parts.map((data, index) => ({
      ...toAttributes({ cluster_id: recordingsKey(cluster), at: `${key}#${index + 1}`, expires_at }),
      data: { B: data },
    })),
    own,
  ];
}

/** What is known of a tick that was recorded. */
export interface Tick {
  /** Range key: `<ISO time>#<epoch>`. */
  key: string;
  at: number;
  epoch: number;
  trigger: string;
  decision: { code: string; text: string };
  operations: string[];
  actions: string[];
  /** The outline of its plan; ticks with the same one have the same verdicts. */
  plan?: string;
  /** The sources that it could not use; absent: it looked at none, or an older version wrote it. */
  doubts?: Doubt[];
  /** Parts of its recording; 0: it has none. */
  parts: number;
}

export function decodeTick(item: Item): Tick {
  const { doubts, ...rest } = fromAttributes(item);
  const plain = rest as Record<string, string | number | string[] | undefined>;
  const key = String(plain.at);
  return {
    key,
    at: Date.parse(key.split('#')[0] ?? ''),
    epoch: Number(plain.epoch),
    trigger: String(plain.trigger),
    decision: { code: String(plain.decision), text: String(plain.text) },
    operations: list(plain.operations),
    actions: list(plain.actions),
    ...(plain.plan === undefined ? {} : { plan: String(plain.plan) }),
    ...(Array.isArray(doubts) && { doubts: doubts as unknown as Doubt[] }),
    parts: Number(plain.recording_parts ?? 0),
  };
}

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

export const decodeRecording = (parts: Uint8Array[]): Recording => JSON.parse(textOf(parts)) as Recording;

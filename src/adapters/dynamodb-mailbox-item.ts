import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Attachment, Mode, Word } from '../autoscaler/live/mailbox';
import { mailboxKey } from '../autoscaler/names';
import { fromAttributes, type Plain, toAttributes } from './dynamodb-values';

/**
 * The mailbox as DynamoDB holds it (docs/state.md): items of the history table under a hash key of their own, to which
 * the rights of both ends are narrowed. Each is overwritten by its next; a message's head is written after its parts.
 */

export type Item = Record<string, AttributeValue>;

export const AT = { attachment: 'attachment', snapshot: 'snapshot', answer: 'answer', word: 'word' } as const;

/** A day: nobody reads an old one, and DynamoDB takes them away some time after. */
const TTL_SECONDS = 24 * 3600;

/** @param now milliseconds by the writer's clock; only DynamoDB's own clean-up reads it */
export const itemOf = (cluster: string, at: string, now: number, fields: Record<string, Plain | undefined>): Item =>
  toAttributes({ cluster_id: mailboxKey(cluster), at, expires_at: Math.ceil(now / 1000) + TTL_SECONDS, ...fields });

export const partKey = (at: string, index: number): string => `${at}#${index + 1}`;

/** Somebody is there in a form that this version does not know: whether they live cannot be told. */
export class UnreadableAttachment extends Error {
  constructor() {
    super('who is attached cannot be read by this version');
    this.name = 'UnreadableAttachment';
  }
}

/**
 * Undefined where nobody is attached.
 *
 * @throws UnreadableAttachment
 */
export function attachmentOf(item: Item | undefined): Attachment | undefined {
  if (!item) return undefined;
  const { owner, nonce, mode, contract, since, beat } = plain(item);
  if (!isText(owner, OWNER) || !isText(nonce, SHORT)) throw new UnreadableAttachment();
  if (!isText(contract, SHORT) || !isText(since, SHORT)) throw new UnreadableAttachment();
  if ((mode !== 'live' && mode !== 'shadow') || typeof beat !== 'number') throw new UnreadableAttachment();
  return { owner, nonce, mode: mode satisfies Mode, contract, since, beat };
}

/** `user@host`: it comes into logs. */
const OWNER = /^[\w.@\\+ -]{1,128}$/;
/** All of it is repeated, in items, logs and on terminals: what is long or steers them is none of ours. */
const SHORT = /^[ -~]{1,128}$/;

const isText = (value: Plain | undefined, rule: RegExp): value is string =>
  typeof value === 'string' && rule.test(value);

/** The head of a message: `parts` items with the same `id` hold its body. */
export interface Head {
  id: string;
  nonce: string;
  epoch: number;
  parts: number;
  contract: string;
  failed: boolean;
}

export function headOf(item: Item | undefined): Head | undefined {
  const { id, nonce, epoch, parts, contract = '', failed = false } = plain(item);
  if (typeof id !== 'string' || typeof nonce !== 'string' || typeof contract !== 'string') return undefined;
  if (typeof epoch !== 'number' || typeof parts !== 'number' || typeof failed !== 'boolean') return undefined;
  return { id, nonce, epoch, parts, contract: contract.slice(0, 64), failed };
}

export function wordOf(item: Item | undefined): Word | undefined {
  const { nonce, id, epoch, outcome, text } = plain(item);
  if (typeof nonce !== 'string' || typeof epoch !== 'number' || typeof text !== 'string') return undefined;
  const known = (['executed', 'refused', 'late', 'silent'] as const).find((each) => each === outcome);
  return known && { nonce, epoch, outcome: known, text, ...(typeof id === 'string' && { id }) };
}

/** An item with what nobody here writes is nobody's. */
function plain(item: Item | undefined): { [field: string]: Plain } {
  try {
    return fromAttributes(item ?? {});
  } catch {
    return {};
  }
}

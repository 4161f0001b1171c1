import type { Instance } from './snapshot';
import type { ClusterState } from './state';

/** What EC2 told of an instance, kept in the state item until a tick has looked at that instance. */

export const NOTICE_KINDS = ['interruption', 'rebalance', 'state-change'] as const;

export interface Notice {
  kind: (typeof NOTICE_KINDS)[number];
  /** Any of the account: the events bear no tags. */
  instance: string;
  /** When EC2 told it. */
  at: number;
}

/**
 * How many notices may wait where one more of a kind comes. EC2's events come for every instance of the account, so
 * somebody else's fleet could fill our item; what is urgent still finds a seat when the rest is taken.
 */
export const SEATS: Record<Notice['kind'], number> = { 'state-change': 100, rebalance: 200, interruption: 300 };

export const INSTANCE_ID = /^i-[0-9a-f]{8,17}$/;

/** `<kind>/<instance id>/<ms>`: equal for each delivery of one event, so that a set holds it once. */
export const noticeText = ({ kind, instance, at }: Notice): string => `${kind}/${instance}/${at}`;

/** Undefined where the text is none of ours. */
export function readNotice(text: string): Notice | undefined {
  const [kindText, instance = '', at = '', ...rest] = text.split('/');
  const kind = NOTICE_KINDS.find((each) => each === kindText);
  if (!kind || !INSTANCE_ID.test(instance) || !/^\d{1,15}$/.test(at) || rest.length > 0) return undefined;
  return { kind, instance, at: Number(at) };
}

/** Of instances that EC2 does not show as ours, and that we have not just launched either: nothing to do with this cluster. */
export const foreignNotices = (
  notices: readonly Notice[],
  shown: readonly Instance[],
  { operations, closedLaunches }: Pick<ClusterState, 'operations' | 'closedLaunches'>,
): Notice[] =>
  notices.filter(
    ({ instance: id }) =>
      !shown.some((instance) => instance.id === id && instance.role !== 'foreign') &&
      !operations.some((o) => (o.kind === 'launch' ? o.instances.includes(id) : o.instance === id)) &&
      !closedLaunches.some(({ instances }) => instances.includes(id)),
  );

import { METRICS } from '../autoscaler/names';
import { HOURS_A_MONTH } from '../config/runtime';
import type { Part } from './instance-costs';
import { numberOf, type PricedResource } from './priced-resource';
import { PRICES } from './prices';
import { billedMs, type Usage } from './usage';

/** What is paid by use, which the schedule brings. */
export interface Ticking {
  /** Ticks a month; undefined: no schedule of a known rate is among the resources. */
  ticks: number | undefined;
  usage: Usage;
}

const MINUTES: Record<string, number> = { minute: 1, hour: 60, day: 1440 };
const GB = 1e9;

/** Invocations a month of `rate(2 minutes)`; undefined for another expression. */
export function monthlyRuns({ values }: PricedResource): number | undefined {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(String(values.schedule_expression)) ?? [];
  return count === undefined ? undefined : (HOURS_A_MONTH * 60) / (Number(count) * (MINUTES[unit] ?? Number.NaN));
}

/** What depends on the ticks; a part without a number where there is no saying how many. */
const perTick = ({ ticks }: Ticking, what: string, usd: number): Part => ({
  what,
  usd: ticks === undefined ? undefined : ticks * usd,
});

const times = (ticks: number | undefined): string =>
  ticks === undefined ? 'an unknown number of' : `${Math.round(ticks)}`;

export function functionParts({ values }: PricedResource, ticking: Ticking): Part[] {
  const memoryMb = numberOf(values.memory_size) ?? 128;
  const ms = billedMs(ticking.usage, memoryMb);
  const arm = Array.isArray(values.architectures) && values.architectures[0] === 'arm64';
  const gbSecond = (arm ? PRICES.lambdaGbSecondArm : PRICES.lambdaGbSecondX86).usd;
  return [
    perTick(
      ticking,
      `${times(ticking.ticks)} ticks of ${Math.round(ms)} ms at ${memoryMb} MB`,
      PRICES.lambdaRequest.usd + (ms / 1000) * (memoryMb / 1024) * gbSecond,
    ),
    perTick(ticking, "decryptions of the controller's token", ticking.usage.decryptions * PRICES.kmsRequest.usd),
  ];
}

export const logParts = ({ values }: PricedResource, ticking: Ticking): Part[] => {
  const gb = ticking.usage.logBytes / GB;
  const months = (numberOf(values.retention_in_days) ?? Number.NaN) / (HOURS_A_MONTH / 24);
  return [
    perTick(
      ticking,
      `log of ${ticking.usage.logBytes} bytes a tick`,
      gb * (PRICES.logsGb.usd + months * PRICES.logsGbMonth.usd),
    ),
  ];
};

export const scheduleParts = (schedule: PricedResource): Part[] => {
  const runs = monthlyRuns(schedule);
  return [{ what: `${times(runs)} invocations`, usd: runs && runs * PRICES.schedulerInvocation.usd }];
};

/** Days that a history item is kept: `HISTORY_TTL_SECONDS` of the controller. */
const HISTORY_DAYS = 14;

/** The state and its history, which are told apart by their keys. Other tables have no price here. */
export function tableParts({ values }: PricedResource, ticking: Ticking): Part[] {
  if (values.billing_mode !== 'PAY_PER_REQUEST' || values.hash_key !== 'cluster_id') {
    return [{ what: 'a table that is not the state nor its history', usd: undefined }];
  }
  const { usage } = ticking;
  const write = PRICES.dynamodbWriteUnit.usd;
  if (values.range_key === 'at') {
    const months = HISTORY_DAYS / (HOURS_A_MONTH / 24);
    const kept = (usage.historyBytes / GB) * months * PRICES.dynamodbGbMonth.usd;
    return [
      perTick(
        ticking,
        `history, ${usage.historyWriteUnits} write units a tick, kept for ${HISTORY_DAYS} days`,
        usage.historyWriteUnits * write + kept,
      ),
      perTick(
        ticking,
        `who is attached, ${usage.historyReadUnits} read units a tick`,
        usage.historyReadUnits * PRICES.dynamodbReadUnit.usd,
      ),
    ];
  }
  const stored = (usage.stateBytes / GB) * (PRICES.dynamodbGbMonth.usd + PRICES.dynamodbBackupGbMonth.usd);
  return [
    perTick(ticking, `state, ${usage.stateWriteUnits} write units a tick`, usage.stateWriteUnits * write),
    { what: 'the state item and its backup', usd: stored },
  ];
}

/** The first alarm on the autoscaler's own metrics stands for all of them: the function writes them all or none. */
export function alarmParts(alarm: PricedResource, all: readonly PricedResource[]): Part[] {
  const part = { what: 'alarm', usd: PRICES.alarmMonth.usd };
  const first = all.find(({ type, values }) => type === alarm.type && values.namespace === METRICS.namespace);
  if (first?.address !== alarm.address) return [part];
  const count = METRICS.names.length;
  return [
    part,
    { what: `${count} metrics that the function writes for the alarms`, usd: count * PRICES.metricMonth.usd },
  ];
}

import { dollarsPerHour, spotHour } from './compute-prices';
import type { CostDocument } from './cost';
import { PRICED_REGION } from './prices';

/** For people, at most 100 columns wide but for long addresses. */
export function readableCost(document: CostDocument): string[] {
  const { stage, region, monthly, shares, tick } = document;
  const free = monthly.lines.filter(({ usd }) => usd === 0);
  return [
    `${stage}: ${money(monthly.usd)} a month while nothing happens (${region}, list prices as of ${document.pricesAsOf})${missing(monthly)}`,
    ...shares.map(({ name, usd }) => row(usd, name)),
    '',
    'by resource',
    ...monthly.lines
      .filter(({ usd }) => usd !== 0)
      .map(({ address, what, usd }) => row(usd, `${plain(address)}: ${what}`)),
    row(0, `${free.length} resources that are free; --json lists each with why. No NAT gateway is among them.`),
    ...monthly.unpriced.map((what) => `  no price  ${what}`),
    '',
    `A tick is ${Math.round(tick.billedMs)} ms at ${tick.memoryMb} MB: ${tick.from}.`,
    ...spotLines(document),
    ...document.savings.flatMap(savingLines),
    ...(document.savings.length > 0 ? claimLines(document) : [WITHOUT_RUN]),
  ];
}

/** A sum in which something is missing must not pass for what it costs. */
const missing = ({ unpriced }: CostDocument['monthly']): string =>
  unpriced.length === 0 ? '' : `, without ${unpriced.length} that have no price`;

/** What stands is on demand, so only a run can hold spot. */
function spotLines({ spot: { share, seen } }: CostDocument): string[] {
  const [hour, onDemand] = [spotHour(EXAMPLE), dollarsPerHour(EXAMPLE, 'on-demand')];
  const text = `Spot in a run is taken at ${percent(100 * share)} of on demand, an assumption (${100 * seen.least} to ${percent(100 * seen.most)} were seen); none stands.`;
  if (!hour || onDemand === undefined) return [text];
  const beside = (usd: number): string => percent(100 * Math.abs(usd / hour.taken - 1));
  return [
    text,
    `  An hour of a ${EXAMPLE} in ${PRICED_REGION} with disk and address is ${money(hour.taken)} by it (${money(hour.least)} to ${money(hour.most)}: ` +
      `${beside(hour.least)} less to ${beside(hour.most)} more), on demand ${money(onDemand)}.`,
  ];
}

/** What the configuration buys by default. */
const EXAMPLE = 't3.medium';

const WITHOUT_RUN = 'With --run it tells what a run saved, beside the 60 to 80 % that the reference design promises.';

function savingLines(saving: CostDocument['savings'][number]): string[] {
  if ('why' in saving) return ['', `${saving.name}: no saving can be told, as ${saving.why}`];
  return [
    '',
    `${saving.name}: ${percent(saving.ofWorkers)} less for workers than its peak all the time, at equal prices, disks and addresses included`,
    `  ${money(saving.usd)} for ${saving.nodeHours.toFixed(1)} node hours; ${money(saving.staticUsd)} for ${saving.staticNodeHours.toFixed(1)}`,
    `  ${percent(saving.ofAll)} less of the whole bill: both pay for the server, one for the autoscaler`,
  ];
}

const claimLines = ({ claim }: CostDocument): string[] => [
  '',
  'The reference design promises 60 to 80 %. At one price model that is three t2.medium against two t2.small:',
  ...claim.after.map(
    ({ burstHoursADay, usd, percent: part }) =>
      `  ${String(burstHoursADay).padStart(2)} burst hours a day  ${money(claim.beforeUsd)} → ${money(usd)}: ${percent(part)} less`,
  ),
  '  Most of it is machines that are smaller from the start; 80 % needs a reservation on one side alone.',
];

const row = (usd: number, what: string): string => `${money(usd).padStart(10)}  ${what}`;
const money = (usd: number): string => `$${usd.toFixed(Math.abs(usd) < 1 && usd !== 0 ? 4 : 2)}`;
const percent = (value: number): string => `${value.toFixed(0)} %`;
/** CDKTF ends an id with a hash of the construct's path. */
const plain = (address: string): string => address.replace(/_[0-9A-F]{8}$/, '');

import { setMaxListeners } from 'node:events';
import { withDeadline } from '../../adapters/aws';
import { NotNow, Unusable } from '../../deploy/errors';
import { configured, type Place } from '../stage';
import type { Check, Context } from './check';
import { account } from './checks/account';
import { alarms } from './checks/alarms';
import { functionChecks } from './checks/function';
import { orphans, server } from './checks/instances';
import { launches } from './checks/launches';
import { leftoverChecks } from './checks/leftovers';
import { machineChecks } from './checks/machine';
import { concurrency, vcpuQuota } from './checks/quotas';
import { regionChecks } from './checks/region';
import { sources } from './checks/sources';
import { tokens } from './checks/tokens';
import { onceEach } from './facts';
import { counts, type Finding, findingOf, type Level, type Said, skipped } from './finding';
import { openOutside } from './outside/open';
import type { Outside } from './outside/outside';

/** In the order in which they are told. */
export const CHECKS: readonly Check[] = [
  ...machineChecks,
  account,
  vcpuQuota,
  concurrency,
  ...regionChecks,
  ...functionChecks,
  server,
  sources,
  launches,
  tokens,
  alarms,
  orphans,
  ...leftoverChecks,
];

/** Of each check. All of them run side by side, so the command takes little longer. */
const LIMIT_MS = 20_000;

export interface Diagnosis {
  stage: string;
  cluster: string;
  region: string;
  /** Of the credentials; null: there are none that can be used. */
  account: string | null;
  /** Whether the stage's function is there; null: not known. */
  deployed: boolean | null;
  counts: Record<Level, number>;
  findings: Finding[];
}

/**
 * Looks at everything that a deploy needs, and at everything that was deployed. Changes nothing.
 *
 * @throws ConfigError for a bad stage or configuration; whatever else goes wrong is a finding
 */
export async function diagnose(place: Place): Promise<Diagnosis> {
  const { stage, config } = await configured(place);
  const over = new AbortController();
  // All checks listen at once, which Node.js otherwise takes for a leak.
  setMaxListeners(0, over.signal);
  const outside = openOutside({ stage, signal: over.signal }, place.env);
  try {
    return await examine({ stage, config, outside }, LIMIT_MS);
  } finally {
    over.abort();
    outside.close();
  }
}

/** @param limitMs milliseconds that each check has */
export async function examine({ outside: asked, ...rest }: Context, limitMs: number): Promise<Diagnosis> {
  const outside = onceEach(asked);
  const context = { ...rest, outside };
  const { stage } = context;
  const findings = (await Promise.all(CHECKS.map((check) => looked(check, context, limitMs)))).flat();
  const [identity, lambda] = await Promise.all([known(outside.identity), known(outside.deployedFunction)]);
  return {
    stage: stage.stage,
    cluster: stage.cluster,
    region: stage.region,
    account: identity?.value.account ?? null,
    deployed: lambda && lambda.value !== undefined,
    counts: counts(findings),
    findings,
  };
}

/** What the checks were answered; null: nothing. They have had their time, so nobody waits for it any longer. */
const known = <T>(ask: () => Promise<T>): Promise<{ value: T } | null> =>
  withDeadline('it', 1, async () => ({ value: await ask() })).catch(() => null);

async function looked(check: Check, context: Context, limitMs: number): Promise<Finding[]> {
  const { region } = context.stage;
  const where = check.service === undefined ? 'this machine' : `${check.service} in ${region}`;
  let said: Said[];
  try {
    said = await withDeadline(check.name, limitMs, () => run(check, context));
  } catch (error) {
    said = [unknown(check, error, limitMs)];
  }
  return said.map((each) => findingOf({ check: check.name, when: check.when, where }, each));
}

async function run(check: Check, context: Context): Promise<Said[]> {
  const { outside, stage } = context;
  if (check.service === undefined || check === account) return check.run(context);
  if (!(await isSomebody(outside))) return [skipped(check.what, 'needs AWS credentials: see account')];
  if (check.when === 'after' && (await isAbsent(outside))) {
    return [skipped(check.what, `stage ${stage.stage} is not deployed there, in the account of your credentials`)];
  }
  return check.run(context);
}

/** False where AWS said that these are nobody's credentials; where it could not be asked, each check finds out itself. */
const isSomebody = ({ identity }: Outside): Promise<boolean> =>
  identity().then(
    () => true,
    (error) => !(error instanceof Unusable) || error instanceof NotNow,
  );

const isAbsent = ({ deployedFunction }: Outside): Promise<boolean> =>
  deployedFunction().then(
    (found) => found === undefined,
    () => false,
  );

function unknown({ what }: Check, error: unknown, limitMs: number): Said {
  if (error instanceof Unusable) return { level: 'unknown', what, value: 'could not be looked at', ...said(error) };
  if ((error as { name?: string } | undefined)?.name === 'TimeoutError') {
    return {
      level: 'unknown',
      what,
      value: `no answer within ${limitMs / 1_000} s`,
      rule: 'the service must be within reach',
      fix: 'try again; see whether a proxy or a firewall keeps this machine from it',
    };
  }
  throw error;
}

const said = ({ mistake: { rule, fix } }: Unusable): Pick<Said, 'rule' | 'fix'> => ({ rule, fix });

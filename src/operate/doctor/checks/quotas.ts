import type { Check, Context } from '../check';
import { ok, type Said, skipped } from '../finding';
import { reachOf, VCPU_QUOTAS, type VcpuQuota } from '../vcpus';

/** As many vCPUs as the configuration may come to. */
export const vcpuQuota: Check = {
  name: 'vcpu-quota',
  when: 'before',
  service: 'Service Quotas',
  what: 'vCPU quotas',
  run: async (context) => (await Promise.all(VCPU_QUOTAS.map((quota) => judged(context, quota)))).flat(),
};

async function judged({ config, stage, outside }: Context, quota: VcpuQuota): Promise<Said[]> {
  const { least, most } = reachOf(config, quota);
  if (most === 0) return [];
  const what = `${quota.code}, ${quota.name}`;
  const value = await outside.quota(quota.code);
  if (value === undefined) return [skipped(what, `Service Quotas knows no such quota in ${stage.region}`)];
  if (value >= most) return [ok(what, `${value} vCPUs; the configuration comes to ${most} at most`)];
  const isTooFew = value < least;
  return [
    {
      level: isTooFew ? 'problem' : 'warning',
      what,
      value: `${value} vCPUs, for all instances of the account`,
      rule: isTooFew
        ? `must be ${least} or more: server, base workers and the minima of the pools`
        : `${most} are needed where pools and limits are used up; EC2 refuses launches beyond the quota`,
      fix: 'have it raised, or lower limits.cores, limits.maxNodes or max of the pools',
      command:
        'aws service-quotas request-service-quota-increase --service-code ec2 ' +
        `--quota-code ${quota.code} --desired-value ${most} --region ${stage.region}`,
    },
  ];
}

/**
 * What a new account has. A tick runs alone and others end at once where they find its lease held, but events of EC2
 * come together, for all instances of the account.
 */
const ENOUGH = 10;

/** The stack reserves nothing for its function, so a small account does; but somebody must have left something. */
export const concurrency: Check = {
  name: 'function-concurrency',
  when: 'before',
  service: 'Lambda',
  what: 'concurrent executions',
  run: async ({ stage, outside }) => {
    const what = 'concurrent executions (L-B99A9384)';
    const { all, unreserved } = await outside.concurrency();
    const value = `${unreserved} of ${all} are reserved by no function`;
    if (unreserved >= ENOUGH) return [ok(what, value)];
    return [
      {
        level: unreserved === 0 ? 'problem' : 'warning',
        what,
        value,
        rule: `${ENOUGH} or more should be left for functions that reserve none, as the autoscaler's does`,
        fix: 'have the quota raised, or take back what other functions reserve (aws lambda delete-function-concurrency)',
        command:
          'aws service-quotas request-service-quota-increase --service-code lambda ' +
          `--quota-code L-B99A9384 --desired-value ${Math.max(1000, all)} --region ${stage.region}`,
      },
    ];
  },
};

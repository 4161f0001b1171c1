import { Resolver } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createEc2Client } from '../../../adapters/ec2';
import { createSsmClient } from '../../../adapters/ssm';
import { textOf } from '../../../config/given-file';
import { findTerraform } from '../../../deploy/binary';
import { NotNow, Unusable } from '../../../deploy/errors';
import { fromHere } from '../../../deploy/from-here';
import { placeOf } from '../../../deploy/place';
import { findPlugin } from '../../forward/plugin';
import { findAwsCli, findKubectl } from '../../tools';
import type { Asker } from './ask';
import type { Outside } from './outside';

type OfMachine = Pick<
  Outside,
  | 'now'
  | 'nodeVersion'
  | 'terraform'
  | 'plugin'
  | 'kubectl'
  | 'awsCli'
  | 'localState'
  | 'isEmulated'
  | 'addresses'
  | 'endpoints'
>;

/** What a name server says where there is no such name, or no such record of it. */
const NO_ADDRESS = ['ENOTFOUND', 'ENODATA'];

/** The programs, files and name servers of this machine. */
export function machineOutside(
  { stage, signal }: Asker,
  env: NodeJS.ProcessEnv,
  resolver: Pick<Resolver, 'resolve4' | 'resolve6' | 'cancel'> = new Resolver({ timeout: 3_000, tries: 2 }),
): OfMachine & { destroy: () => void } {
  return {
    now: Date.now,
    nodeVersion: () => process.versions.node,
    terraform: () => findTerraform(env, signal),
    plugin: () => findPlugin(env, signal),
    kubectl: () => findKubectl(env, signal),
    awsCli: () => findAwsCli(env, signal),
    localState: () => {
      const out = path.resolve(env.CDKTF_OUTDIR ?? 'cdktf.out');
      const { localState } = placeOf(stage.stage, path.join(out, 'stacks', `k3s-autoscaler-${stage.stage}`));
      return existsSync(localState) ? textOf(localState, (why) => unreadable(localState, why)) : undefined;
    },
    isEmulated: () => Boolean(env.AWS_ENDPOINT_URL || env.AWS_ENDPOINT_URL_EC2 || env.AWS_ENDPOINT_URL_SSM),
    addresses: async (name, family) => {
      try {
        return await (family === 6 ? resolver.resolve6(name) : resolver.resolve4(name));
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException;
        if (NO_ADDRESS.includes(code)) return [];
        throw new NotNow('name server', name, {
          value: undefined,
          rule: `could not be asked for: ${code}`,
          fix: 'see whether this machine can resolve names, and try again',
        });
      }
    },
    endpoints: async ({ dualStack }) => {
      const options = { region: stage.region, dualStack };
      const clients = [createEc2Client(options, 1), createSsmClient(options)];
      // As the SDK makes them of the region, which is how the function's clients do.
      return clients.map(({ config }) => {
        const { url } = config.endpointProvider({ Region: stage.region, UseDualStack: dualStack, UseFIPS: false });
        return url.hostname;
      });
    },
    destroy: () => resolver.cancel(),
  };
}

const unreadable = (state: string, why: string): Unusable =>
  new Unusable(fromHere(state), 'state', {
    value: undefined,
    rule: `${fromHere(state)} must be a file that can be read: ${why}`,
    fix: "put Terraform's copy in its place (.backup), or let this user read it",
  });

import { Construct } from 'constructs';
import type { LaunchTemplate } from '#aws/launch-template';
import type { NodeProps } from './node-props';
import { poolSettings } from './node-settings';
import { nodeTemplate } from './node-template';
import { userData } from './user-data';

/** What the autoscaler launches workers from: a launch template for each pool. */
export class Pools extends Construct {
  /** By pool. */
  readonly templates: Map<string, LaunchTemplate>;

  constructor(scope: Construct, id: string, { root, names, config, security, roles, files }: NodeProps) {
    super(scope, id);
    this.templates = new Map(
      Object.entries(config.pools).map(([name, pool]) => {
        files.addSettings(`pool-${name}`, poolSettings({ names, config }, name, pool));
        const template = nodeTemplate(this, name, {
          cluster: names.cluster,
          role: 'worker',
          pool: name,
          instanceTypes: pool.instanceTypes,
          profile: roles.workerProfile,
          securityGroupIds: [security.nodes.id],
          userData: userData(root, {
            region: config.region,
            bucket: files.bucket.id,
            node: `pool-${name}`,
            onFailure: pool.failedBoot === 'terminate' ? 'poweroff' : 'stay',
          }),
        });
        return [name, template] as const;
      }),
    );
  }
}

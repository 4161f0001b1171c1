import { Construct } from 'constructs';
import { standingInstance } from './instance';
import type { NodeProps } from './node-props';
import { baseSettings } from './node-settings';
import { nodeTemplate } from './node-template';
import { userData } from './user-data';

/** Workers that are always there, over the zones in turn. The autoscaler counts them and never removes one. */
export class BaseWorkers extends Construct {
  constructor(scope: Construct, id: string, { root, names, config, network, security, roles, files }: NodeProps) {
    super(scope, id);
    const { count, instanceType } = config.baseWorkers;
    files.addSettings('base', baseSettings({ names, config }));
    const template = nodeTemplate(this, 'template', {
      cluster: names.cluster,
      role: 'base',
      instanceTypes: [instanceType],
      profile: roles.workerProfile,
      securityGroupIds: [security.nodes.id],
      userData: userData(root, { region: config.region, bucket: files.bucket.id, node: 'base', onFailure: 'stay' }),
    });
    for (let index = 0; index < count; index++) {
      standingInstance(this, {
        name: `base-${index}`,
        cluster: names.cluster,
        role: 'base',
        template,
        instanceType,
        subnetId: network.nodeSubnet(index).id,
        after: [files.sums, network.serverReservation],
      });
    }
  }
}

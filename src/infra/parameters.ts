import { Construct } from 'constructs';
import { SsmParameter } from '#aws/ssm-parameter';
import { PENDING } from '../autoscaler/names';
import type { StageNames } from './names';

/**
 * The parameters through which the server hands out its tokens. Terraform owns them, so that `destroy` leaves none, but
 * never sees a value: it is write-only (Terraform 1.11), so no token enters a state or a plan, and one that was rotated
 * since is no difference.
 */
export class Parameters extends Construct {
  constructor(scope: Construct, id: string, { parameters, cluster }: StageNames) {
    super(scope, id);
    const parameter = (name: keyof StageNames['parameters'], type: 'SecureString' | 'String', description: string) =>
      new SsmParameter(this, name, {
        name: parameters[name],
        type,
        description: `${cluster}: ${description}`,
        valueWo: PENDING,
        valueWoVersion: 1,
        // Made once for its name and never written again: the provider would send an empty value with any other change, and the
        // server's token would be lost with a new version.
        lifecycle: { ignoreChanges: ['type', 'description', 'value_wo_version', 'tags', 'tags_all'] },
      });
    parameter('joinToken', 'SecureString', 'short-lived token with which workers join, rotated by the server');
    parameter('controllerToken', 'SecureString', 'short-lived token of the autoscaler in Kubernetes');
    parameter('ca', 'String', 'certificate authority of the Kubernetes API');
  }
}

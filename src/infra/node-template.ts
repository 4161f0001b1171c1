import type { Construct } from 'constructs';
import type { IamInstanceProfile } from '#aws/iam-instance-profile';
import { LaunchTemplate } from '#aws/launch-template';
import { type Role, TAG } from '../autoscaler/names';
import { imageParameter } from './image';

export const ROOT_VOLUME = { type: 'gp3', gib: 20 } as const;

export interface TemplateProps {
  cluster: string;
  role: Role;
  pool?: string;
  instanceTypes: readonly string[];
  profile: IamInstanceProfile;
  securityGroupIds: string[];
  userData: string;
}

export const nodeTags = ({ cluster, role, pool }: Pick<TemplateProps, 'cluster' | 'role' | 'pool'>) => ({
  [TAG.cluster]: cluster,
  [TAG.role]: role,
  ...(pool === undefined ? {} : { [TAG.pool]: pool }),
});

/** What every instance is launched from: server, base workers, and the workers of a pool. */
export function nodeTemplate(scope: Construct, id: string, props: TemplateProps): LaunchTemplate {
  const { cluster, role, pool } = props;
  const name = `${cluster}-${pool ?? role}`;
  const tags = { ...nodeTags(props), Name: name };
  return new LaunchTemplate(scope, id, {
    // With a dot, which neither a stage nor a pool may hold: `prod` with pool `eu-burst` is not `prod-eu` with `burst`.
    name: `${cluster}.${pool ?? role}`,
    imageId: `resolve:ssm:${imageParameter(props.instanceTypes)}`,
    // EC2's own default is `stop`, which would keep a worker that powered itself off, and its volume, on the bill.
    // Server and base workers are not replaced by anybody: they stop and stay, with their disk, for inspection.
    instanceInitiatedShutdownBehavior: role === 'worker' ? 'terminate' : 'stop',
    iamInstanceProfile: { arn: props.profile.arn },
    // Top level and no network interface block: the subnet is given at launch, and EC2 takes one or the other.
    vpcSecurityGroupIds: props.securityGroupIds,
    // Version 2 and one hop: a pod cannot read the node's role.
    metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
    blockDeviceMappings: [
      {
        deviceName: '/dev/xvda',
        ebs: {
          encrypted: 'true',
          volumeType: ROOT_VOLUME.type,
          volumeSize: ROOT_VOLUME.gib,
          deleteOnTermination: 'true',
        },
      },
    ],
    tagSpecifications: [
      { resourceType: 'instance', tags },
      { resourceType: 'volume', tags },
    ],
    userData: props.userData,
    tags,
  });
}

import { Construct } from 'constructs';
import { IamInstanceProfile } from '#aws/iam-instance-profile';
import type { IamRole } from '#aws/iam-role';
import { Instance } from '#aws/instance';
import { LaunchTemplate } from '#aws/launch-template';
import { LABEL, type Role, SERVER_NODE, TAG } from '../autoscaler/names';
import { INSTANCE_TYPES } from '../config/instance-types';
import type { ResolvedConfig, ResolvedPool } from '../config/resolve';
import { arn, serviceRole } from './iam';
import { PORT, type StageNames } from './names';
import { type Network, serverAddress } from './network';
import type { Security } from './security';
import { userData } from './user-data';

/** One version on server and workers; a newer agent than its server is not supported (docs.k3s.io/upgrades). */
export const K3S_VERSION = 'v1.33.3+k3s1';

const ROOT_VOLUME_GIB = 20;

interface Props {
  names: StageNames;
  config: ResolvedConfig;
  network: Network;
  security: Security;
}

interface TemplateProps {
  role: Role;
  /** Part of the template's name: the role, or the pool. */
  name: string;
  pool?: string;
  instanceTypes: readonly string[];
  userData: string;
  profile: IamInstanceProfile;
  securityGroupIds: string[];
}

/** The public parameter with the newest Amazon Linux 2023, read by EC2 at each launch. */
export const imageParameter = (instanceTypes: readonly string[]): string => {
  const arch = INSTANCE_TYPES.get(instanceTypes[0] ?? '')?.arch === 'arm64' ? 'arm64' : 'x86_64';
  return `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${arch}`;
};

/** The K3s server, the base workers, and what the autoscaler launches workers from. */
export class Nodes extends Construct {
  /** Launch template by pool. */
  readonly poolTemplates: Map<string, LaunchTemplate>;
  readonly workerRole: IamRole;
  readonly serverAddress: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: Props,
  ) {
    super(scope, id);
    const { names, config } = props;
    this.serverAddress = serverAddress(config.vpcCidr);
    this.workerRole = this.nodeRole('worker', 'ssm:GetParameter', [names.parameters.joinToken]);
    this.server();
    const profile = this.profile('worker', this.workerRole);
    this.baseWorkers(profile);
    this.poolTemplates = new Map(
      Object.entries(config.pools).map(([name, pool]) => [name, this.poolTemplate(name, pool, profile)]),
    );
  }

  /** What a node of this role may do in AWS: one action on named parameters, nothing else. */
  private nodeRole(role: Role, action: string, parameters: string[]): IamRole {
    const { names, config } = this.props;
    return serviceRole(this, `${role}-role`, {
      name: `${names.cluster}-${role}`,
      service: 'ec2.amazonaws.com',
      statements: [
        {
          Sid: 'Parameters',
          Action: [action],
          Resource: parameters.map((name) => arn('ssm', config.region, `parameter${name}`)),
        },
      ],
    });
  }

  private profile(role: Role, iamRole: IamRole): IamInstanceProfile {
    const name = `${this.props.names.cluster}-${role}`;
    return new IamInstanceProfile(this, `${role}-profile`, { name, role: iamRole.name });
  }

  private server(): void {
    const { names, config, network, security } = this.props;
    const { instanceType } = config.server;
    const role = this.nodeRole('server', 'ssm:PutParameter', Object.values(names.parameters));
    const template = this.template('server-template', {
      role: 'server',
      name: 'server',
      instanceTypes: [instanceType],
      userData: userData('server.sh', {
        K3S_VERSION,
        AWS_REGION: config.region,
        NODE_NAME: SERVER_NODE,
        SERVER_ADDRESS: this.serverAddress,
        JOIN_TOKEN_PARAMETER: names.parameters.joinToken,
        CONTROLLER_TOKEN_PARAMETER: names.parameters.controllerToken,
        CA_PARAMETER: names.parameters.ca,
      }),
      profile: this.profile('server', role),
      securityGroupIds: [security.nodes.id, security.server.id],
    });
    new Instance(this, 'server', {
      ...this.fromTemplate(template, 'server', instanceType),
      subnetId: subnetOf(network, config.zones, 0),
      privateIp: this.serverAddress,
    });
  }

  private baseWorkers(profile: IamInstanceProfile): void {
    const { config, network, security } = this.props;
    const { count, instanceType } = config.baseWorkers;
    const template = this.template('base-template', {
      role: 'base',
      name: 'base',
      instanceTypes: [instanceType],
      userData: this.workerUserData({ labels: {}, taints: [] }),
      profile,
      securityGroupIds: [security.nodes.id],
    });
    for (let index = 0; index < count; index++) {
      new Instance(this, `base-${index}`, {
        ...this.fromTemplate(template, 'base', instanceType),
        subnetId: subnetOf(network, config.zones, index),
      });
    }
  }

  private poolTemplate(name: string, pool: ResolvedPool, profile: IamInstanceProfile): LaunchTemplate {
    const labels = { ...pool.labels, [LABEL.pool]: name, [LABEL.managed]: 'true' };
    return this.template(`pool-${name}`, {
      role: 'worker',
      name,
      pool: name,
      instanceTypes: pool.instanceTypes,
      userData: this.workerUserData({ labels, taints: pool.taints }),
      profile,
      securityGroupIds: [this.props.security.nodes.id],
    });
  }

  private workerUserData({ labels, taints }: Pick<ResolvedPool, 'labels' | 'taints'>): string {
    const { names, config } = this.props;
    return userData('worker.sh', {
      K3S_VERSION,
      AWS_REGION: config.region,
      SERVER_URL: `https://${this.serverAddress}:${PORT.api}`,
      JOIN_TOKEN_PARAMETER: names.parameters.joinToken,
      NODE_LABELS: Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join('\n'),
      NODE_TAINTS: taints.map(({ key, value, effect }) => `${key}=${value ?? ''}:${effect}`).join('\n'),
    });
  }

  private tags(role: Role, pool?: string): Record<string, string> {
    const { cluster } = this.props.names;
    return { [TAG.cluster]: cluster, [TAG.role]: role, ...(pool === undefined ? {} : { [TAG.pool]: pool }) };
  }

  private fromTemplate(template: LaunchTemplate, role: Role, instanceType: string) {
    const { cluster } = this.props.names;
    return {
      launchTemplate: { id: template.id, version: template.getStringAttribute('latest_version') },
      instanceType,
      tags: { ...this.tags(role), Name: `${cluster}-${role}` },
    };
  }

  private template(id: string, props: TemplateProps): LaunchTemplate {
    const { cluster } = this.props.names;
    const tags = { ...this.tags(props.role, props.pool), Name: `${cluster}-${props.name}` };
    return new LaunchTemplate(this, id, {
      name: `${cluster}-${props.name}`,
      imageId: `resolve:ssm:${imageParameter(props.instanceTypes)}`,
      // EC2's own default is `stop`, which would keep a worker that powered itself off, and its volume, on the bill.
      // The server keeps its disk: everything the cluster knows is on it.
      instanceInitiatedShutdownBehavior: props.role === 'server' ? 'stop' : 'terminate',
      iamInstanceProfile: { arn: props.profile.arn },
      // Top level and no network interface block: the subnet is given at launch, and EC2 takes one or the other.
      vpcSecurityGroupIds: props.securityGroupIds,
      // Version 2 and one hop: a pod cannot read the node's role.
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [
        {
          deviceName: '/dev/xvda',
          ebs: { encrypted: 'true', volumeType: 'gp3', volumeSize: ROOT_VOLUME_GIB, deleteOnTermination: 'true' },
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
}

/** Zones in turn, from the first. */
function subnetOf(network: Network, zones: readonly string[], index: number): string {
  const zone = zones[index % zones.length] ?? '';
  const subnet = network.nodeSubnets.get(zone);
  if (subnet === undefined) throw new RangeError(`zone '${zone}' has no subnet`);
  return subnet.id;
}

import { CreateSubnetCommand, CreateVpcCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { type Role, TAG } from '../../../../src/autoscaler/names';

const CREDENTIALS = { accessKeyId: 'nobody', secretAccessKey: 'nothing' };
/** moto makes one after the other, and answers when the last is made. */
const AT_ONCE = 50;

/** Instances of a cluster that nobody launched by a stack: for sizes that a stack would take long to reach. */
export class ManyInstances {
  readonly #ec2: EC2Client;
  #subnet: string | undefined;

  constructor(
    endpoint: string,
    private readonly cluster: string,
  ) {
    this.#ec2 = new EC2Client({ region: 'us-east-1', endpoint, credentials: CREDENTIALS });
  }

  /** Their ids. */
  async launch(count: number, role: Role, pool?: string): Promise<string[]> {
    this.#subnet ??= await this.#newSubnet();
    const Tags = Object.entries({
      [TAG.cluster]: this.cluster,
      [TAG.role]: role,
      ...(pool !== undefined && { [TAG.pool]: pool }),
    }).map(([Key, Value]) => ({ Key, Value }));
    const ids: string[] = [];
    while (ids.length < count) {
      const { Instances = [] } = await this.#ec2.send(
        new RunInstancesCommand({
          ImageId: 'ami-1',
          InstanceType: 't3.medium',
          SubnetId: this.#subnet,
          MinCount: 1,
          MaxCount: Math.min(AT_ONCE, count - ids.length),
          TagSpecifications: [{ ResourceType: 'instance', Tags }],
        }),
      );
      ids.push(...Instances.map(({ InstanceId }) => InstanceId ?? ''));
    }
    return ids;
  }

  close(): void {
    this.#ec2.destroy();
  }

  async #newSubnet(): Promise<string> {
    const { Vpc } = await this.#ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
    const subnet = { VpcId: Vpc?.VpcId, CidrBlock: '10.0.0.0/20', AvailabilityZone: 'us-east-1a' };
    return (await this.#ec2.send(new CreateSubnetCommand(subnet))).Subnet?.SubnetId ?? '';
  }
}

import { DescribeInstancesCommand, type EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { withDeadline } from '../../adapters/aws';
import { TAG } from '../../autoscaler/names';
import { NotNow, Unusable } from '../../deploy/errors';
import { type Deployed, LAPTOP_DEADLINE_MS, outOfReach } from '../stage';

/**
 * The instance that runs as the stage's server. While one is replaced, the old and the new one bear the same tags.
 *
 * @returns its id
 * @throws {NotNow} where none runs; {Unusable} where several do, or EC2 refuses
 */
export async function findServer(client: EC2Client, stage: Deployed): Promise<string> {
  const found = await describe(client, stage);
  const [running, another] = found.filter(({ State }) => State?.Name === 'running');
  const where = `EC2 in ${stage.region}`;
  const name = `${TAG.role}=server`;
  if (running?.InstanceId === undefined) {
    throw new NotNow(where, name, {
      value: found.length > 0 ? found.map(words).join(', ') : undefined,
      rule: `the server of stage ${stage.stage} must run, in the account of your credentials`,
      fix:
        found.length > 0
          ? 'wait for it, or start it: npm run deploy makes one where there is none'
          : 'name the stage with --stage, deploy it, or use the credentials of its account',
    });
  }
  if (another !== undefined) {
    throw new Unusable(where, name, {
      value: found.map(words).join(', '),
      rule: `one instance is the server of stage ${stage.stage}`,
      fix: 'wait until the one that is replaced has ended; terminate what is not in Terraform',
    });
  }
  return running.InstanceId;
}

const words = ({ InstanceId, State }: Instance): string => `${InstanceId} ${State?.Name}`;

async function describe(client: EC2Client, stage: Deployed): Promise<Instance[]> {
  const command = new DescribeInstancesCommand({
    Filters: [
      { Name: `tag:${TAG.cluster}`, Values: [stage.cluster] },
      { Name: `tag:${TAG.role}`, Values: ['server'] },
    ],
  });
  try {
    const answer = await withDeadline('EC2 DescribeInstances', LAPTOP_DEADLINE_MS, (abortSignal) =>
      client.send(command, { abortSignal }),
    );
    const instances = (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
    // EC2 lists what was terminated for about an hour.
    return instances.filter(({ State }) => State?.Name !== 'terminated');
  } catch (error) {
    throw outOfReach(error, { ...stage, service: 'EC2', name: stage.cluster, right: 'ec2:DescribeInstances' });
  }
}

import {
  DescribeAvailabilityZonesCommand,
  DescribeInstanceTypeOfferingsCommand,
  paginateDescribeInstances,
  paginateDescribeLaunchTemplates,
  paginateDescribeNetworkInterfaces,
  paginateDescribeVolumes,
} from '@aws-sdk/client-ec2';
import { createEc2Client } from '../../../adapters/ec2';
import { toInstance } from '../../../adapters/ec2-instances';
import { TAG } from '../../../autoscaler/names';
import { LAPTOP_TIMEOUTS } from '../../stage';
import { type Asker, ask } from './ask';
import type { Outside } from './outside';

type OfEc2 = Pick<
  Outside,
  'zones' | 'offerings' | 'instances' | 'looseVolumes' | 'functionInterfaces' | 'launchTemplates'
>;

/** What EC2 offers, and what of the stage is there. */
export function ec2Outside(asker: Asker): OfEc2 & { destroy: () => void } {
  const { stage } = asker;
  const client = createEc2Client({ region: stage.region, dualStack: false, timeouts: LAPTOP_TIMEOUTS }, 2);
  const where = (action: string) => ({ service: 'EC2', name: stage.cluster, right: `ec2:${action}` });
  const ofCluster = { Name: `tag:${TAG.cluster}`, Values: [stage.cluster] };
  return {
    zones: async () => {
      const { AvailabilityZones = [] } = await ask(asker, where('DescribeAvailabilityZones'), (o) =>
        client.send(new DescribeAvailabilityZonesCommand({}), o),
      );
      return AvailabilityZones.map(({ ZoneName = '', State = 'unknown' }) => ({ name: ZoneName, state: State }));
    },
    offerings: async (types, zones) => {
      const Filters = [
        { Name: 'instance-type', Values: [...types] },
        { Name: 'location', Values: [...zones] },
      ];
      // Types by zones are less than the thousand of a page.
      const { InstanceTypeOfferings = [] } = await ask(asker, where('DescribeInstanceTypeOfferings'), (o) =>
        client.send(new DescribeInstanceTypeOfferingsCommand({ LocationType: 'availability-zone', Filters }), o),
      );
      return InstanceTypeOfferings.map(({ InstanceType = '', Location = '' }) => ({
        type: InstanceType,
        zone: Location,
      }));
    },
    instances: () =>
      ask(asker, where('DescribeInstances'), async (o) => {
        const found = [];
        for await (const page of paginateDescribeInstances({ client }, { Filters: [ofCluster] }, o)) {
          found.push(...(page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances));
        }
        // EC2 lists what was terminated for about an hour.
        return found.map((each) => toInstance(each, stage.cluster)).filter(({ state }) => state !== 'terminated');
      }),
    looseVolumes: () =>
      ask(asker, where('DescribeVolumes'), async (o) => {
        const loose = { Name: 'status', Values: ['available'] };
        // The server's data has a name and no tag of the cluster.
        const data = { Name: 'tag:Name', Values: [`${stage.cluster}-data`] };
        const found = [];
        for (const filter of [ofCluster, data]) {
          for await (const { Volumes = [] } of paginateDescribeVolumes({ client }, { Filters: [loose, filter] }, o)) {
            found.push(...Volumes);
          }
        }
        return found.map(({ VolumeId = '', Size = 0, Tags = [] }) => ({
          id: VolumeId,
          gib: Size,
          name: Tags.find(({ Key }) => Key === 'Name')?.Value ?? '',
        }));
      }),
    functionInterfaces: () =>
      ask(asker, where('DescribeNetworkInterfaces'), async (o) => {
        // Lambda tags none: it writes the function's name into the description.
        const Filters = [{ Name: 'description', Values: [`AWS Lambda VPC ENI-${stage.function}-*`] }];
        const found = [];
        for await (const page of paginateDescribeNetworkInterfaces({ client }, { Filters }, o)) {
          found.push(...(page.NetworkInterfaces ?? []));
        }
        return found.map(({ NetworkInterfaceId = '', Status = '' }) => ({ id: NetworkInterfaceId, status: Status }));
      }),
    launchTemplates: () =>
      ask(asker, where('DescribeLaunchTemplates'), async (o) => {
        const found = [];
        for await (const page of paginateDescribeLaunchTemplates({ client }, { Filters: [ofCluster] }, o)) {
          found.push(...(page.LaunchTemplates ?? []));
        }
        return found.map(({ LaunchTemplateId = '', LaunchTemplateName = '' }) => ({
          id: LaunchTemplateId,
          name: LaunchTemplateName,
        }));
      }),
    destroy: () => client.destroy(),
  };
}

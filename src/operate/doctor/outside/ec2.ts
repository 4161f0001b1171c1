import {
  DescribeAvailabilityZonesCommand,
  DescribeInstanceTypeOfferingsCommand,
  type Instance,
  paginateDescribeInstances,
  paginateDescribeLaunchTemplates,
  paginateDescribeNetworkInterfaces,
  paginateDescribeVolumes,
  type Volume,
} from '@aws-sdk/client-ec2';
import { createEc2Client } from '../../../adapters/ec2';
import { toInstance } from '../../../adapters/ec2-instances';
import { TAG } from '../../../autoscaler/names';
import { dataVolumeName } from '../../../infra/names';
import { LAPTOP_TIMEOUTS } from '../../stage';
import { once } from '../once';
import { type Asker, ask } from './ask';
import type { Outside } from './outside';

type Options = { abortSignal: AbortSignal };
type Filter = { Name: string; Values: string[] };

type OfEc2 = Pick<
  Outside,
  'zones' | 'offerings' | 'instances' | 'looseVolumes' | 'attachedVolumes' | 'functionInterfaces' | 'launchTemplates'
>;

/** Volumes that are asked for in one request. There is one, the server's, where pods have none of EBS. */
const AT_ONCE = 100;

/** https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/tagging.md */
const OF_CLAIM = ['CSIVolumeName', 'ebs.csi.aws.com/cluster'];

/** What EC2 offers, and what of the stage is there. */
export function ec2Outside(asker: Asker): OfEc2 & { destroy: () => void } {
  const { stage } = asker;
  const client = createEc2Client({ region: stage.region, dualStack: false, timeouts: LAPTOP_TIMEOUTS }, 2);
  const where = (action: string) => ({ service: 'EC2', name: stage.cluster, right: `ec2:${action}` });
  const ofCluster = { Name: `tag:${TAG.cluster}`, Values: [stage.cluster] };
  const described = once(() => {
    const pages = paginateDescribeInstances({ client }, { Filters: [ofCluster] }, { abortSignal: asker.signal });
    return all(pages, ({ Reservations = [] }) => Reservations.flatMap(({ Instances = [] }) => Instances));
  });
  const describeVolumes = (Filters: Filter[], o: Options) =>
    all(paginateDescribeVolumes({ client }, { Filters }, o), ({ Volumes = [] }) => Volumes);
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
      ask(asker, where('DescribeInstances'), async () => {
        const found = await described();
        // EC2 lists what was terminated for about an hour.
        return found.map((each) => toInstance(each, stage.cluster)).filter(({ state }) => state !== 'terminated');
      }),
    looseVolumes: () =>
      ask(asker, where('DescribeVolumes'), async (o) => {
        const loose = { Name: 'status', Values: ['available'] };
        const data = { Name: 'tag:Name', Values: [dataVolumeName(stage.cluster)] };
        const found = [...(await describeVolumes([loose, ofCluster], o)), ...(await describeVolumes([loose, data], o))];
        return found.map(volumeOf);
      }),
    attachedVolumes: async () => {
      const attached = (await ask(asker, where('DescribeInstances'), described)).flatMap(beside);
      return ask(asker, where('DescribeVolumes'), async (o) => {
        const found: Volume[] = [];
        for (let from = 0; from < attached.length; from += AT_ONCE) {
          const Values = attached.slice(from, from + AT_ONCE).map(({ id }) => id);
          found.push(...(await describeVolumes([{ Name: 'volume-id', Values }], o)));
        }
        return found.flatMap((volume) => {
          const at = attached.find(({ id }) => id === volume.VolumeId);
          const isOfClaim = (volume.Tags ?? []).some(({ Key = '' }) => OF_CLAIM.includes(Key));
          return at === undefined ? [] : [{ ...volumeOf(volume), ...at, isOfClaim }];
        });
      });
    },
    functionInterfaces: () =>
      ask(asker, where('DescribeNetworkInterfaces'), async (o) => {
        // Lambda tags none: it writes the function's name into the description.
        const Filters = [{ Name: 'description', Values: [`AWS Lambda VPC ENI-${stage.function}-*`] }];
        const pages = paginateDescribeNetworkInterfaces({ client }, { Filters }, o);
        const found = await all(pages, ({ NetworkInterfaces = [] }) => NetworkInterfaces);
        return found.map(({ NetworkInterfaceId = '', Status = '' }) => ({ id: NetworkInterfaceId, status: Status }));
      }),
    launchTemplates: () =>
      ask(asker, where('DescribeLaunchTemplates'), async (o) => {
        const pages = paginateDescribeLaunchTemplates({ client }, { Filters: [ofCluster] }, o);
        const found = await all(pages, ({ LaunchTemplates = [] }) => LaunchTemplates);
        return found.map(({ LaunchTemplateId = '', LaunchTemplateName = '' }) => ({
          id: LaunchTemplateId,
          name: LaunchTemplateName,
        }));
      }),
    destroy: () => client.destroy(),
  };
}

async function all<Page, Item>(pages: AsyncIterable<Page>, items: (page: Page) => Item[]): Promise<Item[]> {
  const found: Item[] = [];
  for await (const page of pages) found.push(...items(page));
  return found;
}

const volumeOf = ({ VolumeId = '', Size = 0, Tags = [] }: Volume) => ({
  id: VolumeId,
  gib: Size,
  name: Tags.find(({ Key }) => Key === 'Name')?.Value ?? '',
});

/** The volumes at an instance, without the one that it boots from, and without what ends with it. */
const beside = ({ InstanceId = '', RootDeviceName, BlockDeviceMappings = [] }: Instance) =>
  BlockDeviceMappings.filter(({ DeviceName }) => DeviceName !== RootDeviceName).flatMap(({ DeviceName = '', Ebs }) =>
    Ebs?.VolumeId === undefined || Ebs.DeleteOnTermination === true
      ? []
      : [{ id: Ebs.VolumeId, instance: InstanceId, device: DeviceName }],
  );

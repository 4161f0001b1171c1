import { TAG } from '../autoscaler/names';
import { HOURS_A_MONTH } from '../config/runtime';
import { onDemandPerHour } from './compute-prices';
import { block, named, numberOf, type PricedResource } from './priced-resource';
import { PRICES } from './prices';

/** A part of a resource's cost; `usd` undefined: it costs something, and what is not known. */
export interface Part {
  what: string;
  usd: number | undefined;
}

/** A standing instance: itself, its root volume, its public address. */
export function instanceParts(instance: PricedResource, all: readonly PricedResource[]): Part[] {
  return [computePart(instance), rootVolumePart(instance, all), ...addressParts(instance, all)];
}

function computePart({ values }: PricedResource): Part {
  const type = String(values.instance_type ?? 'of unknown type');
  const market = block(values, 'instance_market_options').market_type ?? 'on-demand';
  const hourly = market === 'on-demand' ? onDemandPerHour(type) : undefined;
  return { what: `${type} ${market}, ${HOURS_A_MONTH} h`, usd: hourly && hourly * HOURS_A_MONTH };
}

/** As it is where the instance exists, else as its template has it. */
function rootVolumePart(instance: PricedResource, all: readonly PricedResource[]): Part {
  const own = block(instance.values, 'root_block_device');
  const planned = block(block(templateOf(instance, all)?.values ?? {}, 'block_device_mappings'), 'ebs');
  const { what, usd } = volumePart(own.volume_size === undefined ? planned : own, 'volume_size', 'volume_type');
  return { what: `root ${what}`, usd };
}

/** By reference, by id, or, where its id comes with apply, by the role that both are tagged with. */
function templateOf({ values }: PricedResource, all: readonly PricedResource[]): PricedResource | undefined {
  const { id } = block(values, 'launch_template');
  const byId = named(all, 'aws_launch_template', id);
  if (byId) return byId;
  const role = block(values, 'tags')[TAG.role];
  const same = all.filter(
    ({ type, values }) => type === 'aws_launch_template' && block(values, 'tags')[TAG.role] === role,
  );
  return role === undefined || same.length !== 1 ? undefined : same[0];
}

/** A volume of its own. */
export const ebsVolumeParts = ({ values }: PricedResource): Part[] => [volumePart(values, 'size', 'type')];

function volumePart(values: Record<string, unknown>, size: string, type: string): Part {
  const gb = numberOf(values[size]);
  // More than gp3's own throughput and operations has a price that is not here.
  const plain =
    values[type] === 'gp3' && (numberOf(values.iops) ?? 0) <= 3000 && (numberOf(values.throughput) ?? 0) <= 125;
  return {
    what: volumeWords(values[size], values[type]),
    usd: gb !== undefined && plain ? gb * PRICES.gp3GbMonth.usd : undefined,
  };
}

const volumeWords = (size: unknown, type: unknown): string =>
  `volume, ${size ?? 'unknown'} GiB of ${type ?? 'unknown type'}`;

/**
 * The address that the subnet gives. Before the first apply a plan does not say in which subnet an instance will be:
 * then it counts as soon as any subnet gives addresses, and the line says so.
 */
function addressParts(instance: PricedResource, all: readonly PricedResource[]): Part[] {
  const usd = PRICES.addressHour.usd * HOURS_A_MONTH;
  const { associate_public_ip_address: own, subnet_id: subnetId } = instance.values;
  if (own === false) return [];
  if (own === true) return [{ what: 'public IPv4 address', usd }];
  const gives = ({ values }: PricedResource) => values.map_public_ip_on_launch === true;
  const subnet = named(all, 'aws_subnet', subnetId);
  if (subnet) return gives(subnet) ? [{ what: 'public IPv4 address', usd }] : [];
  if (all.some((each) => each.type === 'aws_subnet' && gives(each))) {
    return [{ what: 'public IPv4 address, if its subnet is one that gives them', usd }];
  }
  return [{ what: 'public IPv4 address, if its subnet gives one', usd: undefined }];
}

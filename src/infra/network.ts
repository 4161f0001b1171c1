import { Construct } from 'constructs';
import { DefaultSecurityGroup } from '#aws/default-security-group';
import { Ec2SubnetCidrReservation } from '#aws/ec2-subnet-cidr-reservation';
import { EgressOnlyInternetGateway } from '#aws/egress-only-internet-gateway';
import { InternetGateway } from '#aws/internet-gateway';
import { Route } from '#aws/route';
import { RouteTable } from '#aws/route-table';
import { RouteTableAssociation } from '#aws/route-table-association';
import { Subnet } from '#aws/subnet';
import { Vpc } from '#aws/vpc';
import { VpcEndpoint } from '#aws/vpc-endpoint';
import { Fn, type ITerraformDependable } from '#cdk';
import { hostAddress, subnetCidr } from '../config/network';
import type { ResolvedConfig } from '../config/resolve';

/** Public subnets are numbers 1 (zone a), 2, …; those of the function lie so far above. */
const FUNCTION_SUBNETS = 128;
const SERVER_HOST = 10;

/** Fixed, so that settings and the function know it before the server exists, and it survives a new server. */
export const serverAddress = (config: ResolvedConfig): string =>
  hostAddress(config.vpcCidr, subnetNumber(firstZone(config)), SERVER_HOST);

/** Where the server and its data are. */
export function firstZone({ zones: [first] }: Pick<ResolvedConfig, 'zones'>): string {
  if (first === undefined) throw new RangeError('the configuration names no zone');
  return first;
}

/** By the zone's letter and not by its place in the list: a zone that is added moves no other one's network. */
const subnetNumber = (zone: string): number => zone.charCodeAt(zone.length - 1) - 'a'.charCodeAt(0) + 1;

interface Props {
  cluster: string;
  config: ResolvedConfig;
}

/**
 * Nodes live in public subnets: K3s comes from GitHub, which has no IPv6, and a NAT gateway costs more than the nodes'
 * public addresses. The function lives in subnets of its own with no way to the IPv4 internet: a function has no public
 * address, so in a public subnet its calls would hang until they time out. EC2 and SSM are reached over IPv6 through the
 * egress-only gateway, DynamoDB and S3 through gateway endpoints; all of them are free.
 */
export class Network extends Construct {
  readonly vpcId: string;
  /** Subnet of the nodes by zone. */
  readonly nodeSubnets: Map<string, Subnet>;
  readonly functionSubnets: Subnet[];
  /** No node gets the server's address by chance: neither before the first server is there, nor while one is replaced. */
  readonly serverReservation: ITerraformDependable;
  /** Of DynamoDB's gateway endpoint, for a rule that lets the function out to it. */
  readonly dynamoPrefixList: string;
  /** Without these the function reaches nothing: they are made before it, and outlive its last call on `destroy`. */
  readonly functionPaths: ITerraformDependable[] = [];
  /** The nodes' way out, which outlives that call too: AWS does not take a gateway from addresses that are in use. */
  readonly nodePaths: ITerraformDependable[] = [];

  constructor(scope: Construct, id: string, { cluster, config }: Props) {
    super(scope, id);
    const vpc = new Vpc(this, 'vpc', {
      cidrBlock: config.vpcCidr,
      // Free, and there whatever way out the function has: a block cannot be taken from a VPC whose subnets use it.
      assignGeneratedIpv6CidrBlock: true,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: { Name: cluster },
    });
    this.vpcId = vpc.id;
    // Without rules: what forgets to name a group lands in it, and by default its members reach one another and the world.
    new DefaultSecurityGroup(this, 'default-group', { vpcId: vpc.id, tags: { Name: `${cluster}-unused` } });
    const nodeRoutes = this.routeTable('public', cluster);
    const functionRoutes = this.routeTable('function', cluster);
    this.nodeSubnets = this.publicSubnets(vpc, nodeRoutes, cluster, config);
    // EC2 gives an address out of it only to who asks for it by name
    // (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-cidr-reservation.html).
    this.serverReservation = new Ec2SubnetCidrReservation(this, 'server-address', {
      subnetId: this.nodeSubnet(0).id,
      cidrBlock: `${serverAddress(config)}/32`,
      reservationType: 'explicit',
      description: 'the K3s server',
    });
    this.functionSubnets = this.privateSubnets(vpc, functionRoutes, cluster, config);
    if (config.network.functionEgress === 'ipv6') this.egressOnly(functionRoutes, cluster);
    const gateway = (service: string, routeTableIds: string[]): VpcEndpoint =>
      new VpcEndpoint(this, service, {
        vpcId: vpc.id,
        serviceName: `com.amazonaws.${config.region}.${service}`,
        vpcEndpointType: 'Gateway',
        routeTableIds,
        tags: { Name: `${cluster}-${service}` },
      });
    const dynamodb = gateway('dynamodb', [functionRoutes.id]);
    gateway('s3', [nodeRoutes.id, functionRoutes.id]);
    this.dynamoPrefixList = dynamodb.prefixListId;
    this.functionPaths.push(dynamodb);
  }

  /** Zones in turn, from the first. */
  nodeSubnet(index: number): Subnet {
    const subnets = [...this.nodeSubnets.values()];
    const subnet = subnets[index % subnets.length];
    if (subnet === undefined) throw new RangeError('the configuration names no zone');
    return subnet;
  }

  private routeTable(name: 'public' | 'function', cluster: string): RouteTable {
    return new RouteTable(this, `${name}-routes`, { vpcId: this.vpcId, tags: { Name: `${cluster}-${name}` } });
  }

  private publicSubnets(vpc: Vpc, routes: RouteTable, cluster: string, config: ResolvedConfig): Map<string, Subnet> {
    const gateway = new InternetGateway(this, 'internet', { vpcId: vpc.id, tags: { Name: cluster } });
    this.nodePaths.push(
      new Route(this, 'public-out', {
        routeTableId: routes.id,
        destinationCidrBlock: '0.0.0.0/0',
        gatewayId: gateway.id,
      }),
    );
    return new Map(
      config.zones.map((zone) => {
        const subnet = new Subnet(this, `public-${zone}`, {
          vpcId: vpc.id,
          availabilityZone: zone,
          cidrBlock: subnetCidr(config.vpcCidr, subnetNumber(zone)),
          // The subnet's setting, not a network interface in the template: RunInstances refuses a subnet beside one.
          mapPublicIpOnLaunch: true,
          tags: { Name: `${cluster}-public-${zone}` },
        });
        this.nodePaths.push(
          new RouteTableAssociation(this, `public-${zone}-routes`, { subnetId: subnet.id, routeTableId: routes.id }),
        );
        return [zone, subnet] as const;
      }),
    );
  }

  private privateSubnets(vpc: Vpc, routes: RouteTable, cluster: string, { zones, vpcCidr }: ResolvedConfig): Subnet[] {
    return zones.map((zone) => {
      const number = FUNCTION_SUBNETS + subnetNumber(zone);
      const subnet = new Subnet(this, `function-${zone}`, {
        vpcId: vpc.id,
        availabilityZone: zone,
        cidrBlock: subnetCidr(vpcCidr, number),
        // Lambda wants an IPv6 network in every subnet it is given, or refuses dual stack.
        ipv6CidrBlock: Fn.cidrsubnet(vpc.ipv6CidrBlock, 8, number),
        tags: { Name: `${cluster}-function-${zone}` },
      });
      this.functionPaths.push(
        new RouteTableAssociation(this, `function-${zone}-routes`, { subnetId: subnet.id, routeTableId: routes.id }),
      );
      return subnet;
    });
  }

  private egressOnly(routes: RouteTable, cluster: string): void {
    const gateway = new EgressOnlyInternetGateway(this, 'egress-only', { vpcId: this.vpcId, tags: { Name: cluster } });
    this.functionPaths.push(
      new Route(this, 'function-out', {
        routeTableId: routes.id,
        destinationIpv6CidrBlock: '::/0',
        egressOnlyGatewayId: gateway.id,
      }),
    );
  }
}

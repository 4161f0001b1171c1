import { Construct } from 'constructs';
import { EgressOnlyInternetGateway } from '#aws/egress-only-internet-gateway';
import { InternetGateway } from '#aws/internet-gateway';
import { RouteTable } from '#aws/route-table';
import { RouteTableAssociation } from '#aws/route-table-association';
import { Subnet } from '#aws/subnet';
import { Vpc } from '#aws/vpc';
import { VpcEndpoint } from '#aws/vpc-endpoint';
import { Fn } from '#cdk';
import { hostAddress, subnetCidr } from '../config/network';
import type { ResolvedConfig } from '../config/resolve';

/** Public subnets are numbers 1, 2, …; those of the function start here. */
const FIRST_FUNCTION_SUBNET = 129;
const SERVER_HOST = 10;

/** Fixed, so that user data and the function know it before the server exists, and it survives a new server. */
export const serverAddress = (vpcCidr: string): string => hostAddress(vpcCidr, 1, SERVER_HOST);

/**
 * Nodes live in public subnets: K3s comes from GitHub, which has no IPv6, and a NAT gateway costs more than the nodes'
 * public addresses. The function lives in subnets of its own with no way to the IPv4 internet: EC2 and SSM are reached
 * over IPv6 through the egress-only gateway, DynamoDB through its gateway endpoint. Both are free.
 */
export class Network extends Construct {
  readonly vpcId: string;
  /** Subnet of the nodes by zone. */
  readonly nodeSubnets: Map<string, Subnet>;
  readonly functionSubnets: Subnet[];
  /** Of DynamoDB's gateway endpoint, for a rule that lets the function out to it. */
  readonly dynamoPrefixList: string;

  constructor(scope: Construct, id: string, props: { cluster: string; config: ResolvedConfig }) {
    super(scope, id);
    const { cluster, config } = props;
    const vpc = new Vpc(this, 'vpc', {
      cidrBlock: config.vpcCidr,
      assignGeneratedIpv6CidrBlock: true,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: { Name: cluster },
    });
    this.vpcId = vpc.id;
    this.nodeSubnets = this.publicSubnets(vpc, cluster, config);
    const routes = this.egressOnlyRoutes(vpc, cluster);
    this.functionSubnets = this.privateSubnets(vpc, routes, cluster, config);
    const dynamo = new VpcEndpoint(this, 'dynamodb', {
      vpcId: vpc.id,
      serviceName: `com.amazonaws.${config.region}.dynamodb`,
      vpcEndpointType: 'Gateway',
      routeTableIds: [routes.id],
      tags: { Name: `${cluster}-dynamodb` },
    });
    this.dynamoPrefixList = dynamo.prefixListId;
  }

  private publicSubnets(vpc: Vpc, cluster: string, { zones, vpcCidr }: ResolvedConfig): Map<string, Subnet> {
    const gateway = new InternetGateway(this, 'internet', { vpcId: vpc.id, tags: { Name: cluster } });
    const routes = new RouteTable(this, 'public-routes', {
      vpcId: vpc.id,
      route: [{ cidrBlock: '0.0.0.0/0', gatewayId: gateway.id }],
      tags: { Name: `${cluster}-public` },
    });
    return new Map(
      zones.map((zone, index) => {
        const subnet = new Subnet(this, `public-${zone}`, {
          vpcId: vpc.id,
          availabilityZone: zone,
          cidrBlock: subnetCidr(vpcCidr, index + 1),
          mapPublicIpOnLaunch: true,
          tags: { Name: `${cluster}-public-${zone}` },
        });
        new RouteTableAssociation(this, `public-${zone}-routes`, { subnetId: subnet.id, routeTableId: routes.id });
        return [zone, subnet] as const;
      }),
    );
  }

  private egressOnlyRoutes(vpc: Vpc, cluster: string): RouteTable {
    const gateway = new EgressOnlyInternetGateway(this, 'egress-only', { vpcId: vpc.id, tags: { Name: cluster } });
    return new RouteTable(this, 'function-routes', {
      vpcId: vpc.id,
      route: [{ ipv6CidrBlock: '::/0', egressOnlyGatewayId: gateway.id }],
      tags: { Name: `${cluster}-function` },
    });
  }

  private privateSubnets(vpc: Vpc, routes: RouteTable, cluster: string, { zones, vpcCidr }: ResolvedConfig): Subnet[] {
    return zones.map((zone, index) => {
      const subnet = new Subnet(this, `function-${zone}`, {
        vpcId: vpc.id,
        availabilityZone: zone,
        cidrBlock: subnetCidr(vpcCidr, FIRST_FUNCTION_SUBNET + index),
        // Lambda wants an IPv6 network in every subnet it is given, or refuses dual stack.
        ipv6CidrBlock: Fn.cidrsubnet(vpc.ipv6CidrBlock, 8, FIRST_FUNCTION_SUBNET + index),
        tags: { Name: `${cluster}-function-${zone}` },
      });
      new RouteTableAssociation(this, `function-${zone}-routes`, { subnetId: subnet.id, routeTableId: routes.id });
      return subnet;
    });
  }
}

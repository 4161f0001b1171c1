import { isIPv6 } from 'node:net';
import { Construct } from 'constructs';
import { SecurityGroup } from '#aws/security-group';
import { VpcSecurityGroupEgressRule } from '#aws/vpc-security-group-egress-rule';
import { VpcSecurityGroupIngressRule } from '#aws/vpc-security-group-ingress-rule';
import type { ITerraformDependable } from '#cdk';
import type { ResolvedConfig } from '../config/resolve';
import { PORT } from './names';
import type { Network } from './network';

interface Port {
  protocol: 'tcp' | 'udp';
  port: number;
}

const tcp = (port: number): Port => ({ protocol: 'tcp', port });

const range = ({ protocol, port }: Port) => ({ ipProtocol: protocol, fromPort: port, toPort: port });

/** Who may talk to whom. Open to the world is what the configuration lists for the API, and nothing by default. */
export class Security extends Construct {
  /** Every node, the server too. */
  readonly nodes: SecurityGroup;
  /** The server, beside `nodes`. */
  readonly server: SecurityGroup;
  readonly function: SecurityGroup;
  /** Without these rules the function reaches nothing. */
  readonly functionPaths: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: { cluster: string; config: ResolvedConfig; network: Network }) {
    super(scope, id);
    const { cluster, config, network } = props;
    const group = (role: string, description: string): SecurityGroup =>
      new SecurityGroup(this, role, {
        name: `${cluster}-${role}`,
        description,
        vpcId: network.vpcId,
        tags: { Name: `${cluster}-${role}` },
      });
    this.nodes = group('nodes', 'K3s nodes');
    this.server = group('server', 'K3s server');
    this.function = group('function', 'Autoscaler function');

    this.allowIn('vxlan', this.nodes, this.nodes, { protocol: 'udp', port: PORT.vxlan }, 'VXLAN between nodes');
    this.allowIn('kubelet', this.nodes, this.nodes, tcp(PORT.kubelet), 'Kubelets between nodes');
    this.allowIn('api-nodes', this.server, this.nodes, tcp(PORT.api), 'Kubernetes API for nodes');
    this.allowIn('api-function', this.server, this.function, tcp(PORT.api), 'Kubernetes API for the function');
    this.allowIn('prometheus', this.server, this.function, tcp(PORT.prometheus), 'Prometheus for the function');
    this.allowApi(config.server.apiCidrs);
    this.allowNodesOut();
    this.functionPaths = this.allowFunctionOut(network.dynamoPrefixList, config.network.functionEgress === 'ipv6');
  }

  private allowIn(id: string, to: SecurityGroup, from: SecurityGroup, port: Port, description: string): void {
    new VpcSecurityGroupIngressRule(this, id, {
      securityGroupId: to.id,
      referencedSecurityGroupId: from.id,
      ...range(port),
      description,
    });
  }

  private allowApi(cidrs: readonly string[]): void {
    for (const cidr of cidrs) {
      new VpcSecurityGroupIngressRule(this, `api-${cidr.replaceAll(/[^0-9a-f]/gi, '-')}`, {
        securityGroupId: this.server.id,
        ...(isIPv6(cidr.split('/')[0] ?? '') ? { cidrIpv6: cidr } : { cidrIpv4: cidr }),
        ...range(tcp(PORT.api)),
        description: 'Kubernetes API for server.apiCidrs',
      });
    }
  }

  private allowNodesOut(): void {
    new VpcSecurityGroupEgressRule(this, 'nodes-out', {
      securityGroupId: this.nodes.id,
      cidrIpv4: '0.0.0.0/0',
      ipProtocol: '-1',
      description: 'Images and packages',
    });
  }

  private allowFunctionOut(dynamoPrefixList: string, ipv6: boolean): ITerraformDependable[] {
    const out = (id: string, port: number, target: Record<string, string>, description: string) =>
      new VpcSecurityGroupEgressRule(this, id, {
        securityGroupId: this.function.id,
        ...range(tcp(port)),
        ...target,
        description,
      });
    const server = { referencedSecurityGroupId: this.server.id };
    return [
      // A rule for IPv4 alone would silently drop what leaves over IPv6.
      ...(ipv6 ? [out('function-aws', 443, { cidrIpv6: '::/0' }, 'EC2 and SSM')] : []),
      out('function-dynamodb', 443, { prefixListId: dynamoPrefixList }, 'DynamoDB'),
      out('function-api', PORT.api, server, 'Kubernetes API'),
      out('function-prometheus', PORT.prometheus, server, 'Prometheus'),
    ];
  }
}

import { Construct } from 'constructs';
import { SecurityGroup } from '#aws/security-group';
import { VpcSecurityGroupEgressRule } from '#aws/vpc-security-group-egress-rule';
import { VpcSecurityGroupIngressRule } from '#aws/vpc-security-group-ingress-rule';
import { PORT } from './names';
import type { Network } from './network';

interface Port {
  protocol: 'tcp' | 'udp';
  port: number;
}

const tcp = (port: number): Port => ({ protocol: 'tcp', port });

const range = ({ protocol, port }: Port) => ({ ipProtocol: protocol, fromPort: port, toPort: port });

/** Who may talk to whom. Nothing is open to the internet. */
export class Security extends Construct {
  /** Every node, the server too. */
  readonly nodes: SecurityGroup;
  /** The server, beside `nodes`. */
  readonly server: SecurityGroup;
  readonly function: SecurityGroup;

  constructor(scope: Construct, id: string, props: { cluster: string; network: Network }) {
    super(scope, id);
    const { cluster, network } = props;
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
    this.allowNodesOut();
    this.allowFunctionOut(network.dynamoPrefixList);
  }

  private allowIn(id: string, to: SecurityGroup, from: SecurityGroup, port: Port, description: string): void {
    new VpcSecurityGroupIngressRule(this, id, {
      securityGroupId: to.id,
      referencedSecurityGroupId: from.id,
      ...range(port),
      description,
    });
  }

  private allowNodesOut(): void {
    new VpcSecurityGroupEgressRule(this, 'nodes-out', {
      securityGroupId: this.nodes.id,
      cidrIpv4: '0.0.0.0/0',
      ipProtocol: '-1',
      description: 'Images and packages',
    });
  }

  private allowFunctionOut(dynamoPrefixList: string): void {
    const securityGroupId = this.function.id;
    const out = (id: string, port: number, target: Record<string, string>, description: string): void => {
      new VpcSecurityGroupEgressRule(this, id, { securityGroupId, ...range(tcp(port)), ...target, description });
    };
    out('function-aws', 443, { cidrIpv6: '::/0' }, 'EC2 and SSM');
    out('function-dynamodb', 443, { prefixListId: dynamoPrefixList }, 'DynamoDB');
    out('function-api', PORT.api, { referencedSecurityGroupId: this.server.id }, 'Kubernetes API');
    out('function-prometheus', PORT.prometheus, { referencedSecurityGroupId: this.server.id }, 'Prometheus');
  }
}

import { Construct } from 'constructs';
import { SecurityGroup } from '#aws/security-group';
import { VpcEndpoint } from '#aws/vpc-endpoint';
import { VpcSecurityGroupEgressRule } from '#aws/vpc-security-group-egress-rule';
import { VpcSecurityGroupIngressRule } from '#aws/vpc-security-group-ingress-rule';
import type { ITerraformDependable } from '#cdk';
import type { Network } from './network';
import type { Security } from './security';

/**
 * The way to EC2 and SSM for accounts without IPv6: an interface endpoint of each in every zone, at $7.30 a month each
 * (https://aws.amazon.com/privatelink/pricing/: $0.01 an hour).
 */
export class InterfaceEndpoints extends Construct {
  readonly paths: ITerraformDependable[];

  constructor(
    scope: Construct,
    id: string,
    { cluster, region, network, security }: { cluster: string; region: string; network: Network; security: Security },
  ) {
    super(scope, id);
    const group = new SecurityGroup(this, 'group', {
      name: `${cluster}-endpoints`,
      description: 'Interface endpoints of AWS services',
      vpcId: network.vpcId,
      tags: { Name: `${cluster}-endpoints` },
    });
    const https = { fromPort: 443, toPort: 443, ipProtocol: 'tcp' };
    // Private DNS holds for the whole VPC: the nodes' agents and scripts land at these endpoints too.
    const clients = { function: security.function, nodes: security.nodes };
    const rules = Object.entries(clients).map(
      ([name, from]) =>
        new VpcSecurityGroupIngressRule(this, `from-${name}`, {
          securityGroupId: group.id,
          referencedSecurityGroupId: from.id,
          ...https,
          description: `EC2 and SSM for the ${name}`,
        }),
    );
    const out = new VpcSecurityGroupEgressRule(this, 'function-out', {
      securityGroupId: security.function.id,
      referencedSecurityGroupId: group.id,
      ...https,
      description: 'EC2 and SSM',
    });
    const endpoints = ['ec2', 'ssm'].map(
      (service) =>
        new VpcEndpoint(this, service, {
          vpcId: network.vpcId,
          serviceName: `com.amazonaws.${region}.${service}`,
          vpcEndpointType: 'Interface',
          subnetIds: network.functionSubnets.map((subnet) => subnet.id),
          securityGroupIds: [group.id],
          privateDnsEnabled: true,
          tags: { Name: `${cluster}-${service}` },
        }),
    );
    this.paths = [...rules, out, ...endpoints];
  }
}

import { all, type Synthesized, synthesized } from './support';

const group = (reference: unknown) => /security_(nodes|server|function)_/.exec(String(reference))?.[1];

const ingress = (stack: Synthesized): string[] =>
  all(stack, 'aws_vpc_security_group_ingress_rule')
    .map((rule) => {
      const from = group(rule.referenced_security_group_id) ?? rule.cidr_ipv4 ?? rule.cidr_ipv6;
      return `${from} -> ${group(rule.security_group_id)} ${rule.ip_protocol} ${rule.from_port}-${rule.to_port}`;
    })
    .sort();

const CLOSED = [
  'function -> server tcp 30090-30090',
  'function -> server tcp 6443-6443',
  'nodes -> nodes tcp 10250-10250',
  'nodes -> nodes udp 8472-8472',
  'nodes -> server tcp 6443-6443',
];

describe('the security groups', () => {
  it('open exactly the ports of the design, to groups and to no address', () => {
    expect(ingress(synthesized())).toEqual(CLOSED);
  });

  it('open the API to the networks that the configuration lists, and nothing else', () => {
    const stack = synthesized({ server: { apiCidrs: ['203.0.113.7/32', '2001:db8::/48'] } });
    expect(ingress(stack)).toEqual(
      [...CLOSED, '2001:db8::/48 -> server tcp 6443-6443', '203.0.113.7/32 -> server tcp 6443-6443'].sort(),
    );
  });

  it('leave the default group, where a forgotten instance lands, without any rule', () => {
    const [unused] = all(synthesized(), 'aws_default_security_group');
    expect(unused).toMatchObject({ vpc_id: expect.stringContaining('aws_vpc') });
    expect([unused?.ingress, unused?.egress]).toEqual([undefined, undefined]);
  });

  it('let the function out to AWS over IPv6, to DynamoDB and to the server, and nowhere else', () => {
    const out = all(synthesized(), 'aws_vpc_security_group_egress_rule').filter(
      (rule) => group(rule.security_group_id) === 'function',
    );
    const targets = out.map(
      (rule) => `${rule.from_port} ${rule.cidr_ipv6 ?? group(rule.referenced_security_group_id) ?? 'prefix'}`,
    );
    expect(targets.sort()).toEqual(['30090 server', '443 ::/0', '443 prefix', '6443 server']);
    expect(out.some((rule) => rule.cidr_ipv4 !== undefined)).toBe(false);
  });
});

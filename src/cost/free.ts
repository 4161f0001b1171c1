import type { PricedResource } from './priced-resource';

/** What costs nothing while it stands, by type, with why. A type that is neither here nor priced is named as unpriced. */
const FREE: readonly [pattern: RegExp, why: string][] = [
  [
    /^aws_(vpc|subnet|route|route_table|route_table_association|ec2_subnet_cidr_reservation)$/,
    'networks and routes are free',
  ],
  [
    /^aws_(internet_gateway|egress_only_internet_gateway)$/,
    'a gateway without translation is free; traffic out is not',
  ],
  [
    /^aws_(security_group|default_security_group|vpc_security_group_(in|e)gress_rule)$/,
    'security groups and their rules are free',
  ],
  [/^aws_iam_/, 'IAM is free'],
  [/^aws_launch_template$/, 'a template is free; what the autoscaler launches from it is not'],
  [/^aws_volume_attachment$/, 'the volume is paid for, not its attachment'],
  [/^aws_lambda_(permission|function_event_invoke_config|function_url)$/, 'settings of the function are free'],
  [/^aws_lambda_invocation$/, 'one call when the stack goes'],
  [/^aws_cloudwatch_event_(rule|target)$/, "AWS's own events and their delivery to a function are free"],
  [/^aws_sns_topic(_subscription)?$/, 'a topic is free, and so are its first 1000 e-mails a month'],
  [/^aws_s3_bucket_\w+$/, 'settings of a bucket are free'],
  [/^aws_s3_object$/, 'a few kB each; counted with its bucket'],
];

/** Why it costs nothing; undefined where it is not known to. */
export const whyFree = ({ type, values }: PricedResource): string | undefined => {
  if (type === 'aws_vpc_endpoint' && (values.vpc_endpoint_type ?? 'Gateway') === 'Gateway') {
    return 'a gateway endpoint is free';
  }
  // Standard, up to 4 KB; the key of AWS has no price of its own.
  if (type === 'aws_ssm_parameter' && ['Standard', undefined, null].includes(values.tier as string | undefined)) {
    return values.key_id === undefined || values.key_id === null ? 'a standard parameter is free' : undefined;
  }
  return FREE.find(([pattern]) => pattern.test(type))?.[1];
};

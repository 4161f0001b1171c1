/**
 * What holds no data and is made anew from the configuration alone. A type that is neither here nor in `warnings.ts` is not
 * known to the review, which says so.
 */
const HARMLESS: readonly RegExp[] = [
  /^aws_cloudwatch_(event_rule|event_target|metric_alarm)$/,
  /^aws_(default_)?security_group$/,
  /^aws_vpc_(security_group_(in|e)gress_rule|endpoint)$/,
  /^aws_(route|route_table|route_table_association|ec2_subnet_cidr_reservation)$/,
  /^aws_(internet_gateway|egress_only_internet_gateway)$/,
  /^aws_iam_(instance_profile|role|role_policy)$/,
  /^aws_lambda_(permission|function_event_invoke_config|function_url)$/,
  /^aws_launch_template$/,
  // Settings of the bucket, and the node files: copies of the checkout.
  /^aws_s3_bucket_(lifecycle_configuration|ownership_controls|policy|public_access_block|versioning)$/,
  /^aws_s3_bucket_server_side_encryption_configuration$/,
  /^aws_s3_object$/,
  /^aws_sns_topic(_subscription)?$/,
];

export const isHarmless = (type: string): boolean => HARMLESS.some((pattern) => pattern.test(type));

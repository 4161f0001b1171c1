/** Environment variables that this project reads or sets, for `docs/configuration.md`. */
export interface EnvironmentVariable {
  name: string;
  description: string;
}

/** The stack sets the first three; the others are for emulators. */
export const FUNCTION_VARIABLES: readonly EnvironmentVariable[] = [
  {
    name: 'AUTOSCALER_CONFIG',
    description:
      'The checked configuration: JSON, gzip, base64, at most 3.5 KB; durations in milliseconds, quantities in millicores and bytes (`src/config/runtime.ts`, `RuntimeConfig`).',
  },
  {
    name: 'AUTOSCALER_RESOURCES',
    description:
      'What exists only after `terraform apply`: tables, subnets, launch templates, addresses, parameter names. JSON (`RuntimeResources`).',
  },
  {
    name: 'NODE_OPTIONS',
    description:
      'Set to `--dns-result-order=ipv6first` where `network.functionEgress` is `ipv6`: the function has no way to the IPv4 internet.',
  },
  { name: 'AWS_ENDPOINT_URL', description: 'Of the AWS SDK: where all services are, for an emulator.' },
  { name: 'AWS_ENDPOINT_URL_EC2', description: 'The same for EC2 alone.' },
  { name: 'AWS_ENDPOINT_URL_DYNAMODB', description: 'The same for DynamoDB alone.' },
  { name: 'AWS_ENDPOINT_URL_SSM', description: 'The same for SSM alone.' },
];

export const DEVELOPER_VARIABLES: readonly EnvironmentVariable[] = [
  { name: 'STAGE', description: 'The stage, where `--stage` is not given. Default: `dev-<user>`.' },
  {
    name: 'PROMETHEUS_BIN',
    description: 'The Prometheus that the simulated world starts, before any other is looked for.',
  },
  {
    name: 'K3S_AUTOSCALER_TF_MIRROR',
    description:
      'For the tests that run Terraform: a mirror of the AWS provider (the folder that holds `registry.terraform.io`). `npm run test:tools` makes one. Default: the usual places; where there is none they are skipped, and say so.',
  },
  {
    name: 'TERRAFORM_BINARY_NAME',
    description: 'The program that `plan`, `deploy`, `destroy` and `bootstrap` drive. Default: `terraform`.',
  },
  {
    name: 'CDKTF_OUTDIR',
    description:
      'Where the Terraform configuration is written, and beside it what Terraform keeps. Default: `cdktf.out`.',
  },
  { name: 'CI', description: 'Set, and not `0` or `false`: a state in a file and logs that hold tokens are refused.' },
  { name: 'NO_COLOR', description: 'Set and not empty: no colours.' },
  { name: 'TEST_SLOW', description: '`1`: `npm run test:long` also runs the tests that install packages.' },
  {
    name: 'TEST_DOWNLOADS',
    description: '`1`: `npm test` also runs the test that loads from the mirrors of a distribution.',
  },
  { name: 'TEST_NO_SKIPS', description: '`1`: a test that is skipped counts as a failure, as it does in CI.' },
];

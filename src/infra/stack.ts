import type { Construct } from 'constructs';
import { AwsProvider } from '#aws/provider';
import { LocalBackend, TerraformOutput, TerraformStack } from '#cdk';
import type { ResolvedConfig } from '../config/resolve';
import { functionEnvironment } from './environment';
import { AutoscalerFunction } from './function';
import { stageNames } from './names';
import { Network } from './network';
import { Nodes } from './nodes';
import { functionStatements } from './permissions';
import { Schedule } from './schedule';
import { Security } from './security';
import { StateTable } from './state';

export interface StackProps {
  stage: string;
  config: ResolvedConfig;
  /** Path of the artifact's zip. */
  zip: string;
}

/** One stage: a cluster and its autoscaler. Stages share nothing. */
export class AutoscalerStack extends TerraformStack {
  constructor(scope: Construct, id: string, { stage, config, zip }: StackProps) {
    super(scope, id);
    const names = stageNames(stage);
    const { cluster } = names;
    // Relative to cdktf.out/stacks/<stack>: by default an absolute path would be written, another on each machine.
    new LocalBackend(this, { path: `../../../terraform.${stage}.tfstate` });
    new AwsProvider(this, 'aws', {
      region: config.region,
      defaultTags: [{ tags: { project: 'k3s-autoscaler', stage } }],
    });

    const network = new Network(this, 'network', { cluster, config });
    const security = new Security(this, 'security', { cluster, network });
    const { table } = new StateTable(this, 'state', { name: names.table });
    const nodes = new Nodes(this, 'nodes', { names, config, network, security });
    const { lambda } = new AutoscalerFunction(this, 'autoscaler', {
      names,
      config,
      network,
      security,
      zip,
      environment: functionEnvironment({ names, config, network, nodes, table: table.name }),
      statements: (logs) =>
        functionStatements({ names, config, network, security, nodes, tableArn: table.arn, logGroupArn: logs.arn }),
    });
    new Schedule(this, 'schedule', { name: names.function, every: config.schedule.every, lambda });

    new TerraformOutput(this, 'function-name', { value: lambda.functionName, staticId: true });
    new TerraformOutput(this, 'state-table', { value: table.name, staticId: true });
    new TerraformOutput(this, 'server-address', { value: nodes.serverAddress, staticId: true });
  }
}

import type { Construct } from 'constructs';
import { LambdaFunctionUrl } from '#aws/lambda-function-url';
import { AwsProvider } from '#aws/provider';
import { TerraformOutput, TerraformStack } from '#cdk';
import type { ResolvedConfig } from '../config/resolve';
import { Alarms } from './alarms';
import { addBackend } from './backend';
import { BaseWorkers } from './base-workers';
import { InterfaceEndpoints } from './endpoints';
import { functionEnvironment } from './environment';
import { Events } from './events';
import { AutoscalerFunction } from './function';
import { Lifecycle } from './lifecycle';
import { stageNames } from './names';
import { Network, serverAddress } from './network';
import { NodeFiles } from './node-files';
import { NodeRoles } from './node-roles';
import { Parameters } from './parameters';
import { functionStatements } from './permissions';
import { Pools } from './pools';
import { Schedule } from './schedule';
import { Security } from './security';
import { Server } from './server';
import { StateTables } from './state';

export interface StackProps {
  stage: string;
  config: ResolvedConfig;
  /** Path of the artifact's zip. */
  zip: string;
  /** The checkout: `userdata/` and `k8s/` are read from it. */
  root: string;
}

/** One stage: a cluster and its autoscaler. Stages share nothing. */
export class AutoscalerStack extends TerraformStack {
  constructor(scope: Construct, id: string, { stage, config, zip, root }: StackProps) {
    super(scope, id);
    const names = stageNames(stage, config.stages.primary);
    const { cluster } = names;
    const isProtected = config.stages.protected.includes(stage);
    addBackend(this, { stage, config });
    // Write-only values, which keep tokens out of the state, came with it.
    this.addOverride('terraform.required_version', '>= 1.11');
    new AwsProvider(this, 'aws', {
      region: config.region,
      defaultTags: [{ tags: { project: 'k3s-autoscaler', stage } }],
    });

    const network = new Network(this, 'network', { cluster, config });
    const security = new Security(this, 'security', { cluster, config, network });
    const endpoints =
      config.network.functionEgress === 'interface-endpoints'
        ? new InterfaceEndpoints(this, 'endpoints', { cluster, region: config.region, network, security })
        : undefined;
    const tables = new StateTables(this, 'state', { names, isProtected });
    new Parameters(this, 'parameters', names);

    const files = new NodeFiles(this, 'files', { cluster, root });
    const roles = new NodeRoles(this, 'roles', { names, config, bucketArn: files.bucket.arn });
    const nodes = { root, names, config, network, security, roles, files };
    const pools = new Pools(this, 'pools', nodes);

    const autoscaler = new AutoscalerFunction(this, 'autoscaler', {
      names,
      config,
      network,
      security,
      zip,
      environment: functionEnvironment({ names, config, network, pools, tables }),
      statements: (logs) =>
        functionStatements({ names, config, network, security, roles, pools, tables, logGroupArn: logs.arn }),
      paths: endpoints?.paths ?? [],
    });
    const { lambda } = autoscaler;
    const { invocation: lifecycle } = new Lifecycle(this, 'lifecycle', {
      autoscaler,
      // What ticks comes after it, so no worker is launched onto the server's address either.
      needs: [tables.state, tables.history, ...network.nodePaths, network.serverReservation],
    });
    new Schedule(this, 'schedule', { names, config, lambda, lifecycle });
    new Events(this, 'events', { name: names.function, lambda, lifecycle });
    const url = new LambdaFunctionUrl(this, 'url', {
      functionName: lambda.functionName,
      authorizationType: 'AWS_IAM',
      dependsOn: [lifecycle],
    });

    new Server(this, 'server', { ...nodes, alertUrl: url.functionUrl, isProtected });
    new BaseWorkers(this, 'base', nodes);
    if (config.alarms.enabled) new Alarms(this, 'alarms', { names, config });

    const output = (name: string, value: string) => new TerraformOutput(this, name, { value, staticId: true });
    output('function-name', lambda.functionName);
    output('function-url', url.functionUrl);
    output('state-table', tables.state.name);
    output('history-table', tables.history.name);
    output('node-files-bucket', files.bucket.bucket);
    output('server-address', serverAddress(config));
  }
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Construct } from 'constructs';
import { CloudwatchLogGroup } from '#aws/cloudwatch-log-group';
import type { IamRole } from '#aws/iam-role';
import { LambdaFunction } from '#aws/lambda-function';
import { LambdaFunctionEventInvokeConfig } from '#aws/lambda-function-event-invoke-config';
import { AssetType, type ITerraformDependable, TerraformAsset } from '#cdk';
import { durationMs } from '../config/durations';
import type { ResolvedConfig } from '../config/resolve';
import { type Statement, serviceRole } from './iam';
import type { StageNames } from './names';
import type { Network } from './network';
import type { Security } from './security';

/** What the artifact is built for and runs on. */
export const RUNTIME = { runtime: 'nodejs22.x', architecture: 'arm64', handler: 'index.handler' } as const;

const LOG_RETENTION_DAYS = 30;
/**
 * For everything that calls the function without waiting. A tick that failed is not repeated, the next one sees the world
 * anew; an event that waited for a minute (the least that can be set) has been overtaken by the next tick.
 */
export const NO_RETRIES = { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 } as const;

interface Props {
  names: StageNames;
  config: ResolvedConfig;
  network: Network;
  security: Security;
  /** The artifact: exactly these bytes are deployed. */
  zip: string;
  environment: Record<string, string>;
  statements: (logGroup: CloudwatchLogGroup) => Statement[];
  /** Beside the network's and the groups' own: what has to be there before the function can call anybody. */
  paths: ITerraformDependable[];
}

/** The autoscaler's one function. A failed tick is not retried: the next one sees the world anew. */
export class AutoscalerFunction extends Construct {
  readonly lambda: LambdaFunction;
  /** What a call of the function needs: it must be there for the first, and still be there for the last. */
  readonly needs: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id);
    const { names } = props;
    // Named here, so that Lambda does not make it itself and keep logs for ever.
    const logs = new CloudwatchLogGroup(this, 'logs', {
      name: `/aws/lambda/${names.function}`,
      retentionInDays: LOG_RETENTION_DAYS,
    });
    const { role, policy } = serviceRole(this, 'role', {
      name: names.function,
      service: 'lambda.amazonaws.com',
      statements: props.statements(logs),
    });
    this.needs = [logs, policy, ...props.network.functionPaths, ...props.security.functionPaths, ...props.paths];
    this.lambda = this.function(props, role, [logs, policy]);
    new LambdaFunctionEventInvokeConfig(this, 'invoke', { functionName: this.lambda.functionName, ...NO_RETRIES });
  }

  private function(props: Props, role: IamRole, dependsOn: ITerraformDependable[]): LambdaFunction {
    const { names, config, network, security, zip } = props;
    const asset = new TerraformAsset(this, 'artifact', { path: zip, type: AssetType.FILE });
    return new LambdaFunction(this, 'function', {
      functionName: names.function,
      description: `Scales the workers of ${names.cluster}`,
      runtime: RUNTIME.runtime,
      architectures: [RUNTIME.architecture],
      handler: RUNTIME.handler,
      filename: asset.path,
      sourceCodeHash: createHash('sha256').update(readFileSync(zip)).digest('base64'),
      role: role.arn,
      timeout: durationMs(config.function.timeout) / 1000,
      memorySize: config.function.memoryMb,
      environment: { variables: props.environment },
      // No reserved concurrency: a new account has ten in all and refuses to reserve any. The lease keeps ticks apart.
      vpcConfig: {
        subnetIds: network.functionSubnets.map((subnet) => subnet.id),
        securityGroupIds: [security.function.id],
        ipv6AllowedForDualStack: config.network.functionEgress === 'ipv6',
      },
      // Lambda tries the role's right to make network interfaces when the function is made.
      dependsOn,
    });
  }
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Construct } from 'constructs';
import { CloudwatchLogGroup } from '#aws/cloudwatch-log-group';
import type { IamRole } from '#aws/iam-role';
import { LambdaFunction } from '#aws/lambda-function';
import { LambdaFunctionEventInvokeConfig } from '#aws/lambda-function-event-invoke-config';
import { AssetType, TerraformAsset } from '#cdk';
import { durationMs } from '../config/durations';
import type { ResolvedConfig } from '../config/resolve';
import { type Statement, serviceRole } from './iam';
import type { StageNames } from './names';
import type { Network } from './network';
import type { Security } from './security';

/** What the artifact is built for and runs on. */
export const RUNTIME = { runtime: 'nodejs22.x', architecture: 'arm64', handler: 'index.handler' } as const;

const LOG_RETENTION_DAYS = 30;
/** Seconds, Lambda's and the Scheduler's minimum: an event that waited longer has been overtaken by the next tick. */
export const MAX_EVENT_AGE = 60;

interface Props {
  names: StageNames;
  config: ResolvedConfig;
  network: Network;
  security: Security;
  /** The artifact: exactly these bytes are deployed. */
  zip: string;
  environment: Record<string, string>;
  statements: (logGroup: CloudwatchLogGroup) => Statement[];
}

/** The autoscaler's one function. A failed tick is not retried: the next one sees the world anew. */
export class AutoscalerFunction extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id);
    const { names } = props;
    // Named here, so that Lambda does not make it itself and keep logs for ever.
    const logs = new CloudwatchLogGroup(this, 'logs', {
      name: `/aws/lambda/${names.function}`,
      retentionInDays: LOG_RETENTION_DAYS,
    });
    const role = serviceRole(this, 'role', {
      name: names.function,
      service: 'lambda.amazonaws.com',
      statements: props.statements(logs),
    });
    this.lambda = this.function(props, role, logs);
    new LambdaFunctionEventInvokeConfig(this, 'invoke', {
      functionName: this.lambda.functionName,
      maximumRetryAttempts: 0,
      maximumEventAgeInSeconds: MAX_EVENT_AGE,
    });
  }

  private function(props: Props, role: IamRole, logs: CloudwatchLogGroup): LambdaFunction {
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
      vpcConfig: {
        subnetIds: network.functionSubnets.map((subnet) => subnet.id),
        securityGroupIds: [security.function.id],
        ipv6AllowedForDualStack: true,
      },
      dependsOn: [logs],
    });
  }
}

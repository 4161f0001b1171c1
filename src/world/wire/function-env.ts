import { encodeRuntimeConfig } from '../../config/encode';
import type { WorldOptions } from '../contract';
import { FUNCTION_MEMORY_MB, FUNCTION_NAME } from '../lambda/sandbox';
import type { Endpoints } from './endpoints';

/** The function's environment as its infrastructure and Lambda give it, pointed at one sandbox's own endpoints. */
export const functionEnv = (options: WorldOptions, { urls }: Endpoints): Record<string, string> => ({
  AUTOSCALER_CONFIG: encodeRuntimeConfig(options.config),
  AUTOSCALER_RESOURCES: JSON.stringify({
    ...options.resources,
    prometheusUrl: urls.prometheus,
    kubernetesUrl: urls.kubernetes,
  }),
  AWS_ENDPOINT_URL_EC2: urls.ec2,
  AWS_ENDPOINT_URL_SSM: urls.ssm,
  AWS_ENDPOINT_URL_DYNAMODB: urls.dynamodb,
  AWS_REGION: options.config.region,
  AWS_DEFAULT_REGION: options.config.region,
  AWS_ACCESS_KEY_ID: 'AKIAWORLD00000000000',
  AWS_SECRET_ACCESS_KEY: 'world',
  AWS_LAMBDA_FUNCTION_NAME: FUNCTION_NAME,
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(FUNCTION_MEMORY_MB),
  AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${FUNCTION_NAME}`,
  AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/05/[$LATEST]00000000000000000000000000000000',
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
  // A profile of the person at this machine must not reach the SDK.
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  TZ: ':UTC',
});

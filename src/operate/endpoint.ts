import { dnsSuffix } from '../infra/iam';

/** Where a service answers that is asked without a client: what AWS' variables name, else its own host. */
export const endpointOf = (service: 'lambda' | 's3', region: string, env: NodeJS.ProcessEnv): URL =>
  new URL(
    env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ??
      env.AWS_ENDPOINT_URL ??
      `https://${service}.${region}.${dnsSuffix(region)}`,
  );

import { HISTORY_TABLE, PARAMETER, STATE_TABLE } from '../autoscaler/names';
import { LOCAL_STAGE } from '../config';
import type { RuntimeConfig, RuntimeResources } from '../config/runtime';

/** What `terraform apply` would have made; the wire face fills in the addresses of each sandbox. */
export function resourcesOf(config: RuntimeConfig): RuntimeResources {
  const numbered = (prefix: string, index: number) => `${prefix}-${(index + 1).toString(16).padStart(17, '0')}`;
  return {
    table: `${STATE_TABLE}-${LOCAL_STAGE}`,
    historyTable: `${HISTORY_TABLE}-${LOCAL_STAGE}`,
    subnets: Object.fromEntries(config.zones.map((zone, i) => [zone, numbered('subnet', i)])),
    launchTemplates: Object.fromEntries(
      config.pools.map(({ name }, i) => [name, { id: numbered('lt', i), version: '1' }]),
    ),
    prometheusUrl: '',
    kubernetesUrl: '',
    parameters: { controllerToken: PARAMETER.controllerToken, ca: PARAMETER.ca },
  };
}

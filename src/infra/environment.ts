import { toRuntimeConfig } from '../config/convert';
import { encodeRuntimeConfig } from '../config/encode';
import type { ResolvedConfig } from '../config/resolve';
import type { RuntimeResources } from '../config/runtime';
import { PORT, type StageNames } from './names';
import { type Network, serverAddress } from './network';
import type { Pools } from './pools';
import type { StateTables } from './state';

export interface EnvironmentProps {
  names: StageNames;
  config: ResolvedConfig;
  network: Network;
  pools: Pools;
  tables: StateTables;
}

function resources({ names, config, network, pools, tables }: EnvironmentProps): RuntimeResources {
  const server = serverAddress(config);
  return {
    table: tables.state.name,
    historyTable: tables.history.name,
    subnets: Object.fromEntries([...network.nodeSubnets].map(([zone, subnet]) => [zone, subnet.id])),
    launchTemplates: Object.fromEntries(
      [...pools.templates].map(([pool, template]) => [
        pool,
        { id: template.id, version: template.getStringAttribute('latest_version') },
      ]),
    ),
    prometheusUrl: `http://${server}:${PORT.prometheus}`,
    kubernetesUrl: `https://${server}:${PORT.api}`,
    parameters: { controllerToken: names.parameters.controllerToken, ca: names.parameters.ca },
  };
}

/** Everything the function is told, see `docs/configuration.md`. */
export function functionEnvironment(props: EnvironmentProps): Record<string, string> {
  return {
    // Compressed while it is synthesized: nothing in it may be an id that Terraform learns later.
    AUTOSCALER_CONFIG: encodeRuntimeConfig(toRuntimeConfig(props.config, props.names)),
    AUTOSCALER_RESOURCES: JSON.stringify(resources(props)),
    // The subnets have no way to the IPv4 internet, and AAAA records come second by default: each call would first wait
    // for a connection that no route leads to.
    ...(props.config.network.functionEgress === 'ipv6' ? { NODE_OPTIONS: '--dns-result-order=ipv6first' } : {}),
  };
}

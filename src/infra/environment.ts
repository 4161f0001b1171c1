import { toRuntimeConfig } from '../config/convert';
import { encodeRuntimeConfig } from '../config/encode';
import type { ResolvedConfig } from '../config/resolve';
import type { RuntimeResources } from '../config/runtime';
import { PORT, type StageNames } from './names';
import type { Network } from './network';
import type { Nodes } from './nodes';

export interface EnvironmentProps {
  names: StageNames;
  config: ResolvedConfig;
  network: Network;
  nodes: Nodes;
  table: string;
}

function resources({ names, network, nodes, table }: EnvironmentProps): RuntimeResources {
  return {
    table,
    subnets: Object.fromEntries([...network.nodeSubnets].map(([zone, subnet]) => [zone, subnet.id])),
    launchTemplates: Object.fromEntries(
      [...nodes.poolTemplates].map(([pool, template]) => [
        pool,
        { id: template.id, version: template.getStringAttribute('latest_version') },
      ]),
    ),
    prometheusUrl: `http://${nodes.serverAddress}:${PORT.prometheus}`,
    kubernetesUrl: `https://${nodes.serverAddress}:${PORT.api}`,
    parameters: { controllerToken: names.parameters.controllerToken, ca: names.parameters.ca },
  };
}

/** Everything the function is told, see `docs/configuration.md`. */
export function functionEnvironment(props: EnvironmentProps): Record<string, string> {
  return {
    // Compressed while it is synthesized: nothing in it may be an id that Terraform learns later.
    AUTOSCALER_CONFIG: encodeRuntimeConfig(toRuntimeConfig(props.config, { cluster: props.names.cluster })),
    AUTOSCALER_RESOURCES: JSON.stringify(resources(props)),
    // The subnets have no way to the IPv4 internet, and AAAA records come second by default.
    NODE_OPTIONS: '--dns-result-order=ipv6first',
  };
}

import { LABEL, SERVER_NODE } from '../autoscaler/names';
import type { ResolvedConfig, ResolvedPool } from '../config/resolve';
import { K3S } from './k3s';
import { PORT, type StageNames } from './names';
import { serverAddress } from './network';
import { shellQuoted } from './shell';

/** What boot scripts read from `settings/<node>.env`: lines of the shell. None of it is secret. */

export const shellAssignments = (settings: Record<string, string>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${shellQuoted(value)}\n`)
    .join('');

const common = (region: string) => ({
  AWS_REGION: region,
  K3S_VERSION: K3S.version,
  K3S_SHA256_AMD64: K3S.sha256.amd64,
  K3S_SHA256_ARM64: K3S.sha256.arm64,
});

interface Props {
  names: StageNames;
  config: ResolvedConfig;
}

/** The server's. Volume and address of the function are Terraform's to know. */
export const serverSettings = ({ names, config }: Props, terraform: { volumeId: string; alertUrl: string }): string =>
  shellAssignments({
    ...common(config.region),
    NODE_NAME: SERVER_NODE,
    SERVER_ADDRESS: serverAddress(config),
    DATA_VOLUME_ID: terraform.volumeId,
    JOIN_TOKEN_PARAMETER: names.parameters.joinToken,
    CONTROLLER_TOKEN_PARAMETER: names.parameters.controllerToken,
    CA_PARAMETER: names.parameters.ca,
    ALERT_URL: terraform.alertUrl,
  });

const workerSettings = (
  { names, config }: Props,
  { labels, taints }: { labels: Record<string, string>; taints: ResolvedPool['taints'] },
): string =>
  shellAssignments({
    ...common(config.region),
    SERVER_URL: `https://${serverAddress(config)}:${PORT.api}`,
    JOIN_TOKEN_PARAMETER: names.parameters.joinToken,
    NODE_LABELS: Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join('\n'),
    NODE_TAINTS: taints.map(({ key, value, effect }) => `${key}=${value ?? ''}:${effect}`).join('\n'),
  });

/** A base worker has no label of the autoscaler: it is never removed. */
export const baseSettings = (props: Props): string => workerSettings(props, { labels: {}, taints: [] });

export const poolSettings = (props: Props, name: string, pool: ResolvedPool): string =>
  workerSettings(props, {
    labels: { ...pool.labels, [LABEL.pool]: name, [LABEL.managed]: 'true' },
    taints: pool.taints,
  });

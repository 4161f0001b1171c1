import path from 'node:path';
import { prometheusTools } from '../../k8s/tools';
import { type GoInstall, goInstalled } from './go-install';
import { HandedOn } from './handed-on';

/** Prometheus 3.16: what is taken where neither PATH nor the distribution has one that signs for Lambda. */
const MODULE: GoInstall = {
  of: 'github.com/prometheus/prometheus/cmd/prometheus',
  version: 'v0.316.0',
  // Of its many service discoveries the one that ships is enough.
  tags: 'remove_all_sd,enable_kubernetes_sd',
};

const PROMETHEUS = new HandedOn('E2E_PROMETHEUS');

/** Finds a Prometheus 3.5 or newer for a whole run of Jest, or builds one; its workers inherit where it is. */
export function preparePrometheus(log: (line: string) => void): void {
  const tools = prometheusTools();
  if (typeof tools !== 'string') {
    PROMETHEUS.isAt(path.join(tools.folder, 'prometheus'));
    return;
  }
  try {
    PROMETHEUS.isAt(goInstalled(MODULE, log));
  } catch (error) {
    PROMETHEUS.lacks(`${tools}, and it cannot be built: ${(error as Error).message}`, log);
  }
}

/** Why there is no Prometheus 3.5 or newer, for `itOrSkip`; undefined when there is one. */
export const missingMonitoring = PROMETHEUS.missing;

/** Path of a Prometheus that signs for Lambda, 3.5 or newer. @throws Error when there is none */
export const prometheusProgram = (): string => PROMETHEUS.path();

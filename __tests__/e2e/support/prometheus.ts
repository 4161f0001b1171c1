import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheDirectory } from '../../../src/dev/prometheus/cache';
import { prometheusTools } from '../../k8s/tools';
import { HandedOn } from './handed-on';

/**
 * Prometheus 3.16 as a Go module: what is taken where neither PATH nor the distribution has one that signs for Lambda.
 * Pinned, and checked by Go against its checksum database.
 */
const MODULE = 'github.com/prometheus/prometheus/cmd/prometheus@v0.316.0';
/** Of its many service discoveries the one that ships is enough. */
const TAGS = 'remove_all_sd,enable_kubernetes_sd';

const PROMETHEUS = new HandedOn('E2E_PROMETHEUS');

/** Finds a Prometheus 3.5 or newer for a whole run of Jest, or builds one; its workers inherit where it is. */
export function preparePrometheus(log: (line: string) => void): void {
  const tools = prometheusTools();
  if (typeof tools !== 'string') {
    PROMETHEUS.isAt(path.join(tools.folder, 'prometheus'));
    return;
  }
  const place = path.join(cacheDirectory(process.env), `prometheus-from-go-${MODULE.split('@')[1]}`);
  try {
    if (!existsSync(place)) build(place, log);
    PROMETHEUS.isAt(place);
  } catch (error) {
    PROMETHEUS.lacks(`${tools}, and it cannot be built: ${(error as Error).message.split('\n')[0]}`, log);
  }
}

function build(place: string, log: (line: string) => void): void {
  if (spawnSync('go', ['version']).status !== 0) throw new Error('`go version` does not run');
  log('end to end: building Prometheus; that takes about three minutes …');
  mkdirSync(path.dirname(place), { recursive: true });
  const work = mkdtempSync(path.join(path.dirname(place), 'incoming-'));
  try {
    execFileSync('go', ['install', '-trimpath', '-ldflags=-s -w', `-tags=${TAGS}`, MODULE], {
      env: { ...process.env, GOBIN: work, CGO_ENABLED: '0', GOTOOLCHAIN: 'local' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    renameSync(path.join(work, 'prometheus'), place);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Why there is no Prometheus 3.5 or newer, for `itOrSkip`; undefined when there is one. */
export const missingMonitoring = PROMETHEUS.missing;

/** Path of a Prometheus that signs for Lambda, 3.5 or newer. @throws Error when there is none */
export const prometheusProgram = (): string => PROMETHEUS.path();

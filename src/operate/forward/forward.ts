import { setTimeout as later } from 'node:timers/promises';
import { createEc2Client } from '../../adapters/ec2';
import { createSsmClient } from '../../adapters/ssm';
import { PORT } from '../../infra/names';
import { type Deployed, deployed, LAPTOP_TIMEOUTS, type Place } from '../stage';
import { type KeepEvent, keepOpen, type Open } from './keep';
import { findPlugin } from './plugin';
import { runPlugin } from './plugin-process';
import { findServer } from './server';
import { Sessions } from './sessions';

/**
 * What is forwarded, by its port on the server's own 127.0.0.1. Not Prometheus' NodePort: whether kube-proxy answers for
 * NodePorts there depends on its mode (`route_localnet` with iptables, not at all with nftables), and Prometheus itself
 * listens in the server's network (`k8s/prometheus/deployment.yaml`).
 */
const TARGETS = {
  prometheus: { name: 'Prometheus', port: PORT.prometheusOnServer },
  kubernetes: { name: 'Kubernetes API', port: PORT.api },
} as const;

type Target = (typeof TARGETS)[keyof typeof TARGETS];

export interface Forwarded {
  stage: string;
  cluster: string;
  /** The server's id. */
  instance: string;
  /** `http://127.0.0.1:<port>` */
  prometheus: string;
  /** `https://127.0.0.1:<port>`; K3s' certificate names 127.0.0.1 (k3s, `pkg/cli/server/server.go`). */
  kubernetes: string;
}

export type ForwardEvent =
  | (KeepEvent & { target: string })
  | { kind: 'refused'; target: string; port: number }
  | { kind: 'not-terminated'; target: string; error: Error };

export interface Told {
  onOpen: (forwarded: Forwarded) => void;
  onEvent: (event: ForwardEvent) => void;
}

/**
 * Forwards the server's Prometheus and Kubernetes API to free ports of 127.0.0.1, until the signal. It opens no port in
 * AWS: the agent on the server calls out, and IAM says who may.
 *
 * @throws ConfigError for a bad stage or configuration; {Unusable} for a plugin that lacks, a server that does not run,
 * what AWS refuses, or a port that could not be kept open
 */
export async function forward(place: Place, told: Told, signal: AbortSignal): Promise<void> {
  const stage = await deployed(place);
  await findPlugin(place.env);
  const { region } = stage;
  const options = { region, dualStack: false, timeouts: LAPTOP_TIMEOUTS };
  const ec2 = createEc2Client(options, 3);
  const ssm = createSsmClient(options);
  const sessions = new Sessions(ssm, stage);
  const opener = new Opener(stage, sessions, place.env, told, signal);
  try {
    const instance = await findServer(ec2, stage);
    const [prometheus, kubernetes] = await allOrNone(
      [TARGETS.prometheus, TARGETS.kubernetes].map((target) => opener.open(target, instance)),
    );
    told.onOpen({
      stage: stage.stage,
      cluster: stage.cluster,
      instance,
      prometheus: `http://127.0.0.1:${prometheus.port}`,
      kubernetes: `https://127.0.0.1:${kubernetes.port}`,
    });
    const failed = new AbortController();
    const until = AbortSignal.any([signal, failed.signal]);
    const keep = (target: Target, open: Open) =>
      keepOpen(
        open,
        {
          name: target.name,
          // The server may have been replaced meanwhile.
          reopen: async (port) => opener.open(target, await findServer(ec2, stage), port),
          onEvent: (event) => told.onEvent({ ...event, target: target.name }),
          sleep: (ms) => later(ms, undefined, { signal: until }).catch(() => undefined),
          monotonic: () => performance.now(),
        },
        until,
      ).catch((error: unknown) => {
        failed.abort();
        throw error;
      });
    const ends = await Promise.allSettled([keep(TARGETS.prometheus, prometheus), keep(TARGETS.kubernetes, kubernetes)]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  } finally {
    ec2.destroy();
    ssm.destroy();
  }
}

/** Opens one port: a session of SSM, and the plugin that carries it. */
class Opener {
  constructor(
    private readonly stage: Deployed,
    private readonly sessions: Sessions,
    private readonly env: NodeJS.ProcessEnv,
    private readonly told: Told,
    private readonly signal: AbortSignal,
  ) {}

  async open({ name, port }: Target, instance: string, localPort?: number): Promise<Open> {
    const session = await this.sessions.start(instance, port, localPort);
    // The plugin may be gone without a word to the agent, and nobody else ends the session before its idle time.
    const terminate = () =>
      this.sessions
        .end(session)
        .catch((error: Error) => this.told.onEvent({ kind: 'not-terminated', target: name, error }));
    const onRefused = () => this.told.onEvent({ kind: 'refused', target: name, port });
    try {
      const plugin = await runPlugin(session, { region: this.stage.region, env: this.env, onRefused }, this.signal);
      return {
        port: plugin.port,
        ended: plugin.ended,
        close: async () => {
          await plugin.stop();
          await terminate();
        },
      };
    } catch (error) {
      await terminate();
      throw error;
    }
  }
}

/** Both, or what has been opened is closed. */
async function allOrNone(opening: Promise<Open>[]): Promise<[Open, Open]> {
  const results = await Promise.allSettled(opening);
  const open = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return open as [Open, Open];
  await Promise.all(open.map((each) => each.close()));
  throw failed.reason;
}

import { Command } from 'commander';
import type { ForwardEvent, Forwarded } from '../operate/forward/forward';
import { untilInterrupted } from './interrupt';
import type { Exit } from './run';
import { chosen, type StageFlags, withStage } from './stage-options';
import { EXIT } from './usage';

const HELP = `
It goes by AWS Systems Manager: no port is opened and no root is needed. It needs AWS' session-manager-plugin on PATH,
ec2:DescribeInstances, and the right to such sessions with the server alone (docs/security.md). It changes nothing, so it
takes protected stages too. What ends by itself is opened again at the same port, five times in a row at most.
Exit codes: 0 ended by Ctrl-C, 1 AWS or the plugin failed, 2 a flag or the configuration is wrong, 130 Ctrl-C before
both were open.`;

/** `forward`: the cluster's Prometheus and Kubernetes API on this machine. */
export function forwardCommand(exit: Exit): Command {
  const command = new Command('forward').description(
    "forward the cluster's Prometheus and Kubernetes API to this machine, until Ctrl-C",
  );
  return withStage(command, '{ stage, cluster, instance, prometheus, kubernetes }, in one line once both are open')
    .addHelpText('after', HELP)
    .action(async (flags: StageFlags) => exit(await untilInterrupted((signal) => run(flags, signal))));
}

async function run(flags: StageFlags, signal: AbortSignal): Promise<number> {
  const { forward } = await import('../operate/forward/forward');
  const place = chosen(flags);
  const onOpen = (forwarded: Forwarded) => {
    process.stdout.write(flags.json ? `${JSON.stringify(forwarded)}\n` : `${words(forwarded).join('\n')}\n`);
  };
  await forward(place, { onOpen, onEvent: (event) => place.voice.say(said(event)) }, signal);
  return EXIT.done;
}

const words = ({ stage, instance, prometheus, kubernetes }: Forwarded): string[] => [
  `${stage}: forwarded from its server, ${instance}, until Ctrl-C`,
  `  Prometheus      ${prometheus}`,
  `    curl -sG ${prometheus}/api/v1/query --data-urlencode 'query=up'`,
  `  Kubernetes API  ${kubernetes}`,
  `    kubectl --kubeconfig k3s.yaml --server ${kubernetes} get nodes`,
  '    (where k3s.yaml is from, and how to do with less: docs/dev-loop.md#prometheus-and-the-api-from-here)',
];

function said(event: ForwardEvent): string {
  const { target } = event;
  switch (event.kind) {
    case 'ended':
      return `${target}: the session ended: ${event.reason}; again in ${event.againInMs / 1_000} s`;
    case 'failed':
      return `${event.error.message}\n${target}: not open; again in ${event.againInMs / 1_000} s`;
    case 'reopened':
      return `${target}: open again at 127.0.0.1:${event.port}`;
    case 'refused':
      return `${target}: nothing answers at port ${event.port} of the server; see there whether it runs`;
    case 'not-terminated':
      return `${event.error.message}\n${target}: its session stands until its idle time is over`;
  }
}

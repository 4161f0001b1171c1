import type { Http, HttpRequest, HttpResponse } from '../../adapters/http';
import { ANNOTATION, instanceIdOf } from '../../autoscaler/names';
import type { Call as WireCall } from '../../world/contract';
import type { Node, Pod } from '../../world/kubernetes/objects';
import { garbage } from '../../world/wire/http';
import { kubernetesProtocol } from '../../world/wire/kubernetes-server';
import type { World } from '../../world/world';
import type { Truth } from './calls';
import { ask, isRetriedByHttp } from './client';
import type { Invocation } from './invocation';

/** Of the adapter: a list may take the time of the whole observation, a write less. */
const PATIENCE_MS = { read: 5_000, write: 3_000 };

/** The API server as `KubernetesApi` speaks to it, without a socket. */
export function kubernetesHttp(world: World, token: string, caller: () => Invocation): Http {
  const protocol = kubernetesProtocol(world, token);
  return {
    async send(request) {
      const exchange = protocol.decode(toWire(request));
      const { call } = exchange;
      const target = call.attributes.name ?? '';
      return ask(
        caller,
        { service: 'kubernetes', operation: call.operation, mutates: call.mutates, target },
        {
          perform: () => {
            const truth = truthOf(world, call, request);
            const done = toResponse(exchange.perform());
            const outcome = done.status < 300 ? 'ok' : String(done.status);
            return { answer: done, outcome, ...(truth && done.status < 300 && { truth }) };
          },
          refuse: (code) => toResponse(exchange.refuse(code)),
          garbage: () => toResponse(garbage),
          // A list that is cut off in the middle of its bytes: what a broken proxy makes of it.
          partial: (whole) => ({ ...whole, body: whole.body.slice(0, Math.floor(whole.body.length / 2)) }),
        },
        {
          attempts: 2,
          patienceMs: call.mutates ? PATIENCE_MS.write : PATIENCE_MS.read,
          isRetried: isRetriedByHttp,
        },
      );
    },
    close: async () => {},
  };
}

const toWire = ({ method, url, headers = {}, body = '' }: HttpRequest) => ({
  method,
  url,
  headers,
  body: Buffer.from(body),
});

const toResponse = (answer: unknown): HttpResponse => {
  const { status, headers, body } = answer as { status: number; headers: Record<string, string>; body: string };
  return { status, headers, body: String(body) };
};

function truthOf(world: World, { operation, attributes }: WireCall, { body }: HttpRequest): Truth | undefined {
  const { name = '', namespace } = attributes;
  if (operation === 'createEviction') {
    const node = world.kubernetes.store.find<Pod>('pods', name, namespace)?.spec.nodeName;
    const annotations = world.kubernetes.store.find<Node>('nodes', node ?? '')?.metadata.annotations;
    return { kind: 'pod', node, mark: annotations?.[ANNOTATION.operation] };
  }
  if (operation !== 'patchNode' && operation !== 'deleteNode') return undefined;
  const node = world.kubernetes.store.find<Node>('nodes', name);
  const id = instanceIdOf(node?.spec.providerID);
  const instance = world.ec2.all().find((record) => record.id === id);
  const patch = operation === 'patchNode' ? (JSON.parse(body ?? '{}') as { spec?: { unschedulable?: boolean } }) : {};
  return {
    kind: 'node',
    mark: node?.metadata.annotations?.[ANNOTATION.operation],
    wasCordoned: node?.spec.unschedulable ?? false,
    cordons: patch.spec?.unschedulable,
    instanceAlive: instance !== undefined && instance.state !== 'terminated',
  };
}

import type { Caller } from './caller';
import type { Certificates } from './certificates';
import type { Front } from './front';
import { type Listener, listen } from './http';
import type { Protocol } from './protocol';

export interface Protocols {
  ec2: Protocol;
  ssm: Protocol;
  dynamodb: Protocol;
  kubernetes: Protocol;
  prometheus: Protocol;
}

export interface Endpoints {
  /** URL of each service. */
  urls: Record<keyof Protocols, string>;
  close(): Promise<void>;
}

/**
 * Listeners of their own for one sandbox, so that each request is known to be its invocation's. While `caller` gives
 * nobody the sandbox is frozen, and what it still sends is cut off.
 */
export const openEndpoints = async (
  front: Front,
  protocols: Protocols,
  certificates: Certificates,
  caller: () => Caller | undefined,
): Promise<Endpoints> => {
  const open = (protocol: Protocol): Promise<Listener> =>
    listen(
      (request, transport) => {
        const from = caller();
        if (from) void front.handle(protocol, from, request, transport);
        else transport.destroy();
      },
      protocol.service === 'kubernetes' ? certificates : undefined,
    );
  const names = Object.keys(protocols) as (keyof Protocols)[];
  const listeners = await Promise.all(names.map((name) => open(protocols[name])));
  return {
    urls: Object.fromEntries(names.map((name, i) => [name, listeners[i]?.url])) as Record<keyof Protocols, string>,
    close: async () => {
      await Promise.all(listeners.map((listener) => listener.close()));
    },
  };
};

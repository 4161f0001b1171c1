/** undici's own modules: its index pulls in fetch, caches and mocks, which are most of its half megabyte in a bundle. */
declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici';

  export default Agent;
}

declare module 'undici/lib/api/index.js' {
  import type { Dispatcher } from 'undici';

  /** Called with the dispatcher as `this`. */
  export function request(
    this: Dispatcher,
    options: Dispatcher.RequestOptions & { origin: string },
  ): Promise<Dispatcher.ResponseData>;
}

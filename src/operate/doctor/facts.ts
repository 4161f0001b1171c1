import { once } from './once';
import type { Outside } from './outside/outside';

/** What several checks look at is asked for once, and what failed once has failed for all of them. */
export const onceEach = (outside: Outside): Outside => ({
  ...outside,
  identity: once(outside.identity),
  deployedFunction: once(outside.deployedFunction),
  history: once(outside.history),
  state: once(outside.state),
  instances: once(outside.instances),
});

import { accountOutside } from './account';
import type { Asker } from './ask';
import { ec2Outside } from './ec2';
import { machineOutside } from './machine';
import type { Outside } from './outside';
import { stackOutside } from './stack';

/** The real world outside; to be closed. */
export function openOutside(asker: Asker, env: NodeJS.ProcessEnv): Outside {
  const { destroy: endMachine, ...machine } = machineOutside(asker, env);
  const { destroy: endAccount, ...account } = accountOutside(asker);
  const { destroy: endEc2, ...ec2 } = ec2Outside(asker);
  const { destroy: endStack, ...stack } = stackOutside(asker);
  return {
    ...machine,
    ...account,
    ...ec2,
    ...stack,
    close: () => {
      for (const end of [endMachine, endAccount, endEc2, endStack]) end();
    },
  };
}

import { accountOutside } from './account';
import type { Asker } from './ask';
import { ec2Outside } from './ec2';
import { machineOutside } from './machine';
import type { Outside } from './outside';
import { stackOutside } from './stack';

/** The real world outside; to be closed. */
export function openOutside(asker: Asker, env: NodeJS.ProcessEnv): Outside {
  const parts = [machineOutside(asker, env), accountOutside(asker), ec2Outside(asker), stackOutside(asker)] as const;
  const [machine, account, ec2, stack] = parts;
  return {
    ...machine,
    ...account,
    ...ec2,
    ...stack,
    close: () => {
      for (const part of parts) part.destroy();
    },
  };
}

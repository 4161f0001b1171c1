import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { ROOT } from '../support';
import { ACCOUNT, REGION } from './evaluator';

/** The rights of an attached laptop, as docs/security.md writes them. */

const page = readFileSync(path.join(ROOT, 'docs/security.md'), 'utf8');
const [, policy = ''] = /## An attached laptop[\s\S]*?```json\n([\s\S]*?)```/.exec(page) ?? [];
const table = (name: string): string => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`;
const HISTORY = table('k3s-cluster-history-dev-ana');
const STATE = table('k3s-cluster-state-dev-ana');

async function verdict(action: string, resource: string, contextVariables: Record<string, string | string[]>) {
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${ACCOUNT}:role/ana`,
        action: `dynamodb:${action}`,
        resource: { resource, accountId: ACCOUNT },
        contextVariables,
      },
      identityPolicies: [{ name: 'laptop', policy: { Version: '2012-10-17', Statement: JSON.parse(policy) } }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (answer.resultType === 'error') throw new Error(JSON.stringify(answer.errors));
  return answer.overallResult;
}

const key = (of: string) => ({ 'dynamodb:LeadingKeys': [of] });

describe('a laptop', () => {
  it.each(['GetItem', 'PutItem', 'DeleteItem'])('may %s in the mailbox, and not in the history', async (action) => {
    expect(await verdict(action, HISTORY, key('k3s-dev-ana#live'))).toBe('Allowed');
    expect(await verdict(action, HISTORY, key('k3s-dev-ana'))).toBe('ImplicitlyDenied');
    expect(await verdict(action, HISTORY, key('k3s-dev-ana#recordings'))).toBe('ImplicitlyDenied');
  });

  it.each(['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'])(
    'may not %s of the state, whatever it names of it: what it wrote there could stop the function',
    async (action) => {
      for (const attributes of [[], ['cluster_id', 'live'], ['cluster_id', 'paused']]) {
        const context = { ...key('k3s-dev-ana'), 'dynamodb:Attributes': attributes, 'dynamodb:ReturnValues': 'NONE' };
        expect(await verdict(action, STATE, context)).toBe('ImplicitlyDenied');
      }
    },
  );
});

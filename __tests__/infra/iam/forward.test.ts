import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { ROOT } from '../support';
import { ACCOUNT, REGION } from './evaluator';

/** The rights of whoever runs `forward`, as docs/security.md writes them. */

const page = readFileSync(path.join(ROOT, 'docs/security.md'), 'utf8');
const [, policy = ''] = /## Forwarded ports[\s\S]*?```json\n([\s\S]*?)```/.exec(page) ?? [];
const SERVER = `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/i-0abc`;
const document = (name: string) => `arn:aws:ssm:${REGION}:${ACCOUNT}:document/${name}`;
const session = (of: string) => `arn:aws:ssm:${REGION}:${ACCOUNT}:session/${of}-0123456789abcdef0`;
const tags = (cluster: string, role: string) => ({
  'ssm:resourceTag/k3s-autoscaler:cluster': cluster,
  'ssm:resourceTag/k3s-autoscaler:role': role,
});

async function verdict(action: string, resource: string, contextVariables: Record<string, string> = {}) {
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${ACCOUNT}:user/ana`,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: { 'aws:username': 'ana', 'aws:userid': 'AIDAANA', ...contextVariables },
      },
      identityPolicies: [{ name: 'forward', policy: { Version: '2012-10-17', Statement: JSON.parse(policy) } }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (answer.resultType === 'error') throw new Error(JSON.stringify(answer.errors));
  return answer.overallResult;
}

describe('whoever runs forward', () => {
  it.each([
    ['the server', tags('k3s-dev-ana', 'server'), 'Allowed'],
    ['a worker', tags('k3s-dev-ana', 'worker'), 'ImplicitlyDenied'],
    ['the server of another stage', tags('k3s-prod', 'server'), 'ImplicitlyDenied'],
    ['what bears no tag', {}, 'ImplicitlyDenied'],
  ])('may start a session with %s: %j: %s', async (_, context, wanted) => {
    expect(await verdict('ssm:StartSession', SERVER, context)).toBe(wanted);
  });

  it.each([
    ['AWS-StartPortForwardingSession', 'Allowed'],
    ['AWS-StartPortForwardingSessionToRemoteHost', 'ImplicitlyDenied'],
    ['SSM-SessionManagerRunShell', 'ImplicitlyDenied'],
  ])('of the document %s: %s', async (name, wanted) => {
    expect(await verdict('ssm:StartSession', document(name))).toBe(wanted);
  });

  it.each(['ssm:TerminateSession', 'ssm:ResumeSession'])('may %s of their own, and of nobody else', async (action) => {
    expect(await verdict(action, session('ana'))).toBe('Allowed');
    expect(await verdict(action, session('ben'))).toBe('ImplicitlyDenied');
  });
});

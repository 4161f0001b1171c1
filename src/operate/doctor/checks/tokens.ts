import type { Check, Context } from '../check';
import { ok, type Said } from '../finding';
import type { ParameterAge } from '../outside/outside';
import { ago, HOUR_MS, MINUTE_MS } from '../times';

/** The server makes new ones every 12 hours (userdata/k3s-autoscaler-tokens.timer) and tries for ten minutes. */
const RENEWED_MS = 12 * HOUR_MS + 30 * MINUTE_MS;
/** `--ttl 24h` and `--duration 24h` in userdata/publish-tokens.sh. */
const LIVES_MS = 24 * HOUR_MS;
/** A new server has written them by then. */
const BOOT_MS = 15 * MINUTE_MS;

/** When the server wrote its tokens last. Their values are not read: SSM tells version and time without them. */
export const tokens: Check = {
  name: 'tokens',
  when: 'after',
  service: 'SSM',
  what: 'tokens',
  run: async (context) => {
    const { stage, outside } = context;
    const { joinToken, controllerToken, ca } = stage.parameters;
    const names = [joinToken, controllerToken, ca];
    const [found, where] = await Promise.all([outside.parameters(names), onTheServer(context)]);
    return names.map((name) => {
      const parameter = found.find((each) => each.name === name);
      if (parameter === undefined) return missing(name, stage.stage);
      const age = outside.now() - parameter.writtenAt;
      // Of the CA, which does not expire, it is enough that it is there.
      return judged(parameter, age, name === ca, where);
    });
  },
};

/** Where to read why it was not written. */
async function onTheServer({ stage, outside }: Context): Promise<Pick<Said, 'fix' | 'command'>> {
  const fix = 'read there why: journalctl -u k3s-autoscaler-tokens';
  const instances = await outside.instances().catch(() => []);
  const server = instances.find(({ role, state }) => role === 'server' && state === 'running');
  if (server === undefined) return { fix: 'see server: it writes them' };
  return { fix, command: `aws ssm start-session --target ${server.id} --region ${stage.region}` };
}

const missing = (name: string, stage: string): Said => ({
  level: 'problem',
  what: name,
  value: 'not there',
  rule: 'Terraform makes it, and the server writes it',
  fix: 'deploy again',
  command: `npm run deploy -- --stage ${stage}`,
});

function judged(
  { name, version }: ParameterAge,
  age: number,
  isLasting: boolean,
  where: Pick<Said, 'fix' | 'command'>,
): Said {
  // Terraform makes it without one, and never writes it again (src/infra/parameters.ts).
  if (version <= 1) {
    const isYoung = age < BOOT_MS;
    return {
      level: isYoung ? 'warning' : 'problem',
      what: name,
      value: `never written by the server; made ${ago(age)}`,
      rule: 'the server writes it some minutes after its first start',
      ...(isYoung ? { fix: 'wait, and ask again' } : where),
    };
  }
  const value = `written ${ago(age)}`;
  if (isLasting || age <= RENEWED_MS) return ok(name, value);
  const isOver = age > LIVES_MS;
  return {
    level: isOver ? 'problem' : 'warning',
    what: name,
    value,
    rule: isOver
      ? 'lives for 24 hours and has ended: no worker joins, and Kubernetes is unknown to the function'
      : 'is made anew every 12 hours, and ends after 24',
    ...where,
  };
}

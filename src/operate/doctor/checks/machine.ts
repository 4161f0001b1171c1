import { Unusable } from '../../../deploy/errors';
import type { Check } from '../check';
import { ok, type Said } from '../finding';

/** As `engines` of package.json; `scripts/launch.mjs` starts nothing with an older one. */
const LEAST_NODE = [20, 19] as const;

const node: Check = {
  name: 'node',
  when: 'before',
  what: 'Node.js',
  run: async ({ outside }) => {
    const version = outside.nodeVersion();
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return [ok('Node.js', version)];
    return [
      {
        level: 'problem',
        what: 'Node.js',
        value: version,
        rule: `must be ${LEAST_NODE.join('.')} or newer`,
        fix: 'install it: https://nodejs.org/en/download',
      },
    ];
  },
};

const terraform: Check = {
  name: 'terraform',
  when: 'before',
  what: 'Terraform',
  run: async ({ outside }) =>
    found('Terraform', 'problem', async () => {
      const { program, version } = await outside.terraform();
      return program === 'terraform' ? version : `${version} (${program})`;
    }),
};

const plugin: Check = {
  name: 'session-manager-plugin',
  when: 'before',
  what: "AWS' Session Manager plugin",
  // A deploy does without it.
  run: ({ outside }) => found("AWS' Session Manager plugin, for forward", 'warning', outside.plugin),
};

const kubectl: Check = {
  name: 'kubectl',
  when: 'before',
  what: 'kubectl',
  // A deploy does without both: people type them.
  run: ({ outside }) => found('kubectl, for the guide', 'warning', outside.kubectl),
};

const awsCli: Check = {
  name: 'aws',
  when: 'before',
  what: 'the AWS CLI',
  run: ({ outside }) => found('the AWS CLI, for the guide and for what is to be run here', 'warning', outside.awsCli),
};

/** A program that is missing or too old is what was found, and no failure to look. */
async function found(what: string, level: Said['level'], look: () => Promise<string>): Promise<Said[]> {
  try {
    return [ok(what, await look())];
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    const { value, rule, fix } = error.mistake;
    return [{ level, what, value: value === undefined ? 'not there' : String(value), rule, fix }];
  }
}

/** What this machine needs. */
export const machineChecks = [node, terraform, plugin, kubectl, awsCli];

import { K3S } from '../../src/infra/k3s';
import { synthesized } from '../infra/support';
import { allCommands, commands, inSentences, wordsOf } from './guide';

/** The guide's promise: each command is run by a test (guide.long.test.ts), or marked. */

const PROGRAM = /^(?:aws|curl|journalctl|k3s|kubectl|npm|npx|sudo|systemctl|terraform) /;
/** Shows a figure, or that the guide is true; nobody has to run it. */
const OF_TESTS = /^(?:npx jest|npm run test:e2e)\b/;

/** Whether the command, or one that says more, stands in a block. */
const standsInBlock = (text: string): boolean => {
  const [program, ...rest] = wordsOf(text);
  return allCommands
    .map(wordsOf)
    .some(([first, ...line]) => first === program && rest.every((word) => line.includes(word)));
};

it('every command of a block that is not marked is one of ours, and so can be run by a test', () => {
  expect(commands.filter((line) => !/^npm run (-s )?[a-z-]+( |$)/.test(line))).toEqual([]);
  expect(commands.length).toBeGreaterThan(10);
  expect(allCommands.length).toBeGreaterThan(commands.length);
});

it('every command of a sentence, or of a table that is not marked, stands in a block too', () => {
  const told = inSentences.filter((text) => PROGRAM.test(text) && !OF_TESTS.test(text));
  expect(told.length).toBeGreaterThan(1);
  expect(told.filter((text) => !standsInBlock(text))).toEqual([]);
});

it('a command that stands in no block is found', () => {
  expect(standsInBlock('npm run doctor -- --stage dev-ana')).toBe(true);
  expect(standsInBlock('npm run cost')).toBe(true);
  expect(standsInBlock('npm run plan -- --stage dev-ana --detailed-exitcode')).toBe(false);
  expect(standsInBlock('kubectl taint nodes NODE')).toBe(false);
});

it('a script of K3s is taken at the version that runs', () => {
  const taken = allCommands.flatMap((command) => /k3s-io\/k3s\/raw\/([^/]+)\//.exec(command)?.[1] ?? []);
  expect(taken).toEqual([encodeURIComponent(K3S.version)]);
});

it('the data volume is called what the stack calls it', () => {
  const addresses = Object.keys(synthesized().resource.aws_ebs_volume ?? {}).map((name) => `aws_ebs_volume.${name}`);
  expect(new Set(allCommands.flatMap((line) => line.match(/aws_ebs_volume\.\w+/g) ?? []))).toEqual(new Set(addresses));
});

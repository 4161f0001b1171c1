import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Workplace } from './workplace';

/** A `terraform` that records how it was called and answers what the test wants; it needs no network and no provider. */

/** Reads its answers from `answers.json` beside it and appends its calls to `calls.jsonl`. */
const PROGRAM = `#!${process.execPath}
const fs = require('node:fs'), path = require('node:path');
const here = (name) => path.join(__dirname, name);
const answers = JSON.parse(fs.readFileSync(here('answers.json'), 'utf8'));
const args = process.argv.slice(2);
const chdir = args[0].startsWith('-chdir=') ? args.shift().slice(7) : undefined;
const { TF_DATA_DIR, TF_INPUT, TF_IN_AUTOMATION, CHECKPOINT_DISABLE, TF_WORKSPACE, TF_CLI_CONFIG_FILE } = process.env;
const env = { TF_DATA_DIR, TF_INPUT, TF_IN_AUTOMATION, CHECKPOINT_DISABLE, TF_WORKSPACE, TF_CLI_CONFIG_FILE };
const record = (call) => fs.appendFileSync(here('calls.jsonl'), JSON.stringify(call) + '\\n');
record({ args, chdir, env });
const [command] = args;
const before = fs.readFileSync(here('calls.jsonl'), 'utf8').split('\\n').filter((line) => line.includes('"args":["' + command + '"'));
const all = [answers[command] ?? {}].flat();
const { code = 0, out = '', err = '', hangs, writes } = all[Math.min(before.length, all.length) - 1];
if (command === 'init' && code === 0) fs.writeFileSync(path.join(chdir, '.terraform.lock.hcl'), '# locked');
const file = args.find((arg) => arg.startsWith('-out='));
if (file !== undefined) fs.writeFileSync(file.slice(5), 'a plan');
process.stdout.write(out);
process.stderr.write(err);
process.exitCode = code;
if (writes !== undefined) fs.writeFileSync(writes.file, writes.text);
if (hangs) {
  for (const signal of ['SIGINT', 'SIGWINCH']) {
    process.on(signal, () => {
      record({ signal });
      process.stderr.write('got ' + signal + '\\n');
    });
  }
  process.once('SIGUSR1', () => process.exit(1));
  setInterval(() => {}, 1000);
  process.stderr.write('hanging as ' + process.pid + '\\n');
}
`;

export interface Answer {
  code?: number;
  out?: string;
  err?: string;
  /** Runs until SIGUSR1, then ends with 1. */
  hangs?: true;
  writes?: { file: string; text: string };
}

export interface Call {
  args: string[];
  chdir?: string;
  env: Record<string, string | undefined>;
  signal?: string;
}

const change = (address: string, actions: string[], reason?: string) => ({
  address,
  type: address.split('.')[0],
  change: { actions },
  ...(reason === undefined ? {} : { action_reason: reason }),
});

/** What `show -json` says of a plan of that stage. */
export const planJson = (stage: string, changes: [address: string, actions: string[], reason?: string][]): string =>
  JSON.stringify({
    format_version: '1.2',
    resource_changes: changes.map((each) => change(...each)),
    configuration: {
      provider_config: { aws: { expressions: { default_tags: [{ tags: { constant_value: { stage } } }] } } },
    },
  });

/** Our commands, and the stub as the only program on PATH. */
export class StubTerraform extends Workplace {
  private readonly bin = path.join(this.folder, 'bin');
  private answers: Record<string, Answer | Answer[]> = { version: { out: '{"terraform_version":"1.11.4"}' } };
  constructor() {
    super();
    mkdirSync(this.bin);
    this.env.PATH = this.bin;
    this.install('terraform');
    this.answer({ show: { out: planJson('test', []) }, output: { out: '{}' } });
  }

  install(name: string): void {
    const program = path.join(this.bin, name);
    writeFileSync(program, PROGRAM);
    chmodSync(program, 0o755);
  }

  uninstall(): void {
    rmSync(path.join(this.bin, 'terraform'));
  }

  /** By command; of a list, the first call gets the first answer and so on, and later ones the last. */
  answer(answers: Record<string, Answer | Answer[]>): void {
    this.answers = { ...this.answers, ...answers };
    writeFileSync(path.join(this.bin, 'answers.json'), JSON.stringify(this.answers));
  }

  calls(): Call[] {
    const file = path.join(this.bin, 'calls.jsonl');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Call);
  }

  /** `init`, `plan`, … in order, without the question for the version. */
  commands(): string[] {
    return this.calls().flatMap(({ args }) => (args === undefined || args[0] === 'version' ? [] : [args[0] ?? '']));
  }

  call(command: string): Call | undefined {
    return this.calls().find(({ args }) => args?.[0] === command);
  }
}

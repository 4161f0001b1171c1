import path from 'node:path';
import type { Command } from 'commander';
import { printable } from '../dev/text';
import { voice } from './terminal-voice';

/** What every command about a stage takes. */
export interface StageFlags {
  stage?: string;
  config?: string;
  json?: true;
}

export const ROOT = path.resolve(__dirname, '../..');

/** @param json what the document holds */
export const withStage = (command: Command, json: string): Command =>
  command
    .option('--stage <name>', "the stage; default: the environment's STAGE, else dev-<user>")
    .option('--config <file>', 'the configuration; default: autoscaler.config.ts')
    .option('--json', `one JSON document on stdout: ${json}`);

/** The same, as the parts below the command line take it. */
export const chosen = ({ stage, config }: StageFlags) => ({
  root: ROOT,
  stage,
  configFile: config,
  env: process.env,
  voice: voice(),
});

/** The result, on stdout: for programs or for people, to whom each of the words is a line, whoever wrote what is in it. */
export function tell(json: boolean | undefined, document: unknown, words: () => readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(document, null, 2)}\n` : `${words().map(printable).join('\n')}\n`);
}

export const TERRAFORM_HELP = `
Terraform (1.11 or newer; TERRAFORM_BINARY_NAME names another program) speaks on stderr; its own environment variables
hold. Without terraform.stateBucket in the configuration the state is a file, terraform.<stage>.tfstate, refused in CI.
Exit codes: 0 done, 1 failed, 2 a flag or the configuration is wrong, 130 Ctrl-C (Terraform saves its state first).`;

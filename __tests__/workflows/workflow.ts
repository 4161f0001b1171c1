import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

export interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, unknown>;
}

export interface Job {
  'timeout-minutes'?: number;
  permissions?: Record<string, string>;
  environment?: string;
  env?: Record<string, unknown>;
  steps: Step[];
}

export interface Workflow {
  name: string;
  on: Record<string, unknown>;
  permissions?: object;
  env?: Record<string, unknown>;
  concurrency?: { group: string; 'cancel-in-progress': unknown };
  jobs: Record<string, Job>;
}

const ROOT = path.resolve(__dirname, '../..');
const FOLDER = path.join(ROOT, '.github/workflows');

export const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** Each with its text; `file` from the checkout's root. */
export const WORKFLOWS = readdirSync(FOLDER)
  .sort()
  .map((name) => {
    const file = `.github/workflows/${name}`;
    const text = read(file);
    return { file, text, workflow: parse(text) as Workflow };
  });

/** All jobs of all workflows. */
export const JOBS = WORKFLOWS.flatMap(({ file, workflow }) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({ at: `${path.basename(file, '.yml')}/${name}`, job })),
);

import type { z } from 'zod';
import { resolveConfig } from '../../config';
import { durationMs } from '../../config/durations';
import { ConfigError } from '../../config/errors';
import { textOf } from '../../config/given-file';
import { nearest } from '../../config/nearest';
import { ScenarioError, type ScenarioProblem } from './errors';
import { scenarioSchema } from './grammar';
import { type Keys, YamlSource } from './source';
import { toScenario } from './translate';
import type { Scenario } from './types';

/** @throws {ScenarioError} naming file, line, path, value, rule and fix of everything that is wrong. */
export function readScenario(file: string): Scenario {
  return parseScenario(
    textOf(file, (why) => unreadable(file, why)),
    file,
  );
}

function unreadable(file: string, why: string): ScenarioError {
  const place = { line: 1, column: 1, path: '' };
  const rule = `must be a file that can be read: ${why}`;
  return new ScenarioError(file, [
    { ...place, value: file, rule, fix: 'give the path of a scenario file, like scenarios/tour.yaml' },
  ]);
}

/** @throws {ScenarioError} as `readScenario`. */
export function parseScenario(text: string, file: string): Scenario {
  const source = new YamlSource(text, file);
  const parsed = scenarioSchema.safeParse(source.value());
  if (!parsed.success) {
    throw new ScenarioError(
      file,
      causes(parsed.error.issues).flatMap((issue) => problemsOf(issue, source)),
    );
  }
  const everyMs = checkConfig(parsed.data.cluster?.config ?? {}, parsed.data.cluster?.baseWorkers, file, source);
  const scenario = toScenario(parsed.data, everyMs);
  const missing = firstMentions(scenario, source);
  if (missing.length > 0) throw new ScenarioError(file, missing);
  return scenario;
}

/** Without what is said of a mapping as a whole where a misspelt word in it is the likely cause. */
function causes(issues: z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const misspelt = new Set(issues.filter(({ code }) => code === 'unrecognized_keys').map(({ path }) => path.join('.')));
  return issues.filter(({ code, path }) => code !== 'custom' || !misspelt.has(path.join('.')));
}

function problemsOf(issue: z.core.$ZodIssue, source: YamlSource): ScenarioProblem[] {
  const keys = issue.path as Keys;
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(': ').at(-1)?.split(', ') ?? [];
    return issue.keys.map((key) => {
      const guess = nearest(key, known);
      const fix = `${guess ? `write ${guess}? It must be` : 'use'} one of ${known.join(', ')}`;
      return source.problem([...keys, key], 'is no word of the scenario grammar', fix);
    });
  }
  if (issue.code === 'invalid_type' && source.problem(keys, '', '').value === undefined) {
    return [source.problem(keys, 'must be there', fixOf(issue.message))];
  }
  return [source.problem(keys, ruleOf(issue.message), fixOf(issue.message))];
}

/** Messages of the grammar are `<rule>; <fix>`. */
const ruleOf = (message: string): string => message.split('; ')[0] ?? message;
const fixOf = (message: string): string => message.split('; ').slice(1).join('; ') || 'see the rule';

/** Milliseconds between two invocations as the configuration has it; what is wrong with it is shown in the scenario. */
function checkConfig(
  config: Record<string, unknown>,
  base: number | undefined,
  file: string,
  source: YamlSource,
): number {
  try {
    return durationMs(resolveConfig(withBaseWorkers(config, base), file).schedule.every);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problems = error.violations.map((violation) => {
      const keys = ['cluster', 'config', ...violation.keys];
      return { ...source.problem(keys, violation.rule, violation.fix), value: violation.value };
    });
    throw new ScenarioError(file, problems);
  }
}

/** `cluster.baseWorkers` is short for the count in the configuration. */
export function withBaseWorkers(config: Record<string, unknown>, base: number | undefined): Record<string, unknown> {
  if (base === undefined) return config;
  const given = config.baseWorkers;
  return { ...config, baseWorkers: { ...(typeof given === 'object' ? given : {}), count: base } };
}

/** The first mention of a workload, in the order of time, must say what its pods are and how many. */
function firstMentions(scenario: Scenario, source: YamlSource): ScenarioProblem[] {
  const seen = new Set<string>();
  const problems: ScenarioProblem[] = [];
  const inTime = scenario.workloads.map((step, index) => ({ step, index })).sort((a, b) => a.step.atMs - b.step.atMs);
  for (const { step, index } of inTime) {
    if (step.kind !== 'workload') continue;
    const id = `${step.workload}/${step.namespace}/${step.name}`;
    if (seen.has(id)) continue;
    seen.add(id);
    const rule = `must be there at the first mention of ${step.workload} ${step.name}`;
    if (!step.pod)
      problems.push(source.problem(['workloads', index, 'pod'], rule, 'add pod: { cpu: 500m, memory: 256Mi }'));
    const counted = step.workload === 'deployment' || step.workload === 'statefulSet';
    if (counted && step.replicas === undefined) {
      problems.push(source.problem(['workloads', index, 'replicas'], rule, 'add replicas: 1'));
    }
  }
  return problems;
}

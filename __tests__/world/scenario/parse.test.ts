import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ScenarioError } from '../../../src/world/scenario/errors';
import { parseScenario, readScenario } from '../../../src/world/scenario/parse';

const WHOLE = readFileSync(path.join(__dirname, 'whole-grammar.yaml'), 'utf8');

function problemsOf(text: string) {
  try {
    parseScenario(text, 'test.yaml');
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
  return [];
}

describe('parseScenario', () => {
  it('reads every word of the grammar', () => {
    // WHEN the file with the whole grammar is read
    const scenario = parseScenario(WHOLE, 'whole.yaml');
    // THEN durations are milliseconds and everything has its place
    expect(scenario).toMatchObject({
      name: 'fifty-replicas',
      seed: 1,
      cluster: { baseWorkers: 1 },
      world: { launchMs: 20_000, bootMs: 40_000, shutdownMs: 30_000, describeLagMs: 5_000, podStartMs: 5_000 },
      durationMs: 1_800_000,
      invocations: { everyMs: 120_000, jitterMs: 0, overlap: 1 },
    });
    expect(scenario.workloads[0]).toMatchObject({
      kind: 'workload',
      atMs: 120_000,
      workload: 'deployment',
      name: 'web',
      namespace: 'default',
      replicas: 50,
      pod: { cpu: '500m', gracePeriodMs: 30_000, priority: 0 },
      pdb: { minAvailable: '90%' },
    });
    expect(scenario.workloads[1]).toEqual({ kind: 'load', atMs: 300_000, nodes: 'all', cpu: 0.95, forMs: 600_000 });
    expect(scenario.faults[0]).toEqual({
      kind: 'service',
      atMs: 180_000,
      service: 'ec2',
      operation: 'RunInstances',
      error: 'InsufficientInstanceCapacity',
      when: { market: 'spot', zone: 'us-east-1a', type: 't3.medium', pool: 'burst' },
      times: 3,
    });
    expect(scenario.faults.at(-1)).toEqual({ kind: 'spot-interruption', atMs: 480_000, target: 'oldest' });
    expect(scenario.expect).toEqual(['summary.podsRunning == 50']);
  });

  it('fills in the defaults of everything that may be left out', () => {
    const scenario = parseScenario('name: small\nduration: 5m\n', 'small.yaml');
    expect(scenario).toEqual({
      name: 'small',
      seed: 1,
      cluster: { config: {} },
      world: { launchMs: 20_000, bootMs: 40_000, shutdownMs: 30_000, describeLagMs: 5_000, podStartMs: 5_000 },
      durationMs: 300_000,
      workloads: [],
      faults: [],
      invocations: { everyMs: 120_000, jitterMs: 0, overlap: 1 },
      expect: [],
    });
  });

  it('takes a later mention of a workload that gives only what changes', () => {
    const text = [
      'name: x',
      'duration: 5m',
      'workloads:',
      '  - { at: 1m, deployment: web, replicas: 2, pod: { cpu: 1 } }',
      '  - { at: 2m, deployment: web, replicas: 0 }',
    ].join('\n');
    const { workloads } = parseScenario(text, 'x.yaml');
    expect(workloads[1]).toEqual({
      kind: 'workload',
      atMs: 120_000,
      workload: 'deployment',
      name: 'web',
      namespace: 'default',
      replicas: 0,
    });
  });

  it.each([
    ['- { at: 1m, pod: { name: one, cpu: 1 } }', { name: 'one', pod: { cpu: '1' } }],
    ['- { at: 1m, pod: one }', { name: 'one', pod: {} }],
  ])('reads a bare pod written as %s', (step, expected) => {
    const scenario = parseScenario(`name: x\nduration: 5m\nworkloads:\n  ${step}\n`, 'x.yaml');
    expect(scenario.workloads[0]).toMatchObject({ workload: 'pod', ...expected });
  });

  describe('names line, column, path, value, rule and fix of', () => {
    const head = 'name: x\nduration: 5m\n';
    it.each<[string, string, { line: number; column?: number; path: string; rule?: RegExp; fix?: RegExp }]>([
      [
        'an unknown word',
        `${head}wrokloads: []\n`,
        { line: 3, column: 1, path: 'wrokloads', rule: /no word/, fix: /workloads/ },
      ],
      [
        'an unknown word deep inside',
        `${head}workloads:\n  - at: 1m\n    deployment: web\n    replicas: 1\n    pod: { cpus: 1 }\n`,
        { line: 7, column: 12, path: 'workloads[0].pod.cpus', fix: /cpu/ },
      ],
      ['a bad duration', 'name: x\nduration: 5 minutes\n', { line: 2, path: 'duration', rule: /duration/, fix: /15m/ }],
      ['a duration without a unit', 'name: x\nduration: 300\n', { line: 2, path: 'duration', rule: /duration/ }],
      ['a missing word', 'name: x\n', { line: 1, path: 'duration', rule: /must be there/ }],
      ['a wrong type', `${head}workloads: 3\n`, { line: 3, path: 'workloads', rule: /list/ }],
      [
        'a bad quantity',
        `${head}workloads:\n  - { at: 1m, deployment: web, replicas: 1, pod: { memory: 3 GB } }\n`,
        { line: 4, path: 'workloads[0].pod.memory', rule: /quantity/ },
      ],
      [
        'a first mention without a template',
        `${head}workloads:\n  - { at: 1m, deployment: web, replicas: 1 }\n`,
        { line: 4, path: 'workloads[0].pod', rule: /first mention/ },
      ],
      [
        'a first mention without replicas',
        `${head}workloads:\n  - { at: 1m, deployment: web, pod: { cpu: 1 } }\n`,
        { line: 4, path: 'workloads[0].replicas' },
      ],
      [
        'two workloads in one step',
        `${head}workloads:\n  - { at: 1m, deployment: a, job: b, pod: {} }\n`,
        { line: 4, path: 'workloads[0]', rule: /one workload/ },
      ],
      [
        'a load in percent',
        `${head}workloads:\n  - { at: 1m, load: { nodes: all, cpu: 95 } }\n`,
        { line: 4, path: 'workloads[0].load.cpu', fix: /0.95/ },
      ],
      [
        'an unknown service',
        `${head}faults:\n  - { at: 1m, service: s3, fault: down }\n`,
        { line: 4, path: 'faults[0].service', fix: /ec2/ },
      ],
      [
        'an unknown fault',
        `${head}faults:\n  - { at: 1m, service: ec2, fault: broken }\n`,
        { line: 4, path: 'faults[0].fault', fix: /lost-response/ },
      ],
      [
        'a crash that says not where',
        `${head}faults:\n  - { at: 1m, service: lambda, fault: crash }\n`,
        { line: 4, path: 'faults[0]', fix: /after/ },
      ],
      [
        'a budget with both numbers',
        `${head}workloads:\n  - { at: 1m, deployment: a, replicas: 1, pod: {}, pdb: { minAvailable: 1, maxUnavailable: 1 } }\n`,
        { line: 4, path: 'workloads[0].pdb' },
      ],
      [
        'an expectation without an operator',
        `${head}expect:\n  - summary.podsRunning is 50\n`,
        { line: 4, path: 'expect[0]', fix: /== 50/ },
      ],
      [
        'a wrong configuration',
        `${head}cluster:\n  config:\n    policy:\n      cpu: { up: 700 }\n`,
        { line: 6, path: 'cluster.config.policy.cpu.up' },
      ],
      [
        'an unknown field of the configuration',
        `${head}cluster:\n  config:\n    polcy: {}\n`,
        { line: 5, path: 'cluster.config.polcy' },
      ],
      ['what is no YAML', 'name: [x\nduration: 5m\n', { line: 2, path: '' }],
      ['a key that is there twice', 'name: x\nname: y\nduration: 5m\n', { line: 2, path: '' }],
      ['an empty file', '', { line: 1, path: '' }],
    ])('%s', (_what, text, { rule, fix, ...place }) => {
      const [problem] = problemsOf(text);
      expect(problem).toMatchObject(place);
      if (rule) expect(problem?.rule).toMatch(rule);
      if (fix) expect(problem?.fix).toMatch(fix);
      expect(problem?.rule).not.toBe('');
      expect(problem?.fix).not.toBe('');
    });
  });

  it('tells of a misspelt word once, not also of the word that is missing because of it', () => {
    const problems = problemsOf('name: x\nduration: 5m\nworkloads:\n  - { at: 1m, deploymint: web }\n');
    expect(problems.map((problem) => problem.path)).toEqual(['workloads[0].deploymint']);
  });

  it('tells of a file that is not there', () => {
    expect(() => readScenario('no/such.yaml')).toThrow(/no\/such\.yaml.*\n[\s\S]*not there/);
  });

  it('prints file, line and column first, and no stack', () => {
    try {
      parseScenario('name: x\nduration: soon\n', 'x.yaml');
    } catch (error) {
      expect((error as Error).message).toMatch(/^x\.yaml:2:1: duration\n {4}value: "soon"\n {4}rule: .*\n {4}fix: /);
      expect((error as Error).stack).toBe((error as Error).message);
    }
    expect.assertions(2);
  });
});

import { MAIN_BRANCH } from '../../src/infra/github-roles';
import { JOBS, read, WORKFLOWS } from './workflow';

/** What these workflows promise beyond their grammar. */

const USES = /^\s*(?:- )?uses: (\S+)@(\S+)( # v\d+\.\d+\.\d+)?$/;
const uses = WORKFLOWS.flatMap(({ file, text }) =>
  text
    .split('\n')
    .filter((line) => line.includes('uses:'))
    .map((line) => ({ file, line: line.trim(), found: USES.exec(line) })),
);

const expression = (words: string): string => `\${{ ${words} }}`;

describe('the workflows', () => {
  it('pin each action by its whole commit, with the version beside it, and everywhere the same', () => {
    const pins = new Set<string>();
    for (const { line, found } of uses) {
      expect({ line, sha: /^[0-9a-f]{40}$/.test(found?.[2] ?? ''), version: found?.[3] !== undefined }).toEqual({
        line,
        sha: true,
        version: true,
      });
      pins.add(`${found?.[1]} ${found?.[2]}${found?.[3]}`);
    }
    expect(new Set([...pins].map((pin) => pin.split(' ')[0])).size).toBe(pins.size);
    // AND docs/ci.md says where each was read
    for (const pin of pins) {
      const [action, sha, , version] = pin.split(' ');
      expect(read('docs/ci.md')).toContain(`| \`${action}\` | ${version} | \`${sha}\` |`);
    }
  });

  it('give no right to all jobs, and to each job those that it needs', () => {
    expect(WORKFLOWS.map(({ workflow }) => workflow.permissions)).toEqual(WORKFLOWS.map(() => ({})));
    expect(Object.fromEntries(JOBS.map(({ at, job }) => [at, job.permissions]))).toEqual({
      'ci/lint': { contents: 'read' },
      'ci/test': { contents: 'read' },
      'ci/test-long': { contents: 'read' },
      'ci/test-e2e': { contents: 'read' },
      'plan/plan': { contents: 'read', 'id-token': 'write' },
      'plan/comment': { contents: 'read', 'pull-requests': 'write' },
      'deploy/plan': { contents: 'read', 'id-token': 'write' },
      'deploy/deploy': { contents: 'read', 'id-token': 'write' },
      'drift/plan': { contents: 'read', 'id-token': 'write' },
      'drift/issue': { contents: 'read', issues: 'write' },
    });
  });

  /** No script's work, but the machine's: a person has another one. */
  const SETTING = 'sudo sysctl --write kernel.apparmor_restrict_unprivileged_userns=0';

  it('run nothing but npm scripts, which a person can run too', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const { at, job } of JOBS) {
      for (const { run } of job.steps) {
        if (run === undefined || run === SETTING || /^npm ci( --ignore-scripts)?$/.test(run)) continue;
        // Where the output goes is all that the shell does.
        const [, script] = /^npm run (?:-s )?([a-z0-9:-]+)(?: -- [-\w ."$/]+)?(?: >>? [\w."$]+)?$/.exec(run) ?? [];
        expect({ at, run, script: script !== undefined && script in scripts }).toEqual({ at, run, script: true });
      }
    }
  });

  it('let boot scripts have their namespaces wherever tests run that start them', () => {
    const tests = JOBS.filter(({ job }) => job.steps.some(({ run }) => /^npm run test(:long)?$/.test(run ?? '')));
    expect(tests).toHaveLength(2);
    for (const { at, job } of tests)
      expect({ at, steps: job.steps.map(({ run }) => run) }).toMatchObject({
        steps: expect.arrayContaining([SETTING]),
      });
  });

  it('put no word of the event into a shell or into a script', () => {
    for (const { job } of JOBS) for (const { run = '' } of job.steps) expect(run).not.toContain('${{');
  });

  it('plan what a person wants replaced, and know the word as a value of the environment alone', () => {
    const deploy = WORKFLOWS.find(({ file }) => file.endsWith('/deploy.yml'))?.workflow;
    expect(deploy?.on.workflow_dispatch).toMatchObject({ inputs: { replace: { type: 'string', default: '' } } });
    const steps = JOBS.find(({ at }) => at === 'deploy/plan')?.job.steps ?? [];
    expect(steps.filter((step) => JSON.stringify(step).includes('REPLACE'))).toEqual([
      {
        // In quotes: one argument, whatever is in it.
        run: 'npm run -s plan -- --out stage.tfplan --markdown --replace "$REPLACE" >> "$GITHUB_STEP_SUMMARY"',
        env: { REPLACE: expression('inputs.replace') },
      },
    ]);
    // AND no other step knows it
    const texts = WORKFLOWS.map(({ text }) => text).join('\n');
    expect(texts.match(/inputs\.|event\.inputs/g)).toEqual(['inputs.']);
  });

  it('leave no credentials of GitHub in the checkout', () => {
    const checkouts = JOBS.flatMap(({ job }) => job.steps.filter(({ uses: action }) => action?.includes('/checkout@')));
    expect(checkouts).toHaveLength(JOBS.length);
    for (const { with: given } of checkouts) expect(given).toMatchObject({ 'persist-credentials': false });
  });

  it('end by themselves, and do not run over each other', () => {
    for (const { at, job } of JOBS)
      expect({ at, ends: (job['timeout-minutes'] ?? Infinity) <= 60 }).toEqual({ at, ends: true });
    for (const { workflow } of WORKFLOWS) expect(workflow.concurrency?.group).toBeTruthy();
  });

  it('run no stranger\u2019s code with a right or a secret', () => {
    for (const { text, workflow } of WORKFLOWS) {
      expect(Object.keys(workflow.on)).not.toEqual(expect.arrayContaining(['pull_request_target']));
      expect(Object.keys(workflow.on)).not.toEqual(expect.arrayContaining(['workflow_run']));
      expect(text).not.toMatch(/secrets\.|inherit/);
    }
    const jobs = Object.fromEntries(JOBS.map(({ at, job }) => [at, job]));
    expect(jobs['plan/plan']).toMatchObject({
      if: expect.stringContaining('github.event.pull_request.head.repo.full_name == github.repository'),
    });
  });

  it('run with a right or a role for what goes onto the main branch, and for nothing else', () => {
    const events = Object.fromEntries(WORKFLOWS.map(({ workflow }) => [workflow.name, workflow.on]));
    const main = { branches: [MAIN_BRANCH] };
    // Onto another branch the base is as unread as the pull request; ci may only read.
    expect(events).toEqual({
      ci: { pull_request: null, push: main },
      plan: { pull_request: main },
      deploy: { push: main, workflow_dispatch: expect.anything() },
      drift: { schedule: expect.anything(), workflow_dispatch: null },
    });
    // AND what is started by hand can be started on any branch
    const jobs = Object.fromEntries(JOBS.map(({ at, job }) => [at, job]));
    for (const at of ['deploy/plan', 'drift/plan'])
      expect(jobs[at]).toMatchObject({ if: expect.stringMatching(/&& github\.ref == 'refs\/heads\/main'$/) });
    expect(jobs['deploy/deploy']).toMatchObject({ needs: 'plan', if: "needs.plan.outputs.plan != ''" });
    expect(jobs['drift/issue']).toMatchObject({ needs: 'plan', if: expect.stringContaining("!= 'skipped'") });
  });

  it('give a pull request the role that only reads states, and ask Terraform for no more', () => {
    const roles = JOBS.flatMap(({ at, job }) =>
      job.steps.flatMap(({ with: given }) =>
        given?.['role-to-assume'] === undefined ? [] : [[at, given['role-to-assume']]],
      ),
    );
    expect(Object.fromEntries(roles)).toEqual({
      'plan/plan': expression('vars.AWS_PULL_REQUEST_ROLE'),
      'deploy/plan': expression('vars.AWS_PLAN_ROLE'),
      'deploy/deploy': expression('vars.AWS_DEPLOY_ROLE'),
      'drift/plan': expression('vars.AWS_PLAN_ROLE'),
    });
    expect(JOBS.find(({ at }) => at === 'plan/plan')?.job.env).toMatchObject({
      TF_CLI_ARGS_plan: '-lock=false -refresh=false',
    });
  });

  it('count a skipped test as a failure', () => {
    const ci = WORKFLOWS.find(({ workflow }) => workflow.name === 'ci')?.workflow;
    expect(ci?.env).toEqual({ TEST_NO_SKIPS: 1, TEST_DOWNLOADS: 1, TEST_SLOW: 1 });
    // AND what tests need is there before they run
    for (const [name, { steps }] of Object.entries(ci?.jobs ?? {})) {
      const runs = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
      const tests = runs.findIndex((run) => /^npm run test(:long|:e2e)?$/.test(run));
      if (tests === -1) continue;
      const tools = runs.indexOf('npm run test:tools -- "$RUNNER_TEMP/tools"');
      expect({ name, tools: tools !== -1 && tools < tests }).toEqual({ name, tools: true });
    }
  });

  it('let no bot plan: what it brings nobody has read', () => {
    const jobs = Object.fromEntries(JOBS.map(({ at, job }) => [at, job]));
    expect(jobs['plan/plan']).toMatchObject({
      if: expect.stringMatching(
        /&& github\.event\.pull_request\.user\.type != 'Bot' && !endsWith\(github\.actor, '\[bot\]'\)/,
      ),
    });
    expect(jobs['plan/comment']).toMatchObject({ needs: 'plan' });
  });

  it('put a plan into words by the code of the base, and take of the pull request nothing but a file of data', () => {
    const plan = JOBS.find(({ at }) => at === 'plan/plan')?.job.steps ?? [];
    const comment = JOBS.find(({ at }) => at === 'plan/comment')?.job.steps ?? [];
    expect(plan.flatMap(({ run }) => (run?.includes(' plan ') ? [run] : []))).toEqual([
      'npm run -s plan -- --for-review > plan.json',
    ]);
    expect(comment.map(({ uses: action, run }) => run ?? action?.split('@')[0])).toEqual([
      'actions/checkout',
      'actions/setup-node',
      'npm ci --ignore-scripts',
      'actions/download-artifact',
      'npm run -s plan -- --saved handed-over/plan.json --markdown > plan.md',
      'npm run -s report -- --file plan.md --pull-request "$PULL_REQUEST"',
    ]);
    expect(comment[0]?.with).toMatchObject({
      ref: expect.stringMatching(/^\$\{\{ github\.event\.pull_request\.base\.sha \}\}$/),
    });
    expect(comment[3]?.with).toMatchObject({ path: 'handed-over' });
    // AND what reads it has no token
    expect(comment.map(({ env }) => env !== undefined)).toEqual([false, false, false, false, false, true]);
  });

  it('let no package run anything at its installation where a job may ask for an identity or write', () => {
    for (const { at, job } of JOBS) {
      const mayMore = Object.values(job.permissions ?? {}).includes('write');
      const installs = job.steps.flatMap(({ run }) => (run?.startsWith('npm ci') ? [run] : []));
      expect({ at, installs }).toEqual({ at, installs: [mayMore ? 'npm ci --ignore-scripts' : 'npm ci'] });
    }
  });

  it('deploy only in an environment', () => {
    for (const { job } of JOBS) {
      const at = (fits: (step: { uses?: string; run?: string }) => boolean | undefined) => job.steps.findIndex(fits);
      const credentials = at(({ uses: action }) => action?.startsWith('aws-actions/'));
      if (credentials === -1) continue;
      const isDeploy = JSON.stringify(job.steps[credentials]).includes('AWS_DEPLOY_ROLE');
      expect(job.environment === undefined).toBe(!isDeploy);
    }
  });

  it('name the branch that the plan role trusts', () => {
    const deploy = WORKFLOWS.find(({ file }) => file.endsWith('/deploy.yml'))?.workflow;
    expect(deploy?.on.push).toEqual({ branches: [MAIN_BRANCH] });
  });
});

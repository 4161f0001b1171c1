import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Workplace } from '../deploy/workplace';
import { MadeGithub } from '../github/made-github';

let github: MadeGithub;
let work: Workplace;
beforeEach(async () => {
  github = await MadeGithub.start();
  work = new Workplace();
  work.env = { GITHUB_API_URL: github.url, GITHUB_REPOSITORY: 'acme/cluster', GITHUB_TOKEN: 'its-token' };
});
afterEach(async () => {
  work.remove();
  await github.stop();
});

const review = (changes: 'yes' | 'no', words: string, stage = 'prod') =>
  `<!-- k3s-autoscaler plan of stage=${stage} changes=${changes} -->\n${words}\n`;

function report(text: string, ...flags: string[]) {
  const file = path.join(work.folder, 'plan.md');
  writeFileSync(file, text);
  return work.here(['report', '--file', file, ...flags]);
}

describe('report --pull-request', () => {
  it('makes one comment and changes it from then on', async () => {
    // WHEN
    expect(await report(review('yes', 'first'), '--pull-request', '7')).toMatchObject({
      code: 0,
      out: 'stage prod: made https://github.example/1\n',
    });
    expect(await report(review('no', 'second'), '--pull-request', '7')).toMatchObject({
      code: 0,
      out: 'stage prod: updated https://github.example/1\n',
    });
    // THEN
    expect(github.comments.map(({ body }) => body)).toEqual([review('no', 'second')]);
    expect(github.writes).toEqual(['POST /issues/7/comments', 'PATCH /issues/comments/1']);
  });

  it('finds its comment behind a hundred others, and touches none of a person or of another stage', async () => {
    // GIVEN
    for (let each = 0; each < 120; each++) github.add(github.comments, { body: 'words', user: { type: 'User' } });
    github.add(github.comments, { body: review('yes', 'quoted by a person'), user: { type: 'User' } });
    github.add(github.comments, { body: review('yes', 'staging', 'staging') });
    const mine = github.add(github.comments, { body: review('yes', 'mine') });
    // WHEN
    await report(review('yes', 'new'), '--pull-request', '7');
    // THEN
    expect(github.writes).toEqual([`PATCH /issues/comments/${mine.id}`]);
  });
});

describe('report --drift', () => {
  it('opens one issue, changes it, and closes it when the drift is gone', async () => {
    expect((await report(review('no', 'nothing'), '--drift')).out).toBe('stage prod: nothing\n');
    expect(github.issues).toEqual([]);
    await report(review('yes', 'first'), '--drift');
    await report(review('yes', 'second'), '--drift');
    expect(github.issues).toMatchObject([
      {
        title: 'Stage prod is not what its configuration says',
        body: review('yes', 'second'),
        state: 'open',
        labels: ['drift'],
      },
    ]);
    await report(review('no', 'nothing'), '--drift');
    expect(github.issues).toMatchObject([{ state: 'closed' }]);
    // AND drift that comes again is another one
    await report(review('yes', 'again'), '--drift');
    expect(github.issues.map(({ state }) => state)).toEqual(['closed', 'open']);
  });

  it('takes no pull request for its issue', async () => {
    github.add(github.issues, { body: review('yes', 'a pull request'), labels: ['drift'], pull_request: {} });
    await report(review('yes', 'first'), '--drift');
    expect(github.writes).toEqual(['POST /issues']);
  });
});

describe('report', () => {
  it.each([
    [[], 'say where to'],
    [['--drift', '--pull-request', '7'], 'say where to'],
    [['--pull-request', 'seven'], 'must be a whole number'],
  ])('refuses %j', async (flags, said) => {
    const { code, err } = await report(review('yes', 'x'), ...flags);
    expect(code).toBe(2);
    expect(err).toContain(said);
  });

  it('refuses what is no review, as a plan that failed leaves it, and posts nothing', async () => {
    const { code, err } = await report('', '--drift');
    expect(code).toBe(2);
    expect(err).toContain('see whether that failed');
    expect(github.writes).toEqual([]);
  });

  it('says which word of the environment is missing', async () => {
    work.env.GITHUB_TOKEN = '';
    const { code, err } = await report(review('yes', 'x'), '--drift');
    expect(code).toBe(2);
    expect(err).toContain('environment: GITHUB_TOKEN');
  });

  it('says what GitHub said when it refuses, without the token and without a stack', async () => {
    github.refuses = 403;
    const { code, err } = await report(review('yes', 'x'), '--drift');
    expect(code).toBe(1);
    expect(err).toContain('answered 403');
    expect(err).toContain('Resource not accessible');
    expect(err).not.toMatch(/its-token|^\s+at /m);
  });
});

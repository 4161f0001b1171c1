import { githubAccess } from '../../src/deploy/github-access';
import type { GithubAccess } from '../../src/infra/github-roles';

const BEFORE: GithubAccess = { repository: 'acme/old', environments: ['live'], provider: 'existing' };

describe('who of GitHub gets roles', () => {
  it('is nobody when nobody is named, and what was before when there was something', () => {
    expect(githubAccess({}, undefined, ['prod'])).toBeUndefined();
    expect(githubAccess({}, BEFORE, ['prod'])).toEqual(BEFORE);
    expect(githubAccess({ repository: false }, BEFORE, ['prod'])).toBeUndefined();
  });

  it('is, the first time, the repository with an environment for each protected stage and a provider of our own', () => {
    expect(githubAccess({ repository: 'acme/cluster' }, undefined, ['prod'])).toEqual({
      repository: 'acme/cluster',
      environments: ['prod'],
      provider: 'own',
    });
  });

  it('changes what the flags name and nothing else', () => {
    expect(githubAccess({ repository: 'acme@1/new@2' }, BEFORE, [])).toEqual({ ...BEFORE, repository: 'acme@1/new@2' });
    expect(githubAccess({ environments: ['a', 'b'] }, BEFORE, [])).toEqual({ ...BEFORE, environments: ['a', 'b'] });
  });

  it.each([
    ['no repository', { environments: ['prod'] }, /--github\n +value: \(not set\)/],
    ['a repository without an owner', { repository: 'cluster' }, /must be OWNER\/REPO/],
    ['one with half its numbers', { repository: 'acme@1/cluster' }, /must be OWNER\/REPO/],
    ['a pattern for a repository', { repository: 'acme/*' }, /must be OWNER\/REPO/],
    ['a pattern for an environment', { repository: 'a/b', environments: ['*'] }, /--environments\n +value: \["\*"\]/],
    ['no environment', { repository: 'a/b' }, /--environments\n +value: \[\]/],
  ])('is refused for %s', (_what, flags, message) => {
    expect(() => githubAccess(flags, undefined, [])).toThrow(message);
  });
});

import { Refusal, Unusable } from '../deploy/errors';

/** A repository on GitHub, as a job of Actions reaches it: https://docs.github.com/en/rest */

const DEADLINE_MS = 30_000;
/** The most that one answer lists. */
const PAGE = 100;

export interface Author {
  /** `Bot` for the token of a job, and for every app. */
  type: string;
}

/** A comment or an issue. */
export interface Post {
  body?: string | null;
  user?: Author | null;
}

export class Repository {
  private constructor(
    private readonly base: string,
    private readonly token: string,
  ) {}

  /**
   * The repository of the job.
   *
   * @param env `GITHUB_TOKEN`, and what Actions sets: `GITHUB_REPOSITORY`, `GITHUB_API_URL`
   * @throws {Refusal} where one is missing
   */
  static of(env: NodeJS.ProcessEnv): Repository {
    const { GITHUB_TOKEN: token, GITHUB_REPOSITORY: name, GITHUB_API_URL: api = 'https://api.github.com' } = env;
    if (!token) throw missing('GITHUB_TOKEN', token, "hand it the job's token, as docs/ci.md shows");
    if (!/^[\w.-]+\/[\w.-]+$/.test(name ?? '')) {
      throw missing('GITHUB_REPOSITORY', name, 'write for example GITHUB_REPOSITORY=acme/cluster');
    }
    return new Repository(`${api}/repos/${name}`, token);
  }

  /** All of a list, page after page. @throws {Unusable} */
  async list<T>(path: string, query: Record<string, string> = {}): Promise<T[]> {
    const all: T[] = [];
    for (let page = 1; ; page++) {
      const words = new URLSearchParams({ ...query, per_page: String(PAGE), page: String(page) });
      const some = await this.ask<T[]>('GET', `${path}?${words}`);
      all.push(...some);
      if (some.length < PAGE) return all;
    }
  }

  /** @throws {Unusable} with what GitHub said */
  async ask<T>(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object): Promise<T> {
    const url = `${this.base}${path}`;
    const response = await fetch(url, {
      method,
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${this.token}`,
        'user-agent': 'k3s-autoscaler',
        'x-github-api-version': '2022-11-28',
      },
      signal: AbortSignal.timeout(DEADLINE_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: Error) => {
      throw new Unusable('GitHub', `${method} ${url}`, {
        value: undefined,
        rule: `could not be asked: ${error.message}`,
        fix: 'run the job again',
      });
    });
    if (response.ok) return (await response.json()) as T;
    throw refused(method, url, response.status, await response.text());
  }
}

const missing = (name: string, value: unknown, fix: string) =>
  new Refusal('environment', name, { value, rule: 'must say how to reach the repository', fix });

function refused(method: string, url: string, status: number, text: string): Unusable {
  const isRight = status === 401 || status === 403 || status === 404;
  return new Unusable('GitHub', `${method} ${url}`, {
    value: text.slice(0, 300),
    rule: `answered ${status}`,
    fix: isRight
      ? "give the job's token the right to write there (docs/ci.md)"
      : 'see what it says, and run the job again',
  });
}

/** Whether a program wrote it, so that no person's words are ever overwritten. */
export const isOfProgram = ({ user }: Post): boolean => user?.type === 'Bot';

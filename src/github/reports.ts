import { type Marker, markerIn } from '../deploy/review/marker';
import { isOfProgram, type Post, type Repository } from './repository';

/** Where a review goes: one place for each stage, which the next review overwrites. */

/** What `text` became. */
export interface Reported {
  did: 'made' | 'updated' | 'closed' | 'nothing';
  url: string | null;
}

interface Comment extends Post {
  id: number;
  html_url: string;
}

interface Issue extends Post {
  number: number;
  html_url: string;
  /** GitHub lists pull requests among issues. */
  pull_request?: object;
}

const isAbout =
  ({ stage }: Marker) =>
  (post: Post): boolean =>
    isOfProgram(post) && markerIn(post.body ?? '')?.stage === stage;

/** Comments on a pull request, or changes the comment of the review before. */
export async function reportToPullRequest(
  repository: Repository,
  number: number,
  marker: Marker,
  body: string,
): Promise<Reported> {
  const comments = await repository.list<Comment>(`/issues/${number}/comments`);
  const before = comments.find(isAbout(marker));
  const { html_url: url } =
    before === undefined
      ? await repository.ask<Comment>('POST', `/issues/${number}/comments`, { body })
      : await repository.ask<Comment>('PATCH', `/issues/comments/${before.id}`, { body });
  return { did: before === undefined ? 'made' : 'updated', url };
}

/** By which the issue is found again; GitHub makes a label that is not there. */
export const DRIFT_LABEL = 'drift';

/** Opens the stage's one issue about drift, or changes it; closes it when there is none any more. */
export async function reportDrift(repository: Repository, marker: Marker, body: string): Promise<Reported> {
  const issues = await repository.list<Issue>('/issues', { state: 'open', labels: DRIFT_LABEL });
  const open = issues.find((issue) => issue.pull_request === undefined && isAbout(marker)(issue));
  if (open === undefined && !marker.changes) return { did: 'nothing', url: null };
  if (open === undefined) {
    const title = `Stage ${marker.stage} is not what its configuration says`;
    const { html_url: url } = await repository.ask<Issue>('POST', '/issues', { title, body, labels: [DRIFT_LABEL] });
    return { did: 'made', url };
  }
  const change = marker.changes ? { body } : { body, state: 'closed', state_reason: 'completed' };
  const { html_url: url } = await repository.ask<Issue>('PATCH', `/issues/${open.number}`, change);
  return { did: marker.changes ? 'updated' : 'closed', url };
}

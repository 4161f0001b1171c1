import { plan } from '../../autoscaler/planning/planner';
import type { Recording } from '../../autoscaler/telling/recording';

/** What the dev loop loads after a save: the function, and its planner by itself. */
export { handler } from '../../../handlers/autoscaler';

/**
 * Plans a recorded tick again.
 *
 * @param recordedJson a `Recording`, or any JSON with its `snapshot` and `config`
 * @returns the `Plan`, as JSON
 */
export function replan(recordedJson: string): string {
  const { snapshot, config }: Pick<Recording, 'snapshot' | 'config'> = JSON.parse(recordedJson);
  return JSON.stringify(plan(snapshot, config));
}

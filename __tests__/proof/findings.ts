import { type Finding, runTask, type Task } from '../../src/proof/tasks';

/** What the judge finds, one task after the other. */
export async function findings(tasks: Task[]): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const task of tasks) found.push(...(await runTask(task)).findings);
  return found;
}

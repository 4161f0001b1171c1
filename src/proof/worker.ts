import { runTask, type Task } from './tasks';

/** A process of the proof: takes tasks from its parent, one at a time, and answers each. */
process.on('message', (task: Task) => {
  runTask(task).then(
    (result) => process.send?.({ result }),
    (error: unknown) =>
      process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});

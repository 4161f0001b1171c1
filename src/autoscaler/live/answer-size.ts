/**
 * What a laptop's answer may weigh, as text. A plan has a verdict of some 200 bytes for each node and each pod that waits:
 * this is a plan for five thousand of them, several times the clusters that are promised. The text may be anything, and
 * a function of 512 MB must be able to read it beside its own work: JSON that is all empty objects takes some twenty
 * times its size there. The snapshot, which goes the other way, is larger and is read by a whole laptop.
 */
export const MAX_ANSWER_BYTES = 2 ** 20;

/** There is an answer, and it is not even looked into. */
export class AnswerTooLarge extends Error {
  constructor() {
    super(`the answer is larger than ${MAX_ANSWER_BYTES / 2 ** 20} MiB`);
    this.name = 'AnswerTooLarge';
  }
}

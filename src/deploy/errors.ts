import { type Mistake, mistakeBlock } from '../config/mistake';

/** How a command that drives Terraform ends when it cannot go on. `exitCode` is the command's. */

/** What was asked for may not be done, or not so. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly exitCode = 2;

  constructor(where: string, path: string, mistake: Mistake) {
    super(mistakeBlock(where, path, mistake, '(not set)'));
  }
}

/** Something that is needed is not there or not fit: a program, a bucket, a server. */
export class Unusable extends Error {
  override readonly name = 'Unusable';
  readonly exitCode = 1;

  constructor(
    where: string,
    path: string,
    /** What is wrong, for whoever says it in another way than the message. */
    readonly mistake: Mistake,
  ) {
    super(mistakeBlock(where, path, mistake, '(not there)'));
  }
}

/** Something that is not there now, and may be in a while without anybody doing anything. */
export class NotNow extends Unusable {}

/** Terraform failed and has said why. */
export class TerraformFailed extends Error {
  override readonly name = 'TerraformFailed';
  readonly exitCode = 1;
}

/** The user wanted it to end, and Terraform has ended. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode = 130;
}

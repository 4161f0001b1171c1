/** The data is such that no honest answer can be made of it. Its message names what, where, and how to put it right. */
export class DataRefused extends Error {
  override readonly name = 'DataRefused';
  readonly exitCode = 1;
}

/** A file or a configuration that cannot be used. Its message names what, where, value, rule and fix. */
export class BadInput extends Error {
  override readonly name = 'BadInput';
  readonly exitCode = 2;
}

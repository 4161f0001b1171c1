import { EXIT } from '../cli/usage';

/** The data is such that no honest answer can be made of it. Its message names what, where, and how to put it right. */
export class DataRefused extends Error {
  override readonly name = 'DataRefused';
  readonly exitCode = EXIT.failed;
}

export const OUTPUTS = [process.stdout, process.stderr];

/** Of a pipe whose reader has ended, and of a terminal that was closed. */
const READER_GONE = ['EPIPE', 'EIO'];

/**
 * Whoever reads our output may stop (`plan --help | head`): nothing is wrong then, and no stack is shown. For the whole
 * life of the process, as a pipe that is closed says so again at each later write.
 */
export function letReaderGo(): void {
  const onError = (error: NodeJS.ErrnoException) => {
    if (!READER_GONE.includes(error.code ?? '')) throw error;
  };
  for (const output of OUTPUTS) output.on('error', onError);
}

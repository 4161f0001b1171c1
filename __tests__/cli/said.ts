/** Runs a command in this process: its exit code, and what it wrote. */
export async function said(command: () => Promise<number>): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' };
  const take = (stream: 'out' | 'err') => (chunk: unknown) => {
    written[stream] += String(chunk);
    return true;
  };
  const out = jest.spyOn(process.stdout, 'write').mockImplementation(take('out'));
  const err = jest.spyOn(process.stderr, 'write').mockImplementation(take('err'));
  try {
    return { code: await command(), ...written };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

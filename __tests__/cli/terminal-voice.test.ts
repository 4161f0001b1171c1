import { PassThrough } from 'node:stream';
import { confirmed } from '../../src/cli/terminal-voice';

describe('a question', () => {
  const ask = async (typed: (input: PassThrough) => void) => {
    const input = new PassThrough();
    const output = new PassThrough();
    const answer = confirmed('Stage test: 3 to destroy.', 'test', { input, output });
    typed(input);
    return { answer: await answer, asked: String(output.read()) };
  };

  it('is answered by the expected word alone', async () => {
    expect(await ask((input) => input.write('test\n'))).toEqual({
      answer: true,
      asked: 'Stage test: 3 to destroy. Write test to go on: ',
    });
    expect(await ask((input) => input.write('yes\n'))).toMatchObject({ answer: false });
    expect(await ask((input) => input.write('\n'))).toMatchObject({ answer: false });
  });

  it('ends the command as interrupted at Ctrl-C', async () => {
    const input = new PassThrough();
    const output = Object.assign(new PassThrough(), { isTTY: true });
    const answer = confirmed('Stage test: 3 to destroy.', 'test', { input, output });
    input.write('te\x03');
    await expect(answer).rejects.toMatchObject({ name: 'Interrupted', exitCode: 130 });
  });

  it('is a no when the input ends', async () => {
    expect(await ask((input) => input.end())).toMatchObject({ answer: false });
  });
});

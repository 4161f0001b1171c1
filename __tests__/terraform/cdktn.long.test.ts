import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { itOrSkip } from '../support/skips';
import { ROOT } from './harness';
import { copyCheckout, install, notAskedFor, succeed } from './slow';

/** CDKTF ended in December 2025; CDK Terrain goes on with it, and is two strings away. */

const CDKTN = ['cdktn@0.24.0', '@cdktn/provider-aws@25.7.0', 'constructs@10.7.2'];
const MINUTE = 60_000;

interface Stack {
  '//': { metadata: { version: string } };
  terraform: { required_providers: { aws: { source: string; version: string } } };
}

describe('with cdktn in place of cdktf', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'cdktn-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The stack of the default configuration, without what names its makers. */
  async function synthesized(checkout: string) {
    const out = path.join(folder, path.basename(path.dirname(checkout)));
    const args = ['--import', 'tsx', 'main.ts', '--stage', 'test', '--json', '--out', out];
    const { directory } = JSON.parse(await succeed(process.execPath, args, checkout, process.env));
    const stack = JSON.parse(readFileSync(path.join(directory, 'cdk.tf.json'), 'utf8')) as Stack;
    const makers = { core: stack['//'].metadata.version, provider: stack.terraform.required_providers.aws };
    stack['//'].metadata.version = 'any';
    stack.terraform.required_providers.aws = { source: 'any', version: 'any' };
    return { stack, makers };
  }

  itOrSkip(
    notAskedFor(),
    'the same stack is synthesized, but for who made it',
    async () => {
      // GIVEN a checkout in which the two strings are changed
      const checkout = copyCheckout(path.join(folder, 'other'));
      const manifest = path.join(checkout, 'package.json');
      const text = readFileSync(manifest, 'utf8')
        .replace('"#cdk": "cdktf"', '"#cdk": "cdktn"')
        .replace('"@cdktf/provider-aws/', '"@cdktn/provider-aws/');
      await install(checkout, ...CDKTN);
      writeFileSync(manifest, text);
      // WHEN
      const ours = await synthesized(ROOT);
      const theirs = await synthesized(checkout);
      // THEN
      expect(ours.makers).toEqual({ core: '0.21.0', provider: { source: 'aws', version: '5.100.0' } });
      expect(theirs.makers).toEqual({ core: '0.24.0', provider: { source: 'hashicorp/aws', version: '6.66.0' } });
      expect(theirs.stack).toEqual(ours.stack);
    },
    5 * MINUTE,
  );
});

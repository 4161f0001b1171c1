import { TerraformStack, Testing } from '#cdk';
import { resolveConfig } from '../../src/config/resolve';
import { addBackend } from '../../src/infra/backend';

/** Where the state of stage `test` is kept. */
function backend(config: unknown): unknown {
  const stack = new TerraformStack(Testing.app({ stubVersion: true }), 'stack');
  addBackend(stack, { stage: 'test', config: resolveConfig(config, 'x') });
  return (JSON.parse(Testing.synth(stack)) as { terraform: { backend: unknown } }).terraform.backend;
}

describe('the state of a stage', () => {
  it('lies in the bucket of the configuration, encrypted, with a lock file beside it', () => {
    expect(backend({ region: 'eu-west-1', zones: ['eu-west-1a'], terraform: { stateBucket: 'acme-state' } })).toEqual({
      s3: {
        bucket: 'acme-state',
        key: 'k3s-autoscaler/test/terraform.tfstate',
        region: 'eu-west-1',
        encrypt: true,
        use_lockfile: true,
      },
    });
  });

  it('is a file beside cdktf.out without a bucket, named so that no machine shows in the stack', () => {
    expect(backend({})).toEqual({ local: { path: '../../../terraform.test.tfstate' } });
  });
});

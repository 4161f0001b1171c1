import { all, type Synthesized, synthesized } from './support';

/** The names in AWS of everything that is named. */
const names = (stack: Synthesized): string[] =>
  Object.values(stack.resource).flatMap((byId) =>
    Object.values(byId).flatMap((each) =>
      [each.name, each.function_name, each.alarm_name, each.bucket_prefix].filter(
        (name): name is string => typeof name === 'string' && !name.startsWith('${'),
      ),
    ),
  );

describe('the stack', () => {
  it('has this shape', () => {
    // What changes with every script, manifest and build is left out: other tests look at it.
    const shape = synthesized()
      .text.replaceAll(/[0-9a-f]{64}/g, '<sha256>')
      .replaceAll(/assets\/[^"]+/g, '<asset>')
      .replaceAll(/base64decode\(\\"[^"]+\\"\)/g, 'base64decode(<text>)')
      .replaceAll(/"AUTOSCALER_CONFIG": "[^"]+"/g, '"AUTOSCALER_CONFIG": "<configuration>"')
      .replaceAll(/"source_code_hash": "[^"]+"/g, '"source_code_hash": "<hash>"');
    const { resource, output, provider, terraform } = JSON.parse(shape) as Record<string, Record<string, unknown>>;
    const { aws_s3_object: _files, ...others } = resource as Synthesized['resource'];
    expect({ terraform, provider, output, resource: others }).toMatchSnapshot();
  });

  it('is the same whatever the working directory', () => {
    const here = synthesized().text;
    const cwd = process.cwd();
    process.chdir('/');
    try {
      expect(synthesized().text).toBe(here);
    } finally {
      process.chdir(cwd);
    }
  });

  it('of two stages in one account shares no name', () => {
    const first = names(synthesized({}, 'one'));
    expect(first.length).toBeGreaterThan(20);
    expect(names(synthesized({}, 'two')).filter((name) => first.includes(name))).toEqual([]);
  });

  it('of two stages whose names overlap with those of pools shares none either', () => {
    const pools = { pools: { 'eu-burst': { instanceTypes: ['t3.medium'] } } };
    const first = names(synthesized(pools, 'prod1'));
    expect(names(synthesized({}, 'prod1-eu')).filter((name) => first.includes(name))).toEqual([]);
  });

  it('of the primary stage has the plain names, and so has no other', () => {
    const plain = ['k3s-cluster-state', 'k3s-cluster-history', '/k3s/join-token', '/k3s/controller-token', '/k3s/ca'];
    const primary = { stages: { primary: 'live' } };
    expect(names(synthesized(primary, 'live'))).toEqual(expect.arrayContaining(plain));
    expect(names(synthesized(primary, 'prod')).filter((name) => plain.includes(name))).toEqual([]);
  });

  it('names the stage and the project on all it makes', () => {
    const [provider] = JSON.parse(synthesized().text).provider.aws as { default_tags: { tags: object }[] }[];
    expect(provider?.default_tags).toEqual([{ tags: { project: 'k3s-autoscaler', stage: 'test' } }]);
  });

  it('asks for a Terraform that knows write-only values', () => {
    expect(JSON.parse(synthesized().text).terraform.required_version).toBe('>= 1.11');
    expect(all(synthesized(), 'aws_ssm_parameter')).toHaveLength(3);
  });
});

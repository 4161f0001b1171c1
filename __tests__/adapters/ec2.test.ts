import { Ec2Fleet } from '../../src/adapters/ec2';
import type { LaunchRequest } from '../../src/autoscaler/state';
import { deadlineFor, type Loopback, loopback, type Reply } from './loopback';

const xml = (action: string, inner: string): Reply => ({
  headers: { 'content-type': 'text/xml' },
  body: `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>${inner}</${action}Response>`,
});
const failure = (status: number, code: string): Reply => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: `<Response><Errors><Error><Code>${code}</Code><Message>no ${code}</Message></Error></Errors><RequestID>r</RequestID></Response>`,
});
const tags = (set: Record<string, string>) =>
  Object.entries(set)
    .map(([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`)
    .join('');
const OURS = { 'k3s-autoscaler:cluster': 'dev', 'k3s-autoscaler:role': 'worker', 'k3s-autoscaler:pool': 'burst' };
const instance = (id: string, more: { tags?: Record<string, string>; state?: string; lifecycle?: string } = {}) =>
  `<item><instanceId>${id}</instanceId><instanceState><code>16</code><name>${more.state ?? 'running'}</name></instanceState>` +
  `<instanceType>t3.medium</instanceType><launchTime>2026-01-05T00:00:00.000Z</launchTime>` +
  `<placement><availabilityZone>us-east-1a</availabilityZone></placement>` +
  (more.lifecycle ? `<instanceLifecycle>${more.lifecycle}</instanceLifecycle>` : '') +
  `<tagSet>${tags(more.tags ?? OURS)}</tagSet></item>`;
const described = (instances: string, next = '') =>
  xml(
    'DescribeInstances',
    `<reservationSet><item><reservationId>r-1</reservationId><instancesSet>${instances}</instancesSet></item></reservationSet>` +
      (next ? `<nextToken>${next}</nextToken>` : ''),
  );

const REQUEST: LaunchRequest = {
  templateId: 'lt-1',
  templateVersion: '3',
  instanceType: 't3.medium',
  market: 'on-demand',
  zone: 'us-east-1a',
  subnet: 'subnet-a',
  count: 4,
  tags: { 'k3s-autoscaler:role': 'worker', 'k3s-autoscaler:cluster': 'dev' },
};

describe('Ec2Fleet', () => {
  const open: Loopback[] = [];
  beforeEach(() => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    delete process.env.AWS_ENDPOINT_URL_EC2;
    await Promise.all(open.splice(0).map((each) => each.close()));
  });

  async function given(respond: (form: URLSearchParams) => Reply, deadlineMs = 10_000) {
    const server = await loopback(({ body }) => respond(new URLSearchParams(body)));
    open.push(server);
    process.env.AWS_ENDPOINT_URL_EC2 = server.url;
    const timeouts = { connectionMs: deadlineMs, requestMs: deadlineMs / 2, deadlineMs };
    const fleet = new Ec2Fleet({ region: 'us-east-1', cluster: 'dev', dualStack: true, timeouts });
    const forms = () => server.requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
    return { fleet, forms };
  }

  it('reads all pages of the instances with the cluster tag', async () => {
    // GIVEN two pages
    const { fleet, forms } = await given((form) =>
      form.get('NextToken') === 'p2'
        ? described(instance('i-2', { lifecycle: 'spot', state: 'pending' }))
        : described(instance('i-1'), 'p2'),
    );
    // WHEN
    const observed = await fleet.observe(5);
    // THEN
    const common = {
      type: 't3.medium',
      zone: 'us-east-1a',
      launchedAt: Date.UTC(2026, 0, 5),
      role: 'worker',
      pool: 'burst',
    };
    expect(observed).toEqual({
      known: true,
      at: 5,
      value: [
        { id: 'i-1', state: 'running', market: 'on-demand', ...common },
        { id: 'i-2', state: 'pending', market: 'spot', ...common },
      ],
    });
    expect(forms()[0]).toMatchObject({ 'Filter.1.Name': 'tag:k3s-autoscaler:cluster', 'Filter.1.Value.1': 'dev' });
  });

  it.each<[string, Reply, string, RegExp]>([
    [
      'an instance with an unknown role',
      described(instance('i-1', { tags: { 'k3s-autoscaler:cluster': 'dev' } })),
      'invalid',
      /i-1 has tag .*role/,
    ],
    ['a 4xx', failure(403, 'UnauthorizedOperation'), 'refused', /UnauthorizedOperation/],
    ['silence', { silent: true }, 'timeout', /EC2/],
    ['a body that stalls', { stalls: true, body: 'x'.repeat(99) }, 'timeout', /EC2/],
  ])('is unknown with a reason for %s', async (_, reply, reason, detail) => {
    const { fleet } = await given(() => reply, deadlineFor(reply));
    const observed = await fleet.observe(5);
    expect(observed).toMatchObject({ known: false, reason, detail: expect.stringMatching(detail) });
  });

  it('finds by id whatever is there, and tells what is not of this cluster', async () => {
    const other = { 'k3s-autoscaler:cluster': 'other', owner: 'a person' };
    const { fleet, forms } = await given(() => described(instance('i-1') + instance('i-2', { tags: other })));
    expect(await fleet.find(['i-1', 'i-2', 'i-3'], 5)).toMatchObject({
      known: true,
      at: 5,
      value: [
        { id: 'i-1', role: 'worker' },
        { id: 'i-2', role: 'foreign' },
      ],
    });
    // THEN by a filter: an id that is not there is no error then
    expect(forms()[0]).toMatchObject({ 'Filter.1.Name': 'instance-id', 'Filter.1.Value.3': 'i-3' });
  });

  it('does not know of more than EC2 can be asked for by id, and asks nothing', async () => {
    const { fleet, forms } = await given(() => described(''));
    const ids = Array.from({ length: 201 }, (_, i) => `i-${i}`);
    expect(await fleet.find(ids, 5)).toMatchObject({ known: false, reason: 'incomplete' });
    expect(forms()).toEqual([]);
  });

  it('launches the frozen request in one call, tags included', async () => {
    const { fleet, forms } = await given(() =>
      xml('RunInstances', `<instancesSet>${instance('i-1')}${instance('i-2')}</instancesSet>`),
    );
    expect(await fleet.launch(REQUEST, 'token-1')).toEqual({ outcome: 'launched', instances: ['i-1', 'i-2'] });
    expect(forms()).toEqual([
      expect.objectContaining({
        Action: 'RunInstances',
        'LaunchTemplate.LaunchTemplateId': 'lt-1',
        'LaunchTemplate.Version': '3',
        InstanceType: 't3.medium',
        SubnetId: 'subnet-a',
        MinCount: '1',
        MaxCount: '4',
        ClientToken: 'token-1',
        'TagSpecification.1.ResourceType': 'instance',
        'TagSpecification.1.Tag.1.Key': 'k3s-autoscaler:cluster',
        'TagSpecification.1.Tag.1.Value': 'dev',
        'TagSpecification.2.ResourceType': 'volume',
      }),
    ]);
    expect(forms()[0]).not.toHaveProperty('InstanceMarketOptions.MarketType');
  });

  it('asks for spot once, ended by termination', async () => {
    const { fleet, forms } = await given(() => xml('RunInstances', `<instancesSet>${instance('i-1')}</instancesSet>`));
    await fleet.launch({ ...REQUEST, market: 'spot' }, 't');
    expect(forms()[0]).toMatchObject({
      'InstanceMarketOptions.MarketType': 'spot',
      'InstanceMarketOptions.SpotOptions.SpotInstanceType': 'one-time',
      'InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior': 'terminate',
    });
  });

  it.each([
    [400, 'InvalidParameterValue'],
    [400, 'VcpuLimitExceeded'],
    [400, 'IdempotentParameterMismatch'],
    [400, 'IdempotentInstanceTerminated'],
    [403, 'UnauthorizedOperation'],
    [500, 'InsufficientInstanceCapacity'],
    [503, 'InsufficientHostCapacity'],
  ])('takes HTTP %i %s for a definite no, after one call', async (status, code) => {
    const { fleet, forms } = await given(() => failure(status, code));
    expect(await fleet.launch(REQUEST, 't')).toMatchObject({ outcome: 'refused', code });
    expect(forms()).toHaveLength(1);
  });

  it.each<[string, Reply]>([
    ['an internal error', failure(500, 'InternalError')],
    ['throttling', failure(503, 'RequestLimitExceeded')],
    ['throttling by a 400', failure(400, 'Throttling')],
    ['a page of a proxy', { status: 404, body: '<html>no</html>' }],
    ['silence', { silent: true }],
    ['a body that stalls', { stalls: true, body: 'x'.repeat(99) }],
    ['a success that names nothing', xml('RunInstances', '<instancesSet/>')],
  ])('does not know the outcome after %s, and calls once', async (_, reply) => {
    const { fleet, forms } = await given(() => reply, deadlineFor(reply));
    expect(await fleet.launch(REQUEST, 't')).toMatchObject({ outcome: 'unknown' });
    expect(forms()).toHaveLength(1);
  });

  it.each(['RequestLimitExceeded', 'Throttling'])(
    '[108] asks again after %s, after a random pause, and then knows',
    async (code) => {
      // GIVEN EC2 throttles the first two calls, and every draw gives a short pause
      const draws: number[] = [];
      jest.spyOn(Math, 'random').mockImplementation(() => {
        draws.push(1);
        return 0.01;
      });
      let calls = 0;
      const { fleet, forms } = await given(() => {
        calls += 1;
        return calls <= 2 ? failure(503, code) : described(instance('i-1'));
      });
      expect(await fleet.observe(9)).toMatchObject({ known: true, value: [{ id: 'i-1' }] });
      expect(forms()).toHaveLength(3);
      expect(draws.length).toBeGreaterThanOrEqual(2);
    },
  );

  it('[108] gives up on EC2 that throttles for ever: the list is unknown, nothing is guessed', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.01);
    const { fleet, forms } = await given(() => failure(503, 'RequestLimitExceeded'));
    expect(await fleet.observe(9)).toMatchObject({ known: false, detail: expect.stringContaining('RequestLimit') });
    expect(forms()).toHaveLength(3);
  });

  it('[108] ends within its deadline though the pauses would be longer', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.999);
    const { fleet } = await given(() => failure(503, 'RequestLimitExceeded'), 200);
    expect(await fleet.observe(9)).toMatchObject({ known: false, reason: 'timeout' });
  });

  const terminated = xml('TerminateInstances', '<instancesSet/>');
  it('terminates one worker of this cluster, having read its tags', async () => {
    const { fleet, forms } = await given((form) =>
      form.get('Action') === 'DescribeInstances' ? described(instance('i-1')) : terminated,
    );
    expect(await fleet.terminate('i-1')).toEqual({ outcome: 'done' });
    expect(forms().map((form) => [form.Action, form['InstanceId.1']])).toEqual([
      ['DescribeInstances', 'i-1'],
      ['TerminateInstances', 'i-1'],
    ]);
  });

  it.each([
    ['another cluster', { ...OURS, 'k3s-autoscaler:cluster': 'prod' }],
    ['a base worker', { ...OURS, 'k3s-autoscaler:role': 'base' }],
    ['no tags', {}],
  ])('[50] never touches an instance of %s', async (_, set) => {
    const { fleet, forms } = await given(() => described(instance('i-1', { tags: set as Record<string, string> })));
    expect(await fleet.terminate('i-1')).toMatchObject({ outcome: 'foreign' });
    expect(forms()).toHaveLength(1);
  });

  it('is done where the instance has ended, and sends nothing', async () => {
    const { fleet, forms } = await given(() => described(instance('i-1', { state: 'terminated' })));
    expect(await fleet.terminate('i-1')).toEqual({ outcome: 'done' });
    expect(forms()).toHaveLength(1);
  });

  it.each([
    ['refuses the id', failure(400, 'InvalidInstanceID.NotFound')],
    ['shows nothing', xml('DescribeInstances', '<reservationSet/>')],
  ])('does not take an instance for ended where EC2 %s: it may have been launched a second ago', async (_, reply) => {
    const { fleet } = await given(() => reply);
    expect(await fleet.terminate('i-1')).toEqual({ outcome: 'not-found' });
  });

  it('tells a termination that failed', async () => {
    const { fleet } = await given((form) =>
      form.get('Action') === 'DescribeInstances' ? described(instance('i-1')) : failure(403, 'UnauthorizedOperation'),
    );
    expect(await fleet.terminate('i-1')).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('Unauthorized'),
    });
  });
});

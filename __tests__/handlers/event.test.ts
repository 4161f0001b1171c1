import { askedBy } from '../../handlers/event';

/** As Lambda makes it of a request to the function's URL. */
const byUrl = (body: string, more: Record<string, unknown> = {}) => ({
  version: '2.0',
  rawPath: '/',
  headers: { 'content-type': 'application/json' },
  requestContext: { http: { method: 'POST', path: '/' }, authorizer: { iam: { accountId: '000000000000' } } },
  body,
  isBase64Encoded: false,
  ...more,
});
const base64 = (text: string) => Buffer.from(text).toString('base64');
const alerts = JSON.stringify([{ labels: { alertname: 'PendingPods' } }]);
const retire = JSON.stringify({ tf: { action: 'delete' } });

const NOW = Date.parse('2026-01-05T00:10:00Z');
const ID = 'i-0a1b2c3d4e5f60718';
const ec2 = (detailType: string, detail: unknown, more: Record<string, unknown> = {}) => ({
  version: '0',
  id: '12345678-1234-1234-1234-123456789012',
  'detail-type': detailType,
  source: 'aws.ec2',
  time: '2026-01-05T00:09:58Z',
  detail,
  ...more,
});
const WARNING = 'EC2 Spot Instance Interruption Warning';
const STATE = 'EC2 Instance State-change Notification';

describe('askedBy', () => {
  it("takes the schedule's input for a tick of the schedule", () => {
    const event = { trigger: 'schedule', time: '2026-01-05T00:10:00Z' };
    expect(askedBy(event, NOW)).toEqual({ kind: 'tick', trigger: 'schedule', byUrl: false });
  });

  it.each([
    ['a spot warning', ec2(WARNING, { 'instance-id': ID, 'instance-action': 'terminate' }), 'interruption'],
    ['a rebalance', ec2('EC2 Instance Rebalance Recommendation', { 'instance-id': ID }), 'rebalance'],
    ['an instance that shuts down', ec2(STATE, { 'instance-id': ID, state: 'shutting-down' }), 'state-change'],
    ['an instance that stopped', ec2(STATE, { 'instance-id': ID, state: 'stopped' }), 'state-change'],
    ['an instance that is gone', ec2(STATE, { 'instance-id': ID, state: 'terminated' }), 'state-change'],
  ])('takes %s for a tick, and notes the instance by the time of the event', (_, event, kind) => {
    const notice = { kind, instance: ID, at: NOW - 2_000 };
    expect(askedBy(event, NOW)).toEqual({ kind: 'tick', trigger: kind, byUrl: false, notice });
  });

  it.each([
    ['the future', '2026-01-05T00:10:01Z'],
    ['long ago', '2026-01-05T00:04:59Z'],
    ['no time at all', 'soon'],
    ['a number', 7],
  ])('takes an event of %s for one of now', (_, time) => {
    const event = ec2(WARNING, { 'instance-id': ID }, { time });
    expect(askedBy(event, NOW)).toMatchObject({ notice: { at: NOW } });
  });

  it.each([
    ['another event of EC2', ec2('EBS Volume Notification', { 'instance-id': ID })],
    ['an event of another source', ec2(WARNING, { 'instance-id': ID }, { source: 'aws.ecs' })],
    ['a name that every object has', ec2('constructor', { 'instance-id': ID })],
    ['an event without detail', ec2(WARNING, undefined)],
    ['an event without an id', ec2(WARNING, {})],
    ['an id with something behind it', ec2(WARNING, { 'instance-id': `${ID}/1` })],
    ['an id that is too short', ec2(WARNING, { 'instance-id': 'i-123' })],
    ['an instance that starts', ec2(STATE, { 'instance-id': ID, state: 'running' })],
    ['a trigger nobody knows', { trigger: 'magic' }],
    ['a trigger that only Lambda makes', { trigger: 'alert' }],
    ['an action nobody knows', { action: 'drop' }],
    ['a node that is no name', { action: 'explain', node: 7 }],
    ['an empty event', {}],
    ['null', null],
    ['text', 'go'],
    ['a list', [{ action: 'tick' }]],
  ])('[96] ignores %s and says why', (_, event) => {
    expect(askedBy(event, NOW)).toEqual({ kind: 'ignored', why: expect.stringMatching(/\w/) });
  });

  it('keeps what it says of a strange event short', () => {
    expect(askedBy({ action: 'x'.repeat(5_000) }, NOW)).toMatchObject({ why: expect.stringMatching(/^.{1,200}$/) });
  });

  it.each([
    [{ action: 'tick' }, { kind: 'tick', trigger: 'manual', byUrl: false }],
    [{ action: 'dryRun' }, { kind: 'dryRun' }],
    [{ action: 'explain' }, { kind: 'explain' }],
    [
      { action: 'explain', pod: 'default/web' },
      { kind: 'explain', pod: 'default/web' },
    ],
    [{ action: 'pause' }, { kind: 'pause' }],
    [{ action: 'resume' }, { kind: 'resume' }],
  ])('does for a person what %j says', (event, asked) => {
    expect(askedBy(event, NOW)).toEqual(asked);
  });

  it.each([
    ['alerts of Prometheus', byUrl(alerts)],
    ['alerts in base64', byUrl(base64(alerts), { isBase64Encoded: true })],
    ['no body', byUrl('')],
    ['garbage', byUrl('\u0000{{')],
    ['an action of its choice', byUrl('{"action":"pause"}')],
    ['the last call', byUrl(retire)],
    ['the last call in base64', byUrl(base64(retire), { isBase64Encoded: true })],
    ['the last call in its query', byUrl('', { rawQueryString: 'tf=delete', queryStringParameters: { tf: 'delete' } })],
    [
      'fields that Lambda would never put there',
      byUrl('', { tf: { action: 'delete' }, action: 'pause', source: 'aws.ec2', trigger: 'schedule' }),
    ],
  ])('takes a call of the URL with %s for an alert and nothing else', (_, event) => {
    expect(askedBy(event, NOW)).toEqual({ kind: 'tick', trigger: 'alert', byUrl: true });
  });

  it.each(['create', 'update', 'delete'])("takes Terraform's %s for what it is", (action) => {
    expect(askedBy({ tf: { action, prev_input: {} } }, NOW)).toEqual({ kind: 'lifecycle', action });
  });

  it.each([[{ action: 'purge' }], [{}], ['delete'], [null]])('never takes tf %j for a tick', (tf) => {
    expect(() => askedBy({ tf, trigger: 'schedule' }, NOW)).toThrow(/tf\.action is .*create, update, delete/);
  });
});

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

describe('askedBy', () => {
  it.each([
    ["the schedule's input", { trigger: 'schedule' }, 'schedule'],
    ['a spot warning', { source: 'aws.ec2', 'detail-type': 'EC2 Spot Instance Interruption Warning' }, 'interruption'],
    ['a rebalance', { source: 'aws.ec2', 'detail-type': 'EC2 Instance Rebalance Recommendation' }, 'rebalance'],
    ['a state change', { source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change Notification' }, 'state-change'],
    ['another event of EC2', { source: 'aws.ec2', 'detail-type': 'EBS Volume Notification' }, 'manual'],
    ['a trigger nobody knows', { trigger: 'magic' }, 'manual'],
    ['an empty event', {}, 'manual'],
    ['null', null, 'manual'],
    ['text', 'go', 'manual'],
  ])('takes %s for a tick of its trigger', (_, event, trigger) => {
    expect(askedBy(event)).toEqual({ kind: 'tick', trigger, byUrl: false });
  });

  it.each([
    ['alerts of Prometheus', byUrl(alerts)],
    ['alerts in base64', byUrl(base64(alerts), { isBase64Encoded: true })],
    ['no body', byUrl('')],
    ['garbage', byUrl('\u0000{{')],
    ['a trigger of its choice', byUrl('{"trigger":"manual"}')],
    ['the last call', byUrl(retire)],
    ['the last call in base64', byUrl(base64(retire), { isBase64Encoded: true })],
    ['the last call in its query', byUrl('', { rawQueryString: 'tf=delete', queryStringParameters: { tf: 'delete' } })],
    ['fields that Lambda would never put there', byUrl('', { tf: { action: 'delete' }, trigger: 'manual' })],
  ])('takes a call of the URL with %s for an alert and nothing else', (_, event) => {
    expect(askedBy(event)).toEqual({ kind: 'tick', trigger: 'alert', byUrl: true });
  });

  it.each(['create', 'update', 'delete'])("takes Terraform's %s for what it is", (action) => {
    expect(askedBy({ tf: { action, prev_input: {} } })).toEqual({ kind: 'lifecycle', action });
  });

  it.each([[{ action: 'purge' }], [{}], ['delete'], [null]])('never takes tf %j for a tick', (tf) => {
    expect(() => askedBy({ tf, trigger: 'schedule' })).toThrow(/tf\.action is .*create, update, delete/);
  });
});

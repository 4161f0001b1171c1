import { triggerOf } from '../../handlers/trigger';

describe('triggerOf', () => {
  const alert = [{ labels: { alertname: 'PendingPods' } }];
  it.each([
    ["the schedule's input", { trigger: 'schedule' }, 'schedule'],
    ['a spot warning', { source: 'aws.ec2', 'detail-type': 'EC2 Spot Instance Interruption Warning' }, 'interruption'],
    ['a rebalance', { source: 'aws.ec2', 'detail-type': 'EC2 Instance Rebalance Recommendation' }, 'rebalance'],
    ['a state change', { source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change Notification' }, 'state-change'],
    ['another event of EC2', { source: 'aws.ec2', 'detail-type': 'EBS Volume Notification' }, 'manual'],
    ['alerts of Prometheus', { body: JSON.stringify(alert) }, 'alert'],
    [
      'alerts in base64',
      { body: Buffer.from(JSON.stringify(alert)).toString('base64'), isBase64Encoded: true },
      'alert',
    ],
    ["Alertmanager's webhook", { body: JSON.stringify({ alerts: alert }) }, 'alert'],
    ['a body that is no JSON', { body: 'hello' }, 'manual'],
    ['no alerts', { body: '[]' }, 'manual'],
    ['a trigger nobody knows', { trigger: 'magic' }, 'manual'],
    ['an empty event', {}, 'manual'],
    ['null', null, 'manual'],
    ['text', 'go', 'manual'],
  ])('takes %s for what it is', (_, event, trigger) => {
    expect(triggerOf(event)).toBe(trigger);
  });
});

import { announce, publishStatus } from '../../src/adapters/kubernetes-telling';
import type { ClusterEvent } from '../../src/autoscaler/telling/cluster-event';

/**
 * These requests were also sent to a real kube-apiserver 1.36 with the token of the ServiceAccount and the rights of
 * `k8s/`: it took them all, `kubectl describe` of pod and node showed them (`x2 over 60s` for the one told twice), and an
 * Event for a namespace that is missing or going away is refused, with 404 and 403.
 */

const NOW = Date.parse('2026-01-05T00:04:00Z');
const EVENT: ClusterEvent = {
  about: { kind: 'Pod', namespace: 'shop', name: 'web-1', uid: 'u-1' },
  type: 'Normal',
  reason: 'NotTriggerScaleUp',
  key: 'pod-over-limit',
  message: 'why',
};

/** An API that gives these answers in turn; what it was asked. */
function api(...answers: ({ status: number; body?: object } | Error)[]) {
  const asked: { method: string; path: string; body: unknown }[] = [];
  const write = async (method: string, path: string, body: unknown) => {
    asked.push({ method, path, body });
    const answer = answers.shift() ?? { status: 500 };
    if (answer instanceof Error) throw answer;
    return { status: answer.status, headers: {}, body: JSON.stringify(answer.body ?? {}) };
  };
  return { asked, write };
}

describe('an Event', () => {
  it('is created in the namespace of its pod', async () => {
    const { asked, write } = api({ status: 201 });
    expect(await announce(write, EVENT, NOW)).toEqual({ outcome: 'done' });
    expect(asked).toMatchObject([
      { method: 'POST', path: 'api/v1/namespaces/shop/events', body: { kind: 'Event', count: 1, message: 'why' } },
    ]);
  });

  it('that is there already is counted up, with its last time and its newest numbers', async () => {
    // GIVEN one that was told three times
    const { asked, write } = api({ status: 409 }, { status: 200, body: { count: 3 } }, { status: 200 });
    // WHEN
    expect(await announce(write, EVENT, NOW)).toEqual({ outcome: 'done' });
    // THEN
    expect(asked.slice(1).map(({ method, path }) => `${method} ${path}`)).toEqual([
      expect.stringMatching(/^PATCH api\/v1\/namespaces\/shop\/events\/web-1\.[0-9a-f]{16}$/),
      expect.stringMatching(/^PATCH api\/v1\/namespaces\/shop\/events\/web-1\.[0-9a-f]{16}$/),
    ]);
    expect(asked.slice(1).map(({ body }) => body)).toEqual([
      { lastTimestamp: '2026-01-05T00:04:00Z', message: 'why' },
      { count: 4 },
    ]);
  });

  it('that was there a moment ago and has expired is created again', async () => {
    const { asked, write } = api({ status: 409 }, { status: 404 }, { status: 201 });
    expect(await announce(write, EVENT, NOW)).toEqual({ outcome: 'done' });
    expect(asked.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST']);
  });

  it('that may not be counted up is refused, and not asked for once more', async () => {
    const { asked, write } = api({ status: 409 }, { status: 403, body: { message: 'no' } });
    expect(await announce(write, EVENT, NOW)).toEqual({ outcome: 'refused', detail: 'HTTP 403: no' });
    expect(asked).toHaveLength(2);
  });

  it.each([400, 403, 404, 422])('that is refused with %d is not worth another try', async (status) => {
    const { write } = api({ status, body: { message: 'no' } });
    expect(await announce(write, EVENT, NOW)).toEqual({ outcome: 'refused', detail: `HTTP ${status}: no` });
  });

  it.each([401, 429, 500, 503])('that meets a server in trouble (%d) has failed', async (status) => {
    const { write } = api({ status, body: { message: 'later' } });
    expect(await announce(write, EVENT, NOW)).toEqual({ outcome: 'failed', detail: `HTTP ${status}: later` });
  });

  it('that has no answer has failed, and nothing is thrown', async () => {
    const { write } = api(new Error('socket hang up'));
    expect(await announce(write, EVENT, NOW)).toEqual({ outcome: 'failed', detail: 'socket hang up' });
  });

  it('whose repetition is answered with something else than an Event has failed, and nothing is thrown', async () => {
    const write = async (method: string) => ({ status: method === 'POST' ? 409 : 200, headers: {}, body: '<html>' });
    expect(await announce(write, EVENT, NOW)).toMatchObject({ outcome: 'failed' });
  });
});

describe('the status', () => {
  it('replaces the text in its ConfigMap, and nothing else of it', async () => {
    const { asked, write } = api({ status: 200 });
    expect(await publishStatus(write, 'all is well\n')).toEqual({ outcome: 'done' });
    expect(asked).toEqual([
      {
        method: 'PATCH',
        path: 'api/v1/namespaces/kube-system/configmaps/k3s-autoscaler-status',
        body: { data: { status: 'all is well\n' } },
      },
    ]);
  });

  it('tells where the ConfigMap is missing', async () => {
    const { write } = api({ status: 404, body: { message: 'configmaps "k3s-autoscaler-status" not found' } });
    expect(await publishStatus(write, '')).toMatchObject({
      outcome: 'refused',
      detail: expect.stringMatching(/not found/),
    });
  });
});

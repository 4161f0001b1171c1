import { spawnSync } from 'node:child_process';
import { createServer, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { itOrSkip } from '../support/skips';
import { K8S, read } from './manifests';
import { end, filledTemplate, PrometheusPod } from './prometheus-pod';
import { missingPrometheus, missingShellcheck } from './tools';

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' };
const HOST = 'abc.lambda-url.us-east-1.on.aws';
const ALERTING = filledTemplate(HOST);
const BASE = read('prometheus/prometheus.yml');
const BROKEN = 'scrape_configs: [{job_name: x, scrap_interval: 1s}]\n';

const pods: PrometheusPod[] = [];
const newPod = (environment?: NodeJS.ProcessEnv): PrometheusPod => {
  const pod = new PrometheusPod(environment);
  pods.push(pod);
  return pod;
};
afterEach(() => Promise.all(pods.splice(0).map((pod) => pod.remove())));

const itRuns = (name: string, test: () => Promise<void>) => itOrSkip(missingPrometheus(), name, test, 60_000);

describe('the configuration of a running Prometheus', () => {
  itRuns('is the base one while there is nothing to push alerts with', async () => {
    // GIVEN
    const pod = newPod();
    // WHEN
    await pod.run();
    // THEN
    await pod.says('in force, without alerts');
    const config = await pod.inForce();
    expect(config).toContain('job_name: kube-state-metrics');
    expect(config).not.toContain('sigv4');
    expect(await pod.metric('prometheus_config_last_reload_successful')).toBe(1);
    expect(pod.alive).toBe(true);
  });

  itRuns('gets the alerting part when that comes, and loses it when it goes', async () => {
    // GIVEN
    const pod = newPod(CREDENTIALS);
    await pod.run();
    await pod.says('in force, without alerts');
    // WHEN
    pod.alerting(ALERTING);
    // THEN
    await pod.says('in force, with alerts');
    expect(await pod.inForce()).toContain('service_name: lambda');
    // Discovery hands targets over only every few seconds.
    await pod.until('it knows the URL', async () => (await pod.get('/api/v1/alertmanagers')).includes(HOST));
    // WHEN
    pod.alerting(undefined);
    // THEN
    await pod.says('in force, without alerts', 2);
    expect(await pod.inForce()).not.toContain('sigv4');
  });

  itRuns('stays the base one, aloud, where the alerting part is no valid configuration', async () => {
    const pod = newPod(CREDENTIALS);
    pod.alerting('alerting: [\n');
    await pod.run();
    await pod.says('ALERTS ARE OFF: with');
    // promtool's own words come before ours.
    expect(pod.log).toMatch(/yaml: line \d+/);
    expect(await pod.inForce()).not.toContain('alertmanagers');
    expect(await pod.metric('prometheus_config_last_reload_successful')).toBe(1);
  });

  itRuns('goes back to the base one, aloud, where Prometheus gets no credentials, and tries again', async () => {
    // GIVEN no instance role
    const pod = newPod({ RETRY: '1' });
    pod.alerting(ALERTING);
    // WHEN
    await pod.run();
    // THEN
    await pod.says('ALERTS ARE OFF: Prometheus does not take', 2);
    await pod.until('the base configuration is in force', async () => !(await pod.inForce()).includes('sigv4'));
    expect(await pod.get('/api/v1/query?query=vector(1)')).toContain('"success"');
  });

  itRuns('follows a change of the base, with the alerting part kept', async () => {
    const pod = newPod(CREDENTIALS);
    pod.alerting(ALERTING);
    await pod.run();
    await pod.says('in force, with alerts');
    pod.config('prometheus.yml', BASE.replace('scrape_interval: 15s', 'scrape_interval: 17s'));
    await pod.says('in force, with alerts', 2);
    const config = await pod.inForce();
    expect(config).toContain('scrape_interval: 17s');
    expect(config).toContain('service_name: lambda');
  });

  itRuns('follows a change of the rules', async () => {
    const pod = newPod();
    await pod.run();
    await pod.says('in force, without alerts');
    pod.config('rules.yml', 'groups: [{name: other, rules: [{record: a, expr: vector(1)}]}]\n');
    await pod.says('in force, without alerts', 2);
    expect(await pod.get('/api/v1/rules')).toContain('"name":"other"');
  });

  itRuns('does not follow a change of the base that is not valid, and still takes the alerting part', async () => {
    // GIVEN
    const pod = newPod(CREDENTIALS);
    await pod.run();
    await pod.says('in force, without alerts');
    // WHEN
    pod.config('prometheus.yml', BROKEN);
    // THEN
    await pod.says('REFUSED: the configuration in');
    expect(pod.log).toContain('field scrap_interval not found');
    expect(await pod.inForce()).toContain('job_name: kube-state-metrics');
    // WHEN
    pod.alerting(ALERTING);
    // THEN
    await pod.says('in force, with alerts');
    expect(await pod.inForce()).toContain('job_name: kube-state-metrics');
  });

  itRuns('does not follow a change of the rules that is not valid', async () => {
    const pod = newPod();
    await pod.run();
    await pod.says('in force, without alerts');
    pod.config('rules.yml', 'groups: [{name: other, rules: [{record: a, expr: "sum("}]}]\n');
    await pod.says('REFUSED: the configuration in');
    expect(await pod.get('/api/v1/rules')).toContain('PodsNeedNode');
  });

  itRuns('is the base one at each start of Prometheus, whatever was in force, and gets the rest again', async () => {
    // GIVEN the alerting part in force
    const pod = newPod(CREDENTIALS);
    pod.alerting(ALERTING);
    expect(pod.check().status).toBe(0);
    const first = await pod.start();
    pod.watch();
    await pod.says('in force, with alerts');
    // WHEN Prometheus ends, and at its next start there are no credentials: with that part it would end at once
    await end(first);
    const second = await pod.start({ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
    // THEN
    await pod.says('ALERTS ARE OFF: Prometheus does not take');
    await pod.until('the base configuration is in force', async () => !(await pod.inForce()).includes('sigv4'));
    // WHEN it ends once more, and they are back
    await end(second);
    await pod.start();
    // THEN
    await pod.says('in force, with alerts', 2);
  });
});

describe('the check before Prometheus starts', () => {
  itRuns('refuses a base that is not valid when there is no older one, with the reason', async () => {
    const pod = newPod();
    pod.config('prometheus.yml', BROKEN);
    const { status, said } = pod.check();
    expect(status).toBe(1);
    expect(said).toContain('field scrap_interval not found');
    expect(said).toContain('and there is no older one');
  });

  itRuns('goes on with the last good one, aloud, when there is one', async () => {
    const pod = newPod();
    expect(pod.check()).toEqual({ status: 0, said: '' });
    pod.config('prometheus.yml', BROKEN);
    const { status, said } = pod.check();
    expect(status).toBe(0);
    expect(said).toContain('REFUSED');
    await pod.start();
    expect(await pod.inForce()).toContain('job_name: kube-state-metrics');
  });
});

describe('the push', () => {
  itRuns('posts the scale alert alone, signed for Lambda', async () => {
    // GIVEN something that listens in the function's place, and two alerts that fire
    const { url, requests, close } = await listener();
    const pod = newPod(CREDENTIALS);
    pod.alerting(filledTemplate(url).replace('scheme: https', 'scheme: http'));
    const alerts = ['PodsNeedNode', 'SomebodysOwn'].map((name) => `{alert: ${name}, expr: vector(1)}`);
    pod.config('rules.yml', `groups: [{name: g, interval: 1s, rules: [${alerts.join(', ')}]}]\n`);
    // WHEN
    await pod.run();
    await pod.until('an alert comes', async () => requests.length > 1);
    await close();
    // THEN
    for (const { method, path: resource, authorization, body } of requests) {
      expect(method).toBe('POST');
      expect(resource).toBe('/api/v2/alerts');
      expect(authorization).toMatch(
        /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/us-east-1\/lambda\/aws4_request,/,
      );
      expect(body.map(({ labels }) => labels.alertname)).toEqual(['PodsNeedNode']);
    }
  });
});

describe('the script', () => {
  itOrSkip(missingShellcheck, 'passes shellcheck', () => {
    const script = path.join(K8S, 'prometheus/compose-config.sh');
    expect(spawnSync('shellcheck', [script], { encoding: 'utf8' }).stdout).toBe('');
  });

  it('names what it can do, and ends with 2, when it is asked for something else', () => {
    const script = path.join(K8S, 'prometheus/compose-config.sh');
    const { status, stderr } = spawnSync('sh', [script, 'reload'], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain("check, start or watch, not 'reload'");
  });
});

interface Request {
  method: string | undefined;
  path: string | undefined;
  authorization: string | undefined;
  body: { labels: Record<string, string> }[];
}

async function listener(): Promise<{ url: string; requests: Request[]; close: () => Promise<void> }> {
  const requests: Request[] = [];
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    requests.push({ method, path: url, authorization: headers.authorization, body: JSON.parse(await text(request)) });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `127.0.0.1:${port}`, requests, close };
}

async function text(request: IncomingMessage): Promise<string> {
  let all = '';
  for await (const chunk of request.setEncoding('utf8')) all += chunk;
  return all;
}

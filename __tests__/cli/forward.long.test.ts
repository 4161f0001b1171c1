import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { type Ended, ForwardStand } from './forward-stand';

/** The command as the npm script starts it, with a plugin that forwards and a stand-in of AWS. */
jest.setTimeout(90_000);

const STAGE = ['--stage', 'dev-ana'];

let stand: ForwardStand;
beforeEach(async () => {
  stand = new ForwardStand();
  await stand.open();
});
afterEach(() => stand.close());

const noStack = (text: string) => expect(text).not.toMatch(/^\s+at .*:\d+:\d+/m);
const opened = ({ out }: Ended) => /kubectl/.test(out);

/** Runs what is to be done once both are open, then Ctrl-C. */
async function whileOpen(
  args: string[],
  act: (urls: { prometheus: string; kubernetes: string }, so: Ended) => Promise<void> = async () => {},
): Promise<Ended> {
  let acting: Promise<void> | undefined;
  const ended = await stand.run(args, (so, child) => {
    const [prometheus] = /http:\/\/127\.0\.0\.1:\d+/.exec(so.out) ?? [];
    const [kubernetes] = /https:\/\/127\.0\.0\.1:\d+/.exec(so.out) ?? [];
    if (acting || !prometheus || !kubernetes || !so.out.endsWith('\n')) return;
    acting = act({ prometheus, kubernetes }, so).finally(() => child.kill('SIGINT'));
  });
  await acting;
  return ended;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function within(ms: number, holds: () => boolean): Promise<boolean> {
  const until = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > until) return false;
    await later(20);
  }
  return true;
}

describe('while it runs', () => {
  it('what is asked here at the two addresses reaches the two ports of the server', async () => {
    const answers: string[] = [];
    // WHEN
    const { code, out } = await whileOpen(STAGE, async ({ prometheus, kubernetes }) => {
      answers.push(await (await fetch(`${prometheus}/api/v1/query`)).text());
      // This stand-in of the API has no TLS.
      answers.push(await (await fetch(`${kubernetes.replace('https', 'http')}/readyz`)).text());
    });
    // THEN
    expect(answers).toEqual(['port 9090: /api/v1/query', 'port 6443: /readyz']);
    expect(out).toMatch(
      new RegExp(
        [
          `^dev-ana: forwarded from its server, ${stand.server}, until Ctrl-C`,
          '  Prometheus      (http://127\\.0\\.0\\.1:\\d+)',
          "    curl -sG \\1/api/v1/query --data-urlencode 'query=up'",
          '  Kubernetes API  (https://127\\.0\\.0\\.1:\\d+)',
          '    kubectl --kubeconfig k3s\\.yaml --server \\2 get nodes',
        ].join('\n'),
      ),
    );
    expect(code).toBe(0);
  });

  it('each port has a session with the server, of the document that forwards to that machine alone', async () => {
    await whileOpen(STAGE);
    const document = 'AWS-StartPortForwardingSession';
    expect(stand.started.map(({ input }) => input)).toEqual(
      expect.arrayContaining([
        { Target: stand.server, DocumentName: document, Parameters: { portNumber: ['9090'] } },
        { Target: stand.server, DocumentName: document, Parameters: { portNumber: ['6443'] } },
      ]),
    );
    expect(stand.started).toHaveLength(2);
  });

  it('the plugin gets the arguments of aws-cli, and no token is among them or in what is printed', async () => {
    stand.env.AWS_PROFILE = '';
    const { out, err } = await whileOpen(STAGE);
    const calls = stand.pluginCalls().flatMap(({ args }) => (args ? [args] : []));
    expect(calls).toHaveLength(2);
    for (const args of calls) {
      expect(args).toEqual([
        'AWS_SSM_START_SESSION_RESPONSE',
        'us-east-1',
        'StartSession',
        '',
        expect.any(String),
        stand.endpoint,
      ]);
      expect(JSON.parse(args[4] as string)).toMatchObject({ Target: stand.server });
    }
    expect(JSON.stringify(calls) + out + err).not.toContain('secret');
  });

  it('Ctrl-C ends both plugins in order, and their sessions', async () => {
    const { code, err } = await whileOpen(STAGE);
    const ended = stand.pluginCalls().filter(({ signal }) => signal === 'SIGINT');
    expect(ended).toHaveLength(2);
    expect(ended.some(({ pid }) => isAlive(pid))).toBe(false);
    expect(stand.terminated.toSorted()).toEqual(stand.started.map(({ id }) => id).toSorted());
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it('kill -9 leaves no plugin behind', async () => {
    await stand.run(STAGE, (so, child) => {
      if (opened(so)) child.kill('SIGKILL');
    });
    const pids = [...new Set(stand.pluginCalls().map(({ pid }) => pid))];
    expect(pids).toHaveLength(2);
    expect(await within(10_000, () => !pids.some(isAlive))).toBe(true);
    // AND they could tell their agent that it is over
    expect(stand.pluginCalls().filter(({ signal }) => signal === 'SIGINT')).toHaveLength(2);
  });

  it('--json is one line on stdout', async () => {
    const { out } = await whileOpen([...STAGE, '--json']);
    expect(out.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(out)).toEqual({
      stage: 'dev-ana',
      cluster: 'k3s-dev-ana',
      instance: stand.server,
      prometheus: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      kubernetes: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/),
    });
  });

  it('takes a protected stage, because it changes nothing', async () => {
    // GIVEN the world's server is that of prod, which autoscaler.config.ts protects
    stand.world.ec2.retag(stand.server, { 'k3s-autoscaler:cluster': 'k3s-prod', 'k3s-autoscaler:role': 'server' });
    stand.settle();
    const { code } = await whileOpen(['--stage', 'prod']);
    expect(code).toBe(0);
  });
});

describe('a session that ends by itself', () => {
  it('is told with its reason and opened again at the same port', async () => {
    // GIVEN
    stand.plugin({ 9090: [{ ends: 'Your session timed out due to inactivity.' }] });
    let answer = '';
    // WHEN
    const { code, err } = await whileOpen(STAGE, async ({ prometheus }, so) => {
      expect(await within(20_000, () => so.err.includes('open again'))).toBe(true);
      answer = await (await fetch(`${prometheus}/later`)).text();
    });
    // THEN
    expect(err).toMatch(
      /^Prometheus: the session ended: Your session timed out due to inactivity\.; again in 1 s\nPrometheus: open again at 127\.0\.0\.1:\d+\n$/,
    );
    expect(answer).toBe('port 9090: /later');
    expect(code).toBe(0);
    expect(stand.started).toHaveLength(3);
    expect(stand.terminated).toHaveLength(3);
  });

  it('is not tried again where that would not help: exit 1, and the other one is ended too', async () => {
    // GIVEN credentials that expire while it runs
    stand.plugin({ 9090: [{ ends: 'Terminated by an administrator.' }] });
    const { code, err } = await stand.run(STAGE, (so) => {
      if (opened(so)) stand.refuse('StartSession', 'ExpiredTokenException');
    });
    expect(err).toMatch(/have not expired[\s\S]*AWS_PROFILE/);
    noStack(err);
    expect(code).toBe(1);
    expect(stand.terminated).toHaveLength(2);
    expect(stand.pluginCalls().some(({ pid }) => isAlive(pid))).toBe(false);
  });

  it('says what the credentials lack to terminate one, and that it ends by its idle time', async () => {
    stand.refuse('TerminateSession', 'AccessDeniedException');
    const { code, err } = await whileOpen(STAGE);
    expect(err).toMatch(/ssm:TerminateSession on session\/ana-0000000\d[\s\S]*its session stands until its idle time/);
    noStack(err);
    expect(code).toBe(0);
  });
});

describe('a port at which nothing answers', () => {
  it('is told, with the place to look', async () => {
    await stand.closePort('9090');
    const { err } = await whileOpen(STAGE, async (_, so) => {
      await within(10_000, () => so.err.includes('nothing answers'));
    });
    expect(err).toBe('Prometheus: nothing answers at port 9090 of the server; see there whether it runs\n');
  });
});

describe('before anything is asked of AWS', () => {
  afterEach(() => expect(stand.asked).toEqual([]));

  it('a plugin that lacks is named with the page that says how to install it', async () => {
    rmSync(path.join(stand.folder, 'session-manager-plugin'));
    const { code, out, err } = await stand.run(STAGE);
    expect(err).toMatch(
      /^session-manager-plugin: version\n +value: \(not there\)\n +rule: .*no such program is on PATH\n +fix: .*https:\/\/docs\.aws\.amazon\.com\/\S+install-plugin\.html\n$/,
    );
    expect({ code, out }).toEqual({ code: 1, out: '' });
  });

  it.each([
    ['1.2.497.0', /value: +"1\.2\.497\.0"\n +rule: .*newer than 1\.2\.497\.0.*token/],
    ['1.1.61.0', /newer than 1\.2\.497\.0/],
    ['hello', /this does not tell/],
  ])('a plugin of version %s is refused', async (version, message) => {
    stand.plugin({}, version);
    const { code, err } = await stand.run(STAGE);
    expect(err).toMatch(message);
    expect(err).toMatch(/fix: .*install-plugin\.html/);
    noStack(err);
    expect(code).toBe(1);
  });

  it.each<[string[], RegExp]>([
    [['--stage', 'NO'], /must be 2 to 16/],
    [['--bogus'], /unknown option/],
  ])('%j is exit 2', async (flags, message) => {
    const { code, err } = await stand.run(flags);
    expect(err).toMatch(message);
    noStack(err);
    expect(code).toBe(2);
  });

  it('explains itself', async () => {
    const { code, out } = await stand.run(['--help']);
    expect(out).toMatch(/Exit codes: 0 ended by Ctrl-C, 1 .*, 2 /);
    expect(code).toBe(0);
  });
});

describe('what AWS has or answers', () => {
  afterEach(() => expect(stand.terminated).toHaveLength(stand.started.length));

  it.each<[string, () => void, RegExp]>([
    [
      'no server',
      () => stand.world.ec2.retag(stand.server, { 'k3s-autoscaler:cluster': 'k3s-other' }),
      /k3s-autoscaler:role=server\n +value: \(not there\)\n +rule: .*server of stage dev-ana must run.*\n +fix: .*--stage/,
    ],
    [
      'a server that is going',
      () => void stand.world.ec2.terminateInstances([stand.server]),
      /value: +"i-[0-9a-f]+ shutting-down"\n +rule: .*must run.*\n +fix: .*wait for it/,
    ],
    [
      'two servers',
      () => {
        const tags = { 'k3s-autoscaler:cluster': 'k3s-dev-ana', 'k3s-autoscaler:role': 'server' };
        stand.world.ec2.give({ type: 't3.medium', zone: 'us-east-1a', launchedAt: stand.world.clock.now(), tags });
      },
      /value: +"i-[0-9a-f]+ running, i-[0-9a-f]+ running"\n +rule: .*one instance is the server/,
    ],
    [
      'no right to look for it',
      () => stand.refuse('DescribeInstances', 'UnauthorizedOperation'),
      /must allow ec2:DescribeInstances[\s\S]*docs\/security\.md/,
    ],
    [
      'no right to a session',
      () => stand.refuse('StartSession', 'AccessDeniedException'),
      /must allow ssm:StartSession on i-[0-9a-f]+ and on document\/AWS-StartPortForwardingSession/,
    ],
    [
      'an agent that is not connected',
      () => stand.refuse('StartSession', 'TargetNotConnected'),
      /SSM in us-east-1: i-[0-9a-f]+\n +value: "TargetNotConnected"\n +rule: .*agent must be connected.*\n +fix: .*wait a minute/,
    ],
    [
      'an answer nobody knows',
      () => stand.refuse('StartSession', 'Odd'),
      /SSM in us-east-1[\s\S]*could not be asked: .*Odd/,
    ],
  ])('%s is exit 1 and one readable message', async (_, given, message) => {
    given();
    stand.settle();
    const { code, out, err } = await stand.run(STAGE);
    expect(err).toMatch(message);
    noStack(err);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  });

  it('a session that does not open is told in the words of the plugin without its token, and the other one is ended', async () => {
    stand.plugin({ 6443: [{ fails: 'bad handshake with TOKEN' }] });
    const { code, out, err } = await stand.run(STAGE);
    expect(err).toMatch(
      /^session-manager-plugin: port 6443 of i-[0-9a-f]+\n +value: +"Cannot perform start session: bad handshake with …"\n/,
    );
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(stand.started).toHaveLength(2);
    expect(stand.pluginCalls().some(({ pid }) => isAlive(pid))).toBe(false);
  });

  it('Ctrl-C while they open is exit 130, and leaves no plugin and no session', async () => {
    stand.plugin({ 6443: [{ hangs: true }], 9090: [{ hangs: true }] });
    const running = stand.run(STAGE);
    expect(await within(20_000, () => stand.pluginCalls().length === 2)).toBe(true);
    stand.lastChild?.kill('SIGINT');
    const { code, out, err } = await running;
    expect({ code, out, err }).toEqual({ code: 130, out: '', err: '' });
    expect(stand.pluginCalls().some(({ pid }) => isAlive(pid))).toBe(false);
  });
});

import { inventory } from '../../terraform/inventory';
import { NODE_GRACE_SECONDS } from '../support/components';
import type { Report } from '../support/lambda/function';
import { budget, inPool, ofCpu, together } from '../support/manifests';
import { spread } from '../support/statistics';
import { CONTROLLER, type System } from '../support/system';
import { printTable, seconds } from '../support/table';
import { until } from '../support/until';
import { doneSince } from './done';
import { Fewest } from './fewest';
import { isRunning, type Look } from './look';
import { Outage } from './outage';
import type { Story } from './story';

const MINUTE = 60_000;
/** Workers beside those of scenario B: each outage needs some that are to go. */
const ALONE = 10;
/** Of a token that is to run out in a test. */
const TOKEN_SECONDS = 25;
const UNTIL_NODES_ARE_LOST_MS = (NODE_GRACE_SECONDS + 2) * 1_000;

/**
 * Workers that nobody needs any more are given up, and in between one thing after the other is out of order, each time
 * when removals are due: nothing is done then, and it goes on as soon as it can.
 */
export function quietCases(story: Story, started: () => { system: System; look: Look }): void {
  let system: System;
  let look: Look;
  let outage: Outage;
  beforeAll(() => {
    if (story.missing !== undefined) return;
    ({ system, look } = started());
    outage = new Outage(system, look);
  });

  const outages: [string, string][] = [];
  let quietSince = 0;
  let fewest: Fewest;
  /** Name of the Node on which the pods with a budget are. */
  let home = '';
  /** Name of the Node of the worker that somebody terminated. */
  let lost = '';
  afterAll(() => fewest?.stop());

  /** Ticks by hand until the condition holds. */
  const ticksUntil = (what: string, holds: () => Promise<boolean>, withinMs: number) =>
    until(
      what,
      async () => {
        await system.tick();
        return holds();
      },
      { ...look.patience(withinMs), everyMs: 1_000 },
    );

  story.it(
    'deletes the Node of a worker that somebody terminated, and does nothing else about it',
    async () => {
      // GIVEN workers enough for all outages: each pod of these needs one of its own
      await system.control.create(ofCpu('alone', '1800m', ALONE));
      await until(
        'each has its worker',
        async () => (await look.running('alone')) === ALONE,
        look.patience(2 * MINUTE),
      );
      // And four pods that stay, on one worker that is kept for now, and on no other one that is to go after it; of them
      // one may be missing at a time
      home = await look.emptiest('scenario-b');
      await look.keep([home], true);
      await system.control.create(together('kept', 4, [home, await look.baseNode()]));
      await system.control.create(budget('kept', 1));
      await until('they run', async () => (await look.running('kept')) === 4, look.patience(MINUTE));
      expect((await look.podsOf('kept')).map(({ spec }) => spec.nodeName)).toEqual([home, home, home, home]);
      fewest = new Fewest(async () => await look.podsOf('kept'));
      // And workers that are to go when somebody knows how busy the cluster is
      await system.onlyByHand();
      quietSince = Date.now();
      await Promise.all([look.scale('scenario-b', 0), look.scale('alone', 0)]);
      // And one with a pod on it that stays
      await system.control.create(inPool('pinned', 'burst', '500m', 'kept'));
      await until('it runs', async () => (await look.running('pinned')) === 1, look.patience(MINUTE));
      lost = (await look.podsOf('pinned'))[0]?.spec.nodeName;
      const instance = lost.replace('worker-', '');
      expect(await look.workers()).toContain(instance);
      // WHEN
      const begun = Date.now();
      await system.terminate(instance);
      const isGone = async () => !(await look.nodeNames()).includes(lost);
      await ticksUntil('its Node is gone', isGone, MINUTE);
      // THEN
      const about = doneSince(system, begun).filter(({ what }) => what.includes(instance) || what.includes('pinned'));
      expect(about.map(({ what }) => what)).toEqual([`delete nodes ${lost}: 200`]);
      expect(look.launches(begun)).toEqual([]);
      outages.push(['a worker that somebody terminated, to the end of its Node', seconds(Date.now() - begun)]);
    },
    5 * MINUTE,
  );

  story.it(
    'gives no node up while Prometheus is gone, nor before it knows enough again when it comes back empty',
    async () => {
      // GIVEN
      const due = await outage.removalsAreDue();
      // WHEN
      await system.monitoring.kill();
      // THEN
      const reports = await outage.holds(3, /Prometheus is unknown/);
      outages.push(['Prometheus gone: removals due, ticks', `${due.length}, ${durations(reports)}`]);
      // WHEN
      const restarted = Date.now();
      await system.monitoring.restartEmpty();
      outages.push(['Prometheus back, empty', seconds(Date.now() - restarted)]);
      // THEN it answers, and has not seen any CPU twice
      await outage.holds(1, /Prometheus (has no CPU of|is unknown)/);
      // Of workers that are alike another one may be first by now.
      const { at } = await outage.removalsBegin(4 * MINUTE);
      outages.push(['from there to the first removal', seconds(Date.now() - restarted)]);
      // And by then it was known how busy each worker is that speaks for the cluster
      const rate = `rate(node_cpu_seconds_total[1m] @ ${at / 1000})`;
      const known = (await system.monitoring.query(`sum by (node) (${rate})`)).map(({ metric }) => metric.node);
      const warm = await look.warmNodes(at - 2_000);
      expect(warm).toContain(await look.baseNode());
      expect(known).toEqual(expect.arrayContaining(warm));
    },
    9 * MINUTE,
  );

  story.it(
    'does nothing while the API server is gone or has lost its Nodes, and goes on with removals and with a drain',
    async () => {
      // GIVEN a drain that a budget has stopped, because no other worker may go
      const others = (await look.workerNodes()).filter((node) => node !== home);
      await Promise.all([look.keep(others, true), look.keep([home], false)]);
      const chosen = Date.now();
      await ticksUntil('a budget refuses', async () => look.refusedEvictions(chosen) > 0, 2 * MINUTE);
      await look.holdPods('kept', true);
      await look.keep(others, false);
      // And what may go beside it
      const due = await outage.removalsAreDue(1);
      const refused = look.refusedEvictions(chosen);
      // WHEN
      const begun = Date.now();
      system.control.pauseKubelets();
      await system.control.killApiServer();
      const reports = await outage.holds(3, /Kubernetes is unknown/);
      await until('leases are over', () => Date.now() - begun > UNTIL_NODES_ARE_LOST_MS, { withinMs: MINUTE });
      await system.control.startApiServer();
      const back = Date.now();
      // THEN its log, which goes on where it ended, shows nothing that was done in between
      const { amongLost, again } = await outage.standsStill();
      outages.push(
        ['API server away: removals due, ticks', `${due.length}, ${durations(reports)}`],
        ['API server away for', seconds(back - begun)],
        ['ticks that say mass-unready then', durations(amongLost)],
      );
      // WHEN
      await system.sayPodsAreReady();
      outages.push(['from its first answer to the first removal', seconds(await outage.goesOn(due, back, again))]);
      expect(look.refusedEvictions(back)).toBeGreaterThan(0);
      // And the budget lets the rest through
      await look.holdPods('kept', false);
      const opened = Date.now();
      const isGone = async () => {
        await system.sayPodsAreReady();
        return !(await look.nodeNames()).includes(home);
      };
      await ticksUntil('the drained Node is gone', isGone, 2 * MINUTE);
      outages.push(['evictions refused before, drained after', `${refused}, ${seconds(Date.now() - opened)}`]);
      // THEN
      const instance = home.replace('worker-', '');
      const about = doneSince(system, begun).filter(({ what }) => what.includes(instance));
      expect(about.map(({ what }) => what)).toEqual([
        `ec2.TerminateInstances ${instance}`,
        `delete nodes ${home}: 200`,
      ]);
    },
    14 * MINUTE,
  );

  story.it(
    'begins no removal with a token that has expired, and takes the new one without a cold start',
    async () => {
      // GIVEN a function that is warm, with a token that is let in for a little longer
      const due = await outage.removalsAreDue();
      const token = await system.control.shortToken(CONTROLLER, TOKEN_SECONDS);
      const client = system.control.clientOf(token);
      const status = async () => (await client.send('GET', 'api/v1/nodes')).status;
      expect(await status()).toBe(200);
      await system.publishTokens(token);
      await (await system.lambda()).cool();
      expect(await outage.dueNow()).toEqual(due);
      // WHEN its time is over
      const ms = await until('the API server refuses it', async () => (await status()) === 401, look.patience(MINUTE));
      await client.close();
      // THEN
      const reports = await outage.holds(2, /Kubernetes is unknown/);
      expect(reports.map(({ isCold }) => isCold)).toEqual([false, false]);
      // WHEN
      await system.publishTokens();
      const published = Date.now();
      // THEN
      await outage.goesOn(due);
      expect(system.lastReport()?.isCold).toBe(false);
      outages.push(
        ['token expired: removals due, ticks', `${due.length}, ${durations(reports)}`],
        ['token refused after', seconds(ms)],
        ['token rotated, to the first removal', seconds(Date.now() - published)],
      );
    },
    8 * MINUTE,
  );

  story.it(
    'begins no removal while EC2 does not answer in time, and ends each tick in its own',
    async () => {
      // GIVEN
      const due = await outage.removalsAreDue();
      // WHEN
      system.moto.slow({ ec2: 6 });
      const slow = await outage.holds(2, /EC2 is unknown/);
      system.moto.slow({});
      // THEN
      outages.push(
        ['EC2 6 s late: removals due, ticks', `${due.length}, ${durations(slow)}`],
        ['in time again, to the first removal', seconds(await outage.goesOn(due))],
      );
    },
    8 * MINUTE,
  );

  story.it(
    'keeps its lease in a table that is slow to answer',
    async () => {
      // GIVEN
      const due = await outage.removalsAreDue();
      const begun = Date.now();
      // WHEN
      system.moto.slow({ dynamodb: 0.5 });
      const patient = await system.tick();
      system.moto.slow({});
      // THEN it does what is due, once
      expect(patient.end.kind).toBe('done');
      expect(isKnown(patient)).toBe(true);
      const cordons = doneSince(system, begun).filter(({ what }) => what.startsWith('patch nodes'));
      expect(cordons.map(({ what }) => what)).toEqual(due.map((node) => `patch nodes ${node}: 200`));
      expect((await outage.begunSince(begun)).nodes).toEqual(due);
      outages.push(['DynamoDB 0.5 s late, tick', seconds(patient.durationMs)]);
    },
    8 * MINUTE,
  );

  story.it(
    'goes back to the base worker, a budget’s pods never more than one at a time, and leaves nothing',
    async () => {
      // GIVEN the pod of the worker that was lost runs on another one, until nobody needs it any more
      const [pinned] = await look.podsOf('pinned').then((pods) => pods.filter(isRunning));
      expect(pinned?.spec.nodeName).toMatch(/^worker-/);
      expect(pinned?.spec.nodeName).not.toBe(lost);
      await look.scale('pinned', 0);
      // WHEN
      await ticksUntil('no worker is left', async () => (await look.workers()).length === 0, 6 * MINUTE);
      const base = await look.baseNode();
      await ticksUntil('their Nodes are gone', async () => (await look.nodeNames()).length === 2, 2 * MINUTE);
      // THEN
      const blocked = look.refusedEvictions(quietSince);
      const table: [string, string | number][] = [
        ...outages,
        ['from the last replica gone to the base worker alone', seconds(Date.now() - quietSince)],
        ['evictions that the API server answered with 429', blocked],
        ['fewest of 4 pods with a budget of 1 that ran', fewest.count],
      ];
      printTable('Quiet', table);
      expect(await look.nodeNames()).toEqual([base, 'server-0'].sort());
      expect((await look.podsOf('kept')).map(({ spec }) => spec.nodeName)).toEqual([base, base, base, base]);
      expect(fewest.count).toBeGreaterThanOrEqual(3);
      expect(blocked).toBeGreaterThan(0);
      const now = await inventory(system.moto.endpoint);
      expect({ instances: now.instances, volumes: now.volumes }).toEqual({
        instances: system.applied.instances,
        volumes: system.applied.volumes,
      });
    },
    9 * MINUTE,
  );
}

const durations = (reports: readonly Report[]): string => `ticks of ${spread(reports.map((r) => r.durationMs))}`;

/** The tick saw all that it has to know. */
const isKnown = (report: Report): boolean => report.lines.some(({ hold }) => hold === null);

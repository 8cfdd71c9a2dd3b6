import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Heartbeat, UsageTotal, UsageTotalsQuery } from '@portico/contracts';
import { createLogger } from '@portico/telemetry';
import {
  eventually,
  startMailbox,
  startUpstream,
  type Mailbox,
  type Upstream,
} from '@portico/testkit';
import { Webhook } from 'standardwebhooks';
import {
  alertJob,
  insertClient,
  insertPolicy,
  insertProfile,
  used,
} from '../../test/alert-estate.ts';
import { migratedDatabase, type MigratedDatabase } from '../../test/migrated-database.ts';
import { dispatcherOver, insertWebhook, type Clock } from '../../test/webhook-outbox.ts';
import { QuotaAlertsOfAnyPolicy1700000000040 } from '../database/migrations/1700000000040-quota-alerts-of-any-policy.ts';
import { MailService } from '../mail/mail.service.ts';
import type { WebhookDispatcher } from '../webhooks/dispatch/webhook-dispatcher.ts';
import type { AlertJobParts } from './alert-job.ts';
import { fire } from './fire.ts';
import { ALERT_MAIL, composeAlertMail, type AlertMailJob } from './mails/alert-mails.ts';

const DAY_MS = 86_400_000;
const silent = createLogger({ service: 'test', level: 'silent' });

describe('alerts', () => {
  let database: MigratedDatabase;
  let receiver: Upstream;
  let mailbox: Mailbox;
  let mail: MailService;
  let dispatcher: WebhookDispatcher;
  let secret: string;
  let usage: readonly UsageTotal[] = [];
  let asked: UsageTotalsQuery[] = [];
  let postMail: (id: string) => void;
  const clock: Clock = { nowMs: 0 };

  const jobOn = async (over: Partial<AlertJobParts> = {}) =>
    alertJob(over.dataSource ?? database.dataSource, clock, {
      usageTotals: (query) => {
        asked.push(query);
        return Promise.resolve(usage);
      },
      postMail: (id) => postMail(id),
      ...over,
    });
  /** What receivers were told, in order. */
  const told = async (): Promise<{ type: string; data: Record<string, unknown> }[]> => {
    await dispatcher.deliverDue();
    return receiver.requests.map(({ body }) => JSON.parse(body.toString()));
  };
  const thresholdsTold = async () =>
    (await told()).map(({ data }) => `${data['period_start']} ${data['threshold']}`);

  beforeAll(async () => {
    [database, receiver, mailbox] = await Promise.all([
      migratedDatabase(),
      startUpstream((_, response) => void response.end()),
      startMailbox(),
    ]);
    secret = await insertWebhook(database.dataSource, {
      id: 'wh_all',
      url: receiver.url,
      events: ['quota.threshold_reached', 'credential.expiring', 'node.lagging'],
    });
  });
  beforeEach(() => {
    // Now, so that receivers accept the time in the signature; the month is what it is.
    clock.nowMs = Date.now();
    dispatcher = dispatcherOver(database.dataSource, clock);
    mail = new MailService({ smtpUrl: mailbox.url, from: 'p@portico.test', logger: silent });
    const post = mail.define<AlertMailJob>(ALERT_MAIL, (job) =>
      composeAlertMail(database.dataSource, job, 'Portico'),
    );
    postMail = (id) => post({ id });
  });
  afterEach(async () => {
    await dispatcher.stop();
    // Ends what is on its way, so that no mail of this test arrives in the next one.
    await mail.stop();
    for (const table of ['alerts', 'alert_mails', 'webhook_deliveries', 'clients', 'policies']) {
      await database.dataSource.query(`delete from ${table}`);
    }
    receiver.forget();
    mailbox.forget();
    [usage, asked] = [[], []];
  });
  afterAll(async () => {
    await database.drop();
    await Promise.all([mailbox.stop(), receiver.stop()]);
  });

  const acmeOn = async (policy: Parameters<typeof insertPolicy>[1]): Promise<void> => {
    await insertPolicy(database.dataSource, policy);
    await insertClient(database.dataSource, {
      id: 'cl_acme',
      policy: policy.id,
      email: 'ops@acme.test',
    });
    await insertProfile(database.dataSource, { id: 'pr_acme', client: 'cl_acme' });
  };

  it('tell of 79, 80 and 100 percent of a quota: nothing, once, once', async () => {
    await acmeOn({ id: 'pol_gold', quota: { requests: 1_000, period: 'month' } });
    const job = await jobOn();
    const tell = async (admitted: number) => {
      usage = [used('cl_acme', 'pr_acme', admitted)];
      await job.check();
      await job.check();
      return (await told()).map(({ data }) => [data['threshold'], data['used']]);
    };
    expect(await tell(799)).toEqual([]);
    expect(await tell(800)).toEqual([[80, 800]]);
    expect(await tell(950)).toEqual([[80, 800]]);
    expect(await tell(1_000)).toEqual([
      [80, 800],
      [100, 1_000],
    ]);
    const month = new Date(clock.nowMs).toISOString().slice(0, 7);
    const today = new Date(clock.nowMs).toISOString().slice(0, 10);
    expect(asked[0]).toEqual({ from: `${month}-01`, to: today });
    const request = receiver.requests[0]!;
    const headers = request.headers as Record<string, string>;
    expect(new Webhook(secret).verify(request.body, headers)).toEqual({
      id: headers['webhook-id'],
      type: 'quota.threshold_reached',
      timestamp: new Date(clock.nowMs).toISOString(),
      data: {
        scope: { kind: 'client', id: 'cl_acme', name: 'The cl_acme' },
        client: { id: 'cl_acme', name: 'The cl_acme' },
        policy: { id: 'pol_gold', name: 'pol_gold' },
        quota: { requests: 1_000, period: 'month' },
        threshold: 80,
        used: 800,
        percent_used: 80,
        period_start: `${month}-01T00:00:00.000Z`,
        resets_at: expect.any(String),
      },
    });
  });

  it('tell again in the next period, of the same threshold', async () => {
    await acmeOn({ id: 'pol_daily', quota: { requests: 10, period: 'day' }, thresholds: [80] });
    const job = await jobOn();
    clock.nowMs = Date.parse('2026-02-28T23:59:59.999Z');
    usage = [used('cl_acme', 'pr_acme', 9)];
    await job.check();
    clock.nowMs += 1;
    usage = [];
    await job.check();
    expect(await thresholdsTold()).toEqual(['2026-02-28T00:00:00.000Z 80']);
    usage = [used('cl_acme', 'pr_acme', 8)];
    await job.check();
    expect(await thresholdsTold()).toEqual([
      '2026-02-28T00:00:00.000Z 80',
      '2026-03-01T00:00:00.000Z 80',
    ]);
    expect(asked.at(-1)).toEqual({ from: '2026-03-01', to: '2026-03-01' });
  });

  it('tell once in a period, though it lasts a month and what is old is forgotten', async () => {
    await acmeOn({ id: 'pol_gold', quota: { requests: 10, period: 'month' } });
    usage = [used('cl_acme', 'pr_acme', 10)];
    const job = await jobOn();
    const alerts = () => database.dataSource.query('select key, event_id from alerts order by key');
    clock.nowMs = Date.parse('2027-03-01T12:00:00Z');
    await job.check();
    const first = await alerts();
    expect(first).toHaveLength(2);
    for (const day of ['08', '15', '22', '31']) {
      clock.nowMs = Date.parse(`2027-03-${day}T12:00:00Z`);
      await job.check();
      await job.check();
      expect(await alerts()).toEqual(first);
    }
  });

  it('tell a client nothing again because it was moved to another policy', async () => {
    const quota = { requests: 10, period: 'month' } as const;
    await acmeOn({ id: 'pol_gold', quota });
    await insertPolicy(database.dataSource, { id: 'pol_silver', quota });
    const job = await jobOn();
    const tell = async (admitted: number) => {
      usage = [used('cl_acme', 'pr_acme', admitted)];
      await job.check();
      return (await told()).map(({ data }) => data['threshold']);
    };
    expect(await tell(8)).toEqual([80]);
    await database.dataSource.query(`update clients set policy_id = 'pol_silver'`);
    expect(await tell(9)).toEqual([80]);
    expect(await tell(10)).toEqual([80, 100]);
  });

  it('tell nothing again that was told under a key of an earlier version', async () => {
    await acmeOn({ id: 'pol_gold', quota: { requests: 10, period: 'month' } });
    const month = `${new Date(clock.nowMs).toISOString().slice(0, 7)}-01`;
    for (const policy of ['pol_before', 'pol_gold']) {
      await database.dataSource.query(
        `insert into alerts values ($1, 'quota.threshold_reached', 'evt_' || $2, now())`,
        [`quota client cl_acme ${policy} month ${month} 80`, policy],
      );
    }
    const runner = database.dataSource.createQueryRunner();
    await new QuotaAlertsOfAnyPolicy1700000000040().up(runner);
    await runner.release();
    usage = [used('cl_acme', 'pr_acme', 10)];
    await (await jobOn()).check();
    expect((await told()).map(({ data }) => data['threshold'])).toEqual([100]);
  });

  it('tell once although two replicas look at the same time, round after round', async () => {
    await acmeOn({ id: 'pol_gold', quota: { requests: 10, period: 'week' } });
    usage = [used('cl_acme', 'pr_acme', 10)];
    const other = await database.connect();
    const replicas = [await jobOn(), await jobOn({ dataSource: other })];
    for (let round = 0; round < 5; round += 1) {
      const looked = await Promise.all(replicas.map((job) => job.check()));
      expect(looked).toContain(true);
    }
    expect((await told()).map(({ data }) => data['threshold'])).toEqual([80, 100]);
    await eventually(() => expect(mailbox.mails).toHaveLength(2));
  });

  it('leave a round to the replica that has begun one', async () => {
    await acmeOn({ id: 'pol_gold', quota: { requests: 10, period: 'week' } });
    const other = await jobOn({ dataSource: await database.connect() });
    let answers: boolean | undefined;
    const first = await jobOn({
      usageTotals: async () => {
        answers = await other.check();
        return [];
      },
    });
    expect(await first.check()).toBe(true);
    expect(answers).toBe(false);
    expect(await other.check()).toBe(true);
  });

  it('tell once even where no lock keeps replicas apart', async () => {
    const other = await database.connect();
    const event = {
      type: 'node.lagging',
      data: {
        node: 'n1',
        revision: 1,
        current_revision: 9,
        revisions_behind: 8,
        seconds_behind: 31,
        stale_reason: null,
      },
    } as const;
    const recipients = [{ address: 'a@p.test', audience: 'admin' }] as const;
    const alert = { key: 'node n1', event, recipients };
    const fired = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        fire(index % 2 === 0 ? other : database.dataSource, alert, new Date(clock.nowMs)),
      ),
    );
    expect(fired.filter(Boolean)).toHaveLength(1);
    expect(await told()).toHaveLength(1);
    const [mails]: { count: string }[] = await other.query('select count(*) from alert_mails');
    expect(mails).toEqual({ count: '1' });
  });

  it('leave nothing behind when telling fails half-way, and tell the next time', async () => {
    await acmeOn({ id: 'pol_gold', quota: { requests: 10, period: 'week' }, thresholds: [80] });
    usage = [used('cl_acme', 'pr_acme', 9)];
    const job = await jobOn();
    await database.dataSource.query('alter table alert_mails add constraint x check (false)');
    await job.check();
    expect(await told()).toEqual([]);
    await database.dataSource.query('alter table alert_mails drop constraint x');
    await job.check();
    expect(await told()).toHaveLength(1);
  });

  it('are looked for by the clock, and not any more once the job has stopped', async () => {
    await acmeOn({ id: 'pol_gold', quota: { requests: 10, period: 'month' }, thresholds: [100] });
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const job = await jobOn({
      settings: { intervalMs: 20, lag: { seconds: 30, revisions: 100 } },
      usageTotals: async (query) => {
        asked.push(query);
        await held;
        return [used('cl_acme', 'pr_acme', 10)];
      },
    });
    job.start();
    await eventually(() => expect(asked).toHaveLength(1));
    let hasStopped = false;
    const stopped = job.stop().then(() => (hasStopped = true));
    await database.dataSource.query('select 1');
    expect(hasStopped).toBe(false);
    letGo();
    await stopped;
    expect(await told()).toHaveLength(1);
    expect(asked).toHaveLength(1);
  });

  it('mail the admin, and the partner where the policy says so, in words for each', async () => {
    await acmeOn({
      id: 'pol_gold',
      quota: { requests: 1_000, period: 'month' },
      thresholds: [100],
      isPartnerTold: true,
    });
    usage = [used('cl_acme', 'pr_acme', 1_000)];
    const job = await jobOn();
    await job.check();
    const admin = await mailbox.mailTo('admin@portico.test');
    expect(admin.subject).toBe('The cl_acme has used 100 % of its monthly quota');
    expect(admin.text).toContain('1,000 of the 1,000 calls that the policy pol_gold allows');
    const partner = await mailbox.mailTo('ops@acme.test');
    expect(partner.subject).toBe('You have used 100 % of your monthly API quota');
    expect(partner.text).toContain('Further calls are answered 429');
    expect(partner.text).not.toContain('pol_gold');
    await job.check();
    expect(mailbox.mails).toHaveLength(2);
  });

  it('mail again what was lost with the process that had taken it, and no mail twice', async () => {
    await acmeOn({ id: 'pol_gold', quota: { requests: 10, period: 'month' }, thresholds: [100] });
    usage = [used('cl_acme', 'pr_acme', 10)];
    const lost: string[] = [];
    const dying = await jobOn({ postMail: (id) => void lost.push(id) });
    await dying.check();
    expect(lost).toHaveLength(1);
    const next = await jobOn();
    await next.check();
    clock.nowMs += 10 * 60_000 - 1;
    await next.check();
    expect(mailbox.mails).toHaveLength(0);
    clock.nowMs += 1;
    await next.check();
    await mailbox.mailTo('admin@portico.test');
    postMail(lost[0]!);
    clock.nowMs += 20 * 60_000;
    await next.check();
    const sent = await database.dataSource.query(
      'select id from alert_mails where sent_at is null',
    );
    expect(sent).toEqual([]);
    expect(mailbox.mails).toHaveLength(1);
    const again = await composeAlertMail(database.dataSource, { id: lost[0]! }, 'Portico');
    expect(again).toBeNull();
  });

  it('watch a profile with a policy of its own apart from its client', async () => {
    await acmeOn({ id: 'pol_gold', quota: { requests: 100, period: 'month' }, thresholds: [80] });
    await insertPolicy(database.dataSource, {
      id: 'pol_small',
      quota: { requests: 10, period: 'day' },
      thresholds: [50],
    });
    await insertProfile(database.dataSource, {
      id: 'pr_own',
      client: 'cl_acme',
      policy: 'pol_small',
    });
    usage = [used('cl_acme', 'pr_acme', 79), used('cl_acme', 'pr_own', 5, true)];
    await (await jobOn()).check();
    expect((await told()).map(({ data }) => data['scope'])).toEqual([
      { kind: 'profile', id: 'pr_own', name: 'main' },
    ]);
  });

  it('say nothing of inactive policies and clients, or where nobody wants to hear', async () => {
    const { dataSource } = database;
    const quota = { requests: 1, period: 'day' } as const;
    await insertPolicy(dataSource, { id: 'pol_off', quota });
    await dataSource.query('update policies set active = false');
    await insertPolicy(dataSource, { id: 'pol_quiet', quota, thresholds: [] });
    await insertPolicy(dataSource, { id: 'pol_on', quota });
    for (const policy of ['pol_off', 'pol_quiet', 'pol_on']) {
      await insertClient(dataSource, { id: `cl_${policy}`, policy });
    }
    await dataSource.query(`update clients set active = false where id = 'cl_pol_on'`);
    usage = ['pol_off', 'pol_quiet', 'pol_on'].map((id) => used(`cl_${id}`, 'pr_x', 5));
    await (await jobOn()).check();
    expect(await told()).toEqual([]);
  });

  it('go on with the rest while the log store is away, and catch up when it is back', async () => {
    await acmeOn({ id: 'pol_gold', quota: { requests: 10, period: 'month' }, thresholds: [100] });
    const soon = new Date(clock.nowMs + DAY_MS / 2).toISOString();
    await insertProfile(database.dataSource, {
      id: 'pr_soon',
      client: 'cl_acme',
      auth: { expires_at: soon },
    });
    let isAway = true;
    usage = [used('cl_acme', 'pr_acme', 10)];
    const job = await jobOn({
      usageTotals: () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(usage)),
    });
    await job.check();
    expect((await told()).map(({ type }) => type)).toEqual(['credential.expiring']);
    isAway = false;
    await job.check();
    expect((await told()).map(({ type }) => type)).toEqual([
      'credential.expiring',
      'quota.threshold_reached',
    ]);
  });

  it('give notice of a token’s end a week and a day before, and anew when it is put off', async () => {
    await acmeOn({ id: 'pol_x', quota: { requests: 10, period: 'day' }, isPartnerTold: true });
    const end = clock.nowMs + 10 * DAY_MS;
    const expires_at = new Date(end).toISOString();
    await insertProfile(database.dataSource, {
      id: 'pr_ends',
      client: 'cl_acme',
      auth: { expires_at },
    });
    const job = await jobOn();
    const noticesAt = async (nowMs: number) => {
      clock.nowMs = nowMs;
      await job.check();
      clock.nowMs += 10 * 60_000;
      await job.check();
      return (await told()).map(({ data }) => data['days_before']);
    };
    expect(await noticesAt(end - 8 * DAY_MS)).toEqual([]);
    expect(await noticesAt(end - 7 * DAY_MS)).toEqual([7]);
    expect(await noticesAt(end - 3 * DAY_MS)).toEqual([7]);
    expect(await noticesAt(end - DAY_MS)).toEqual([7, 1]);
    expect(await noticesAt(end + 1)).toEqual([7, 1]);
    expect((await told())[0]).toMatchObject({
      type: 'credential.expiring',
      data: {
        client: { id: 'cl_acme' },
        profile: { id: 'pr_ends', environment: 'production' },
        credential: { kind: 'token' },
        expires_at,
      },
    });
    await eventually(() => {
      const to = mailbox.mails.map(({ recipients }) => recipients[0]).sort();
      expect(to).toEqual([
        'admin@portico.test',
        'admin@portico.test',
        'ops@acme.test',
        'ops@acme.test',
      ]);
    });
    const later = new Date(end + 30 * DAY_MS).toISOString();
    await database.dataSource.query(`update profiles set auth = $1 where id = 'pr_ends'`, [
      JSON.stringify({ expires_at: later }),
    ]);
    expect(await noticesAt(end + 24 * DAY_MS)).toEqual([7, 1, 7]);
  });

  describe('of a gateway node that lags', () => {
    const beat = (revision: number, node = 'n1'): Heartbeat => ({
      format: 1,
      node,
      version: '0.1.0',
      revision,
      lag_ms: 1,
      stale: true,
      stale_reason: 'refused a revision',
      draining: false,
      started_at_ms: 0,
      sent_at_ms: clock.nowMs,
      rps: 0,
      in_flight: 0,
      outbox_depth: 0,
      records_lost: 0,
    });
    const commit = async (revision: number): Promise<void> => {
      await database.dataSource.query('update config_revision set revision = $1', [revision]);
      await database.dataSource.query('insert into config_changes values ($1, $2, $3)', [
        revision,
        'policy.x',
        new Date(clock.nowMs),
      ]);
    };
    afterEach(async () => {
      await database.dataSource.query('delete from config_changes');
      await database.dataSource.query('update config_revision set revision = 0');
    });

    it('speak once per episode, and again in the next one', async () => {
      let heartbeats = [beat(1), beat(2, 'n2')];
      const job = await jobOn({ heartbeats: () => heartbeats });
      const nodesTold = async () => {
        await job.check();
        await job.check();
        return (await told()).map(({ data }) => `${data['node']} ${data['revision']}`);
      };
      await commit(2);
      clock.nowMs += 29_000;
      expect(await nodesTold()).toEqual([]);
      clock.nowMs += 1_000;
      expect(await nodesTold()).toEqual(['n1 1']);
      heartbeats = [];
      expect(await nodesTold()).toEqual(['n1 1']);
      heartbeats = [beat(1)];
      clock.nowMs += 60_000;
      expect(await nodesTold()).toEqual(['n1 1']);
      heartbeats = [beat(2)];
      expect(await nodesTold()).toEqual(['n1 1']);
      await commit(3);
      clock.nowMs += 30_000;
      expect(await nodesTold()).toEqual(['n1 1', 'n1 2']);
      expect((await told())[0]).toEqual({
        id: expect.stringMatching(/^evt_/),
        type: 'node.lagging',
        timestamp: expect.any(String),
        data: {
          node: 'n1',
          revision: 1,
          current_revision: 2,
          revisions_behind: 1,
          seconds_behind: 30,
          stale_reason: 'refused a revision',
        },
      });
      const mailed = await mailbox.mailTo('admin@portico.test');
      expect(mailed.subject).toBe('Gateway node n1 lags behind');
    });

    it('speak at once when it is far behind', async () => {
      await commit(150);
      const job = await jobOn({ heartbeats: () => [beat(50)] });
      await job.check();
      expect(await told()).toHaveLength(1);
    });
  });
});

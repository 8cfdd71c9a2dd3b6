import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, startUpstream, type Upstream, type UpstreamHandler } from '@portico/testkit';
import { Webhook } from 'standardwebhooks';
import { migratedDatabase, type MigratedDatabase } from '../../../test/migrated-database.ts';
import {
  deliveriesOf,
  dispatcherOver,
  insertWebhook,
  type Clock,
} from '../../../test/webhook-outbox.ts';
import { announce, announceTo } from '../deliveries/outbox.ts';
import { ATTEMPTS_MAX } from './retry-schedule.ts';
import type { WebhookDispatcher } from './webhook-dispatcher.ts';

const TEST = { type: 'webhook.test', data: { webhook_id: 'wh_x', message: 'hello' } } as const;
const MINUTE_MS = 60_000;
const answering =
  (status: number, body = '', headers: Record<string, string> = {}): UpstreamHandler =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

describe('the webhook dispatcher', () => {
  let database: MigratedDatabase;
  let receiver: Upstream;
  let dispatcher: WebhookDispatcher;
  let secret: string;
  const clock: Clock = { nowMs: 0 };
  const dispatchers: WebhookDispatcher[] = [];
  const others: Upstream[] = [];
  const started = (...args: Parameters<typeof dispatcherOver>): WebhookDispatcher => {
    const one = dispatcherOver(...args);
    dispatchers.push(one);
    return one;
  };
  const announceNow = (webhookId = 'wh_x') =>
    announceTo(
      webhookId,
      { manager: database.dataSource.manager, now: new Date(clock.nowMs) },
      TEST,
    );
  const delivery = async (webhookId = 'wh_x') =>
    (await deliveriesOf(database.dataSource, webhookId)).at(-1)!;
  const later = async (ms: number): Promise<void> => {
    clock.nowMs += ms;
    await dispatcher.deliverDue();
  };

  beforeAll(async () => {
    database = await migratedDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    clock.nowMs = Date.now();
    receiver = await startUpstream(answering(200, 'thanks'));
    secret = await insertWebhook(database.dataSource, {
      id: 'wh_x',
      url: `${receiver.url}/hook?x=1`,
      events: ['node.lagging'],
    });
    dispatcher = started(database.dataSource, clock, { timeoutMs: 10_000 });
  });
  afterEach(async () => {
    await Promise.all(dispatchers.splice(0).map((one) => one.stop()));
    await Promise.all([receiver, ...others.splice(0)].map((one) => one.stop()));
    await database.dataSource.query('delete from webhooks');
  });

  it('posts what Standard Webhooks receivers can verify', async () => {
    const { event_id } = await announceNow();
    await dispatcher.deliverDue();
    const [request, ...more] = receiver.requests;
    expect(more).toEqual([]);
    expect(request).toMatchObject({ method: 'POST', url: '/hook?x=1' });
    expect(request!.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': event_id,
    });
    const headers = request!.headers as Record<string, string>;
    expect(new Webhook(secret).verify(request!.body, headers)).toEqual({
      id: event_id,
      type: 'webhook.test',
      timestamp: new Date(clock.nowMs).toISOString(),
      data: TEST.data,
    });
    const other = new Webhook(`whsec_${Buffer.alloc(32).toString('base64')}`);
    expect(() => other.verify(request!.body, headers)).toThrow('No matching signature');
    expect(await delivery()).toMatchObject({
      status: 'delivered',
      attempts: 1,
      response_status: 200,
      response_body: 'thanks',
      next_attempt_at: null,
      locked_until: null,
      error: null,
    });
  });

  it('tries again, later and later, while the receiver answers 500, and then gets through', async () => {
    receiver.answerWith(answering(500, 'no'));
    const { event_id } = await announceNow();
    await dispatcher.deliverDue();
    expect(await delivery()).toMatchObject({
      status: 'pending',
      attempts: 1,
      response_status: 500,
      error: 'answered 500',
      next_attempt_at: new Date(clock.nowMs + 5_000),
    });
    await later(4_999);
    expect(receiver.requests).toHaveLength(1);
    await later(1);
    expect(receiver.requests).toHaveLength(2);
    expect((await delivery()).next_attempt_at).toEqual(new Date(clock.nowMs + 20_000));
    receiver.answerWith(answering(204));
    await later(20_000);
    expect(await delivery()).toMatchObject({
      status: 'delivered',
      attempts: 3,
      response_status: 204,
      error: null,
    });
    expect(receiver.requests.map(({ headers }) => headers['webhook-id'])).toEqual([
      event_id,
      event_id,
      event_id,
    ]);
  });

  it('gives up after the last attempt, and not before', async () => {
    receiver.answerWith(answering(503));
    await announceNow();
    await dispatcher.deliverDue();
    for (let attempt = 1; attempt < ATTEMPTS_MAX; attempt += 1) {
      expect(await delivery()).toMatchObject({ status: 'pending', attempts: attempt });
      await later(5 * 60 * MINUTE_MS);
    }
    expect(await delivery()).toMatchObject({
      status: 'failed',
      attempts: ATTEMPTS_MAX,
      next_attempt_at: null,
    });
    await later(24 * 60 * MINUTE_MS);
    expect(receiver.requests).toHaveLength(ATTEMPTS_MAX);
  });

  it('tries again when nobody listens', async () => {
    await receiver.stop();
    await announceNow();
    await dispatcher.deliverDue();
    expect(await delivery()).toMatchObject({
      status: 'pending',
      response_status: null,
      error: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('waits for a slow receiver no longer than it may', async () => {
    receiver.answerWith(() => undefined);
    await announceNow();
    await started(database.dataSource, clock, { timeoutMs: 300 }).deliverDue();
    const row = await delivery();
    expect(row).toMatchObject({ status: 'pending', error: 'no answer within 300 ms' });
    expect(row.latency_ms).toBeGreaterThanOrEqual(290);
  });

  it('takes the status for the answer when the body never ends', async () => {
    receiver.answerWith((_, response) => void response.write('beginning'));
    await announceNow();
    await started(database.dataSource, clock, { timeoutMs: 1_000 }).deliverDue();
    expect(await delivery()).toMatchObject({ status: 'delivered', response_body: 'beginning' });
  });

  it('keeps the beginning of a long answer only, and nothing that cannot be stored', async () => {
    receiver.answerWith(answering(200, `\0${'x'.repeat(100_000)}`));
    await announceNow();
    await dispatcher.deliverDue();
    expect(await delivery()).toMatchObject({
      status: 'delivered',
      response_body: 'x'.repeat(2_047),
    });
  });

  it('follows no redirect', async () => {
    const trap = await startUpstream();
    others.push(trap);
    receiver.answerWith(answering(307, '', { location: `${trap.url}/trap` }));
    await announceNow();
    await dispatcher.deliverDue();
    expect(trap.requests).toHaveLength(0);
    expect(await delivery()).toMatchObject({
      status: 'pending',
      response_status: 307,
      error: 'answered 307; redirects are not followed',
    });
  });

  it('takes 410 for a final no', async () => {
    receiver.answerWith(answering(410));
    await announceNow();
    await dispatcher.deliverDue();
    expect(await delivery()).toMatchObject({
      status: 'failed',
      attempts: 1,
      next_attempt_at: null,
    });
  });

  it.each(['127.0.0.1', 'localhost'])('connects to nothing inside: %s', async (host) => {
    const id = `wh_inner_${host.replaceAll('.', '_')}`;
    const url = `http://${host}:${receiver.port}/`;
    await insertWebhook(database.dataSource, { id, url, events: ['node.lagging'] });
    const guarded = started(database.dataSource, clock, { isPrivateAllowed: false });
    await announceNow(id);
    await guarded.deliverDue();
    expect(receiver.requests).toHaveLength(0);
    expect(await delivery(id)).toMatchObject({
      status: 'failed',
      attempts: 1,
      response_status: null,
      error: expect.stringContaining('not a public address'),
    });
  });

  it('delivers each event once although two replicas look at the same time', async () => {
    const other = started(await database.connect(), clock);
    for (let count = 0; count < 40; count += 1) await announceNow();
    await Promise.all([dispatcher.deliverDue(), other.deliverDue()]);
    const ids = receiver.requests.map(({ headers }) => headers['webhook-id']);
    expect(ids).toHaveLength(40);
    expect(new Set(ids).size).toBe(40);
  });

  it('takes over from a replica that died in the middle, under the same event id', async () => {
    const { id, event_id } = await announceNow();
    await database.dataSource.query(
      'update webhook_deliveries set attempts = 1, locked_until = $2 where id = $1',
      [id, new Date(clock.nowMs + 1_000)],
    );
    await dispatcher.deliverDue();
    expect(receiver.requests).toHaveLength(0);
    await later(1_000);
    expect(receiver.requests.map(({ headers }) => headers['webhook-id'])).toEqual([event_id]);
    expect(await delivery()).toMatchObject({ status: 'delivered', attempts: 2 });
  });

  it('ignores the outcome of an attempt whose claim ran out and was taken over', async () => {
    const held: (() => void)[] = [];
    receiver.answerWith((_, response) => void held.push(() => response.writeHead(500).end()));
    await announceNow();
    const slow = started(database.dataSource, clock, { timeoutMs: 60_000 });
    slow.wake();
    await eventually(() => expect(held).toHaveLength(1));
    clock.nowMs += 2 * MINUTE_MS;
    receiver.answerWith(answering(200));
    await dispatcher.deliverDue();
    expect(await delivery()).toMatchObject({ status: 'delivered', attempts: 2 });
    held[0]!();
    await slow.deliverDue();
    expect(await delivery()).toMatchObject({
      status: 'delivered',
      attempts: 2,
      response_status: 200,
    });
  });

  it('serves others while one receiver hangs', async () => {
    const slow = await startUpstream(() => undefined);
    others.push(slow);
    await insertWebhook(database.dataSource, {
      id: 'wh_slow',
      url: slow.url,
      events: ['node.lagging'],
    });
    for (let count = 0; count < 10; count += 1) await announceNow('wh_slow');
    await announceNow();
    const tight = started(database.dataSource, clock, { timeoutMs: 20_000, deliveriesMax: 3 });
    tight.wake();
    await eventually(async () => expect((await delivery()).status).toBe('delivered'));
    await eventually(() => expect(slow.requests).toHaveLength(2));
  });

  it('tells only active webhooks that asked, and tests go to any', async () => {
    const occasion = { manager: database.dataSource.manager, now: new Date(clock.nowMs) };
    const events = ['credential.expiring', 'node.lagging'] as const;
    const other = { url: receiver.url, events };
    await insertWebhook(database.dataSource, { ...other, id: 'wh_off', active: false });
    await insertWebhook(database.dataSource, {
      ...other,
      id: 'wh_else',
      events: ['credential.expiring'],
    });
    await announce(occasion, {
      type: 'node.lagging',
      data: {
        node: 'n',
        revision: 1,
        current_revision: 2,
        revisions_behind: 1,
        seconds_behind: 40,
        stale_reason: null,
      },
    });
    await announceNow('wh_off');
    await dispatcher.deliverDue();
    expect(receiver.requests.map(({ url }) => url).sort()).toEqual(['/', '/hook?x=1']);
    expect(await deliveriesOf(database.dataSource, 'wh_else')).toEqual([]);
    expect(
      (await deliveriesOf(database.dataSource, 'wh_off')).map((row) => row.event_type),
    ).toEqual(['webhook.test']);
  });

  it('holds back what waits for a webhook that was turned off, until it is on again', async () => {
    const occasion = { manager: database.dataSource.manager, now: new Date(clock.nowMs) };
    await announce(occasion, {
      type: 'node.lagging',
      data: {
        node: 'n',
        revision: 1,
        current_revision: 2,
        revisions_behind: 1,
        seconds_behind: 40,
        stale_reason: null,
      },
    });
    await database.dataSource.query(`update webhooks set active = false where id = 'wh_x'`);
    await dispatcher.deliverDue();
    expect(receiver.requests).toHaveLength(0);
    await database.dataSource.query(`update webhooks set active = true where id = 'wh_x'`);
    await dispatcher.deliverDue();
    expect(receiver.requests).toHaveLength(1);
  });

  it('stops promptly, and leaves what was under way to the next process', async () => {
    receiver.answerWith(() => undefined);
    const { id } = await announceNow();
    const stopping = started(database.dataSource, clock, { timeoutMs: 60_000 });
    stopping.wake();
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    await stopping.stop();
    expect(await delivery()).toMatchObject({
      id,
      status: 'pending',
      attempts: 0,
      locked_until: null,
    });
    receiver.answerWith(answering(200));
    await dispatcher.deliverDue();
    expect(await delivery()).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  it('forgets finished deliveries when their time is over, and waiting ones never', async () => {
    await announceNow();
    await dispatcher.deliverDue();
    receiver.answerWith(answering(500));
    await announceNow();
    await dispatcher.deliverDue();
    await later(31 * 24 * 60 * MINUTE_MS);
    const rows = await deliveriesOf(database.dataSource, 'wh_x');
    expect(rows.map(({ status }) => status)).toEqual(['pending']);
  });

  it('logs no secret and no signature, whatever happens', async () => {
    const lines: string[] = [];
    const talkative = started(database.dataSource, clock, {
      timeoutMs: 10_000,
      log: (line) => void lines.push(line),
    });
    receiver.answerWith(answering(410));
    await announceNow();
    await talkative.deliverDue();
    await database.dataSource.query(`update webhooks set sealed = 'broken'`);
    await announceNow();
    await talkative.deliverDue();
    expect(lines.join('')).toContain('given up');
    expect(lines.join('')).not.toContain(secret.slice(6));
    expect(lines.join('')).not.toMatch(/whsec_|v1,/);
    expect((await delivery()).error).toContain('cannot be opened');
  });

  it('survives a database that is away for a while', async () => {
    const lines: string[] = [];
    const source = await database.connect();
    const lonely = started(source, clock, { log: (line) => void lines.push(line) });
    await source.destroy();
    await lonely.deliverDue();
    expect(lines.join('')).toContain('could not look for webhook deliveries');
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, startUpstream, type Upstream } from '@portico/testkit';
import { Webhook } from 'standardwebhooks';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';

describe('webhooks', () => {
  let portico: TestPortico;
  let receiver: Upstream;
  beforeAll(async () => {
    portico = await startPortico({ WEBHOOK_ALLOW_PRIVATE: 'true', WEBHOOK_POLL_MS: '50' });
    receiver = await startUpstream();
  });
  afterAll(async () => {
    await portico.stop();
    await receiver.stop();
  });
  /** By path, because a delivery of the test before may still be on its way. */
  const receivedAt = (path: string) => receiver.requests.filter((one) => one.path === path);

  const create = (over: Record<string, unknown> = {}) =>
    portico.call('POST', 'webhooks', {
      body: { url: `${receiver.url}/hook`, events: ['node.lagging'], ...over },
    });

  it('answer a new one whole, with an ETag and its secret, this once', async () => {
    const created = await create({ id: 'wh_ops' });
    expect(created.status).toBe(201);
    expect(created.headers.get('etag')).toBe('"1"');
    expect(created.body).toEqual({
      id: 'wh_ops',
      url: `${receiver.url}/hook`,
      events: ['node.lagging'],
      active: true,
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      created_at: expect.any(String),
      updated_at: expect.any(String),
      version: 1,
    });
    const { secret, ...shown } = created.body;
    const read = await portico.call('GET', 'webhooks/wh_ops');
    expect(read.body).toEqual(shown);
    const patched = await portico.call('PATCH', 'webhooks/wh_ops', { body: { active: false } });
    const answers = [
      read,
      patched,
      await portico.call('GET', 'webhooks'),
      await portico.call('GET', 'webhooks/wh_ops/deliveries'),
      await portico.call('GET', 'audit-log?resource_type=webhook'),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(JSON.stringify(body)).not.toContain(secret.slice(6));
      expect(JSON.stringify(body)).not.toContain('whsec_');
    }
    const stored = await portico.query<{ row: string }>(
      'select webhooks::text as row from webhooks',
    );
    expect(stored.some(({ row }) => row.includes(secret.slice(6)))).toBe(false);
  });

  it.each([
    ['no URL', { url: undefined }, 'body.url', 'is required'],
    ['a URL that is none', { url: 'hooks' }, 'body.url', 'must be an absolute https URL'],
    [
      'http to elsewhere',
      { url: 'http://hooks.example.com/' },
      'body.url',
      'must be https (http is for loopback addresses only)',
    ],
    ['another scheme', { url: 'ftp://hooks.example.com/' }, 'body.url', 'must be an https URL'],
    [
      'a password in the URL',
      { url: 'https://me:pw@hooks.example.com/' },
      'body.url',
      'must not hold a user name or password',
    ],
    ['a fragment', { url: 'https://hooks.example.com/#x' }, 'body.url', 'must not have a fragment'],
    ['no event', { events: [] }, 'body.events', expect.any(String)],
    ['an event we do not have', { events: ['all'] }, 'body.events.0', expect.any(String)],
    [
      'an event twice',
      { events: ['node.lagging', 'node.lagging'] },
      'body.events',
      'must not name an event twice',
    ],
    ['a secret of their own', { secret: 'x' }, 'body.secret', 'is not a known field'],
  ])('refuse %s and say where', async (_, over, path, message) => {
    const answer = await create(over);
    expect(answer.status).toBe(422);
    expect(answer.body.details).toContainEqual({ path, message });
  });

  it('are changed by whoever has the current version, paged, and deleted with their history', async () => {
    await create({ id: 'wh_version' });
    await create({ id: 'wh_version2' });
    const stale = await portico.call('PATCH', 'webhooks/wh_version', {
      body: { active: false },
      headers: { 'if-match': '"7"' },
    });
    expect(stale.status).toBe(412);
    const patched = await portico.call('PATCH', 'webhooks/wh_version', {
      body: { events: ['quota.threshold_reached', 'credential.expiring'] },
      headers: { 'if-match': '"1"' },
    });
    expect(patched.body).toMatchObject({
      events: ['quota.threshold_reached', 'credential.expiring'],
      version: 2,
    });
    const first = await portico.call('GET', 'webhooks?limit=1&q=wh_version');
    const rest = await portico.call(
      'GET',
      `webhooks?limit=1&q=wh_version&cursor=${first.body.next_cursor}`,
    );
    const pages = [...first.body.data, ...rest.body.data];
    expect(pages.map(({ id }: { id: string }) => id)).toEqual(['wh_version', 'wh_version2']);
    expect((await portico.call('DELETE', 'webhooks/wh_version')).status).toBe(204);
    for (const path of ['wh_version', 'wh_version/deliveries']) {
      expect((await portico.call('GET', `webhooks/${path}`)).status).toBe(404);
    }
    expect((await portico.call('POST', 'webhooks/wh_version/test')).status).toBe(404);
  });

  it('send a signed test at once, and show what became of it', async () => {
    const { body: webhook } = await create({
      id: 'wh_test',
      url: `${receiver.url}/test`,
      active: false,
    });
    const test = await portico.call('POST', 'webhooks/wh_test/test');
    expect(test.status).toBe(201);
    expect(test.body).toMatchObject({ webhook_id: 'wh_test', event: 'webhook.test', attempts: 0 });
    const request = await eventually(() => {
      expect(receivedAt('/test')).toHaveLength(1);
      return receivedAt('/test')[0]!;
    });
    const headers = request.headers as Record<string, string>;
    expect(new Webhook(webhook.secret).verify(request.body, headers)).toMatchObject({
      type: 'webhook.test',
      data: { webhook_id: 'wh_test' },
    });
    const [delivery] = await eventually(async () => {
      const page = await portico.call('GET', 'webhooks/wh_test/deliveries?status=delivered');
      expect(page.body.data).toHaveLength(1);
      return page.body.data;
    });
    expect(delivery).toEqual({
      id: test.body.id,
      webhook_id: 'wh_test',
      event_id: headers['webhook-id'],
      event: 'webhook.test',
      status: 'delivered',
      attempts: 1,
      next_attempt_at: null,
      last_attempt_at: expect.any(String),
      response_status: 200,
      response_body: expect.stringContaining('"method":"POST"'),
      latency_ms: expect.any(Number),
      error: null,
      payload: JSON.parse(request.body.toString()),
      created_at: expect.any(String),
    });
  });

  it('list deliveries newest first, filtered and paged', async () => {
    await create({ id: 'wh_many' });
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      ids.push((await portico.call('POST', 'webhooks/wh_many/test')).body.id);
    }
    const list = async (query: string) =>
      (await portico.call('GET', `webhooks/wh_many/deliveries${query}`)).body;
    const first = await list('?limit=2');
    const rest = await list(`?limit=2&cursor=${first.next_cursor}`);
    expect([...first.data, ...rest.data].map(({ id }: { id: string }) => id)).toEqual(
      ids.toReversed(),
    );
    expect(rest.next_cursor).toBeNull();
    expect((await list('?event=node.lagging')).data).toEqual([]);
    for (const query of ['cursor=x', 'status=lost', 'limit=0', 'nope=1']) {
      const answer = await portico.call('GET', `webhooks/wh_many/deliveries?${query}`);
      expect(answer.status).toBe(422);
    }
  });

  it('deliver again when told to, as the same event, and say who told them', async () => {
    receiver.answerWith((_, response) => void response.writeHead(410).end());
    await create({ id: 'wh_retry', url: `${receiver.url}/retry` });
    const { body: test } = await portico.call('POST', 'webhooks/wh_retry/test');
    const find = async () =>
      (await portico.call('GET', 'webhooks/wh_retry/deliveries')).body.data[0];
    await eventually(async () => expect((await find()).status).toBe('failed'));
    receiver.answerWith((_, response) => void response.writeHead(204).end());
    const path = `webhooks/wh_retry/deliveries/${test.id}/retry`;
    const retried = await portico.call('POST', path);
    expect(retried.status).toBe(200);
    expect(retried.body).toMatchObject({ id: test.id, status: 'pending', attempts: 1 });
    await eventually(async () =>
      expect(await find()).toMatchObject({ status: 'delivered', attempts: 2 }),
    );
    expect(receivedAt('/retry').map(({ headers }) => headers['webhook-id'])).toEqual([
      test.event_id,
      test.event_id,
    ]);
    const audit = await portico.call('GET', 'audit-log?action=webhook.retry');
    expect(audit.body.data[0]).toMatchObject({
      resource_id: 'wh_retry',
      before: { id: test.id, status: 'failed' },
      after: { id: test.id, status: 'pending' },
    });
    await portico.query(
      `update webhook_deliveries set locked_until = now() + interval '1 minute' where id = $1`,
      [test.id],
    );
    const busy = await portico.call('POST', path);
    expect(busy.status).toBe(409);
    expect(busy.body.error).toBe('conflict');
    for (const wrong of ['wh_retry/deliveries/whd_none', `wh_test/deliveries/${test.id}`]) {
      expect((await portico.call('POST', `webhooks/${wrong}/retry`)).status).toBe(404);
    }
  });

  it('are read by viewers, written by editors, and nothing to auditors', async () => {
    await create({ id: 'wh_roles' });
    const statuses: Record<string, number[]> = {};
    for (const role of ['viewer', 'editor', 'auditor']) {
      const { body } = await portico.call('POST', 'api-keys', { body: { name: role, role } });
      const ask = async (method: string, path: string) =>
        (await portico.call(method, path, { key: body.key })).status;
      statuses[role] = [
        await ask('GET', 'webhooks'),
        await ask('GET', 'webhooks/wh_roles/deliveries'),
        await ask('POST', 'webhooks/wh_roles/test'),
      ];
    }
    expect(statuses).toEqual({
      viewer: [200, 200, 403],
      editor: [200, 200, 201],
      auditor: [403, 403, 403],
    });
    expect((await portico.call('GET', 'webhooks', { key: null })).status).toBe(401);
  });
});

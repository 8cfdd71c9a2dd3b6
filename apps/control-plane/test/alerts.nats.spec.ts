import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  startMailbox,
  startUpstream,
  type Mailbox,
  type Upstream,
} from '@portico/testkit';
import { Webhook } from 'standardwebhooks';
import { startListeningNode } from './listening-node.ts';
import { startLogIngestProcess } from './log-ingest-process.ts';
import { startPortico, type TestPortico } from './start-portico.ts';

const KEY = 'a master secret for tests';
const today = new Date().toISOString().slice(0, 10);

describe('alerts of the whole control plane', () => {
  let logIngest: Awaited<ReturnType<typeof startLogIngestProcess>>;
  let mailbox: Mailbox;
  let receiver: Upstream;
  let portico: TestPortico;
  beforeAll(async () => {
    [logIngest, mailbox, receiver] = await Promise.all([
      startLogIngestProcess(KEY),
      startMailbox(),
      startUpstream(),
    ]);
    portico = await startPortico({
      LOG_INGEST_URL: logIngest.url,
      SMTP_URL: mailbox.url,
      PORTICO_ADMIN_EMAIL: 'admin@portico.test',
      ALERT_CHECK_INTERVAL_MS: '100',
      NODE_LAG_ALERT_SECONDS: '1',
      WEBHOOK_ALLOW_PRIVATE: 'true',
    });
  }, 120_000);
  afterAll(async () => {
    await portico.stop();
    await Promise.all([logIngest.stop(), mailbox.stop(), receiver.stop()]);
  });

  it('tell of calls that gateway nodes counted, by webhook and by mail', async () => {
    await portico.call('POST', 'policies', {
      body: {
        id: 'pol_daily',
        name: 'Daily',
        quota: { requests: 100, period: 'day' },
        alert_partner: true,
      },
    });
    await portico.call('POST', 'clients', {
      body: { id: 'cl_acme', name: 'Acme', email: 'ops@acme.test', policy_id: 'pol_daily' },
    });
    const { body: webhook } = await portico.call('POST', 'webhooks', {
      body: { url: receiver.url, events: ['quota.threshold_reached', 'node.lagging'] },
    });
    const [profile] = (await portico.call('GET', 'clients/cl_acme/profiles')).body.data;
    await logIngest.publishUsage([
      { client_id: 'cl_acme', profile_id: profile.id, day: today, admitted: 85 },
    ]);
    const request = await eventually(() => {
      expect(receiver.requests).toHaveLength(1);
      return receiver.requests[0]!;
    });
    const headers = request.headers as Record<string, string>;
    expect(new Webhook(webhook.secret).verify(request.body, headers)).toMatchObject({
      type: 'quota.threshold_reached',
      data: { client: { id: 'cl_acme', name: 'Acme' }, threshold: 80, used: 85 },
    });
    expect((await mailbox.mailTo('admin@portico.test')).subject).toContain('Acme has used 85 %');
    expect((await mailbox.mailTo('ops@acme.test')).subject).toContain('You have used 85 %');
  });

  it('tell of a node that does not follow', async () => {
    const node = await startListeningNode(portico.feeds, portico.config.keyring, 'node-stuck');
    await eventually(() => expect(node.index().revision).toBeGreaterThan(0));
    node.stopApplying();
    await portico.call('POST', 'policies', { body: { name: 'News' } });
    await eventually(async () => {
      const bodies = receiver.requests.map(({ body }) => JSON.parse(body.toString()));
      expect(bodies).toContainEqual(
        expect.objectContaining({
          type: 'node.lagging',
          data: expect.objectContaining({ node: 'node-stuck', revisions_behind: 1 }),
        }),
      );
    });
    await node.stop();
  });
});

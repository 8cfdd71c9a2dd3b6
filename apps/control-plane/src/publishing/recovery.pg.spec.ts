import { CONFIG_FORMAT, type ConfigMessage } from '@portico/contracts';
import { signMessage } from '@portico/messaging';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@portico/testkit';
import { startListeningNode } from '../../test/listening-node.ts';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';

const FAST = { PUBLISH_TICK_MS: '50', RECONCILE_MS: '100' };

describe('the publisher', () => {
  let portico: TestPortico;
  let node: Awaited<ReturnType<typeof startListeningNode>>;

  beforeEach(async () => {
    portico = await startPortico(FAST);
    await portico.call('POST', 'policies', { body: { id: 'pol_gold', name: 'Gold' } });
    node = await startListeningNode(portico.feeds, portico.config.keyring);
    await eventually(() => expect(node.keys()).toEqual(['policy.pol_gold']));
  });
  afterEach(async () => {
    await node.stop();
    await portico.stop();
  });

  const signed = (message: Pick<ConfigMessage, 'key' | 'body' | 'revision' | 'last'>) =>
    signMessage({ format: CONFIG_FORMAT, ...message }, portico.config.keyring.signing.privateKey);
  const bucket = async () => portico.feeds.configPublisher.readAll();

  it('repairs a bucket that somebody else wrote to', async () => {
    const before = await bucket();
    const policy = JSON.parse(before.get('policy.pol_gold')!.body!) as object;
    const meta = before.get('meta')!;
    const forged = JSON.stringify({ ...policy, id: 'pol_forged' });
    await portico.feeds.configPublisher.publish([
      signed({ key: 'policy.pol_gold', body: null, revision: meta.revision, last: false }),
      signed({ key: 'policy.pol_forged', body: forged, revision: meta.revision, last: false }),
      signed({ key: 'meta', body: meta.body, revision: meta.revision, last: true }),
    ]);
    await eventually(async () => {
      const keys = [...(await bucket()).keys()].sort();
      expect(keys).toEqual(['meta', 'policy.pol_gold']);
    });
    await eventually(() => expect(node.keys()).toEqual(['policy.pol_gold']));
  });

  it('goes forward when the database was restored from a backup', async () => {
    const before = node.index().revision;
    await portico.call('POST', 'policies', { body: { id: 'pol_lost', name: 'Lost' } });
    await eventually(() => expect(node.keys()).toContain('policy.pol_lost'));
    // What a restore does: rows and revision are those of yesterday, both at once.
    await portico.query(
      `with lost as (delete from policies where id = 'pol_lost')
       update config_revision set revision = $1`,
      [before],
    );
    await eventually(() => {
      expect(node.keys()).toEqual(['policy.pol_gold']);
      expect(node.index().revision).toBeGreaterThan(before + 1);
    });
  });

  it('sends nothing and raises the alarm when the configuration cannot be enforced', async () => {
    const revision = node.index().revision;
    // Past every check of ours, as a hand on the database would.
    await portico.query(`update policies set mode = 'default', rate_limits = '[{"x":1}]'`);
    await portico.query(
      `with r as (update config_revision set revision = revision + 1 returning revision)
       insert into config_changes select revision, 'policy.pol_gold', now() from r`,
    );
    await eventually(async () => {
      const { body } = await portico.call('GET', '/metrics');
      expect(body).toContain('portico_config_refused{service="control-plane"} 1');
    });
    expect(node.index().revision).toBe(revision);
    await portico.call('PATCH', 'policies/pol_gold', { body: { rate_limits: null } });
    await eventually(async () => {
      const { body } = await portico.call('GET', '/metrics');
      expect(body).toContain('portico_config_refused{service="control-plane"} 0');
    });
    await eventually(() => expect(node.index().revision).toBeGreaterThan(revision));
  });

  it('is one at a time, and another replica takes over when it goes', async () => {
    const { startControlPlane } = await import('../start.ts');
    const { createLogger } = await import('@portico/telemetry');
    const logger = createLogger({ service: 'control-plane', level: 'silent' });
    const second = await startControlPlane(portico.config, { feeds: portico.feeds, logger });
    const holders = () =>
      portico.query<{ count: string }>(
        `select count(*) from pg_locks l join pg_stat_activity a using (pid)
         where l.locktype = 'advisory' and l.granted and a.datname = current_database()
           and a.application_name = 'portico-publisher'`,
      );
    expect((await holders())[0]!.count).toBe('1');
    await portico.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'portico-publisher' and datname = current_database()`,
    );
    await portico.call('POST', 'policies', { body: { id: 'pol_after', name: 'After' } });
    await eventually(() => expect(node.keys()).toContain('policy.pol_after'));
    await eventually(async () => expect((await holders())[0]!.count).toBe('1'));
    await second.stop();
  });
});

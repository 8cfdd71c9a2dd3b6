import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';

describe('the audit log', () => {
  let portico: TestPortico;
  const verify = async () => (await portico.call('GET', 'audit-log/verify')).body;
  const tamper = async (sql: string) => {
    await portico.query(
      `begin; alter table audit_log disable trigger all; ${sql};
       alter table audit_log enable trigger all; commit`,
    );
  };

  beforeAll(async () => {
    portico = await startPortico();
  });
  afterAll(() => portico.stop());

  it('is whole when it is empty', async () => {
    expect(await verify()).toEqual({ valid: true, entries: 0, head: '0'.repeat(64) });
  });

  it('holds the complete resource before and after, who, from where and which revision', async () => {
    await portico.call('POST', 'policies', { body: { id: 'pol_gold', name: 'Gold' } });
    const patched = await portico.call('PATCH', 'policies/pol_gold', {
      body: { name: 'Platinum' },
      headers: { 'x-request-id': 'req_known-to-the-test' },
    });
    const { data } = (await portico.call('GET', 'audit-log?resource_id=pol_gold')).body;
    expect(data[0]).toMatchObject({
      sequence: 2,
      action: 'policy.update',
      actor: { type: 'api_key', id: 'key_bootstrap', name: 'PORTICO_ADMIN_API_KEY' },
      ip: '127.0.0.1',
      request_id: 'req_known-to-the-test',
      resource_type: 'policy',
      revision: Number(patched.headers.get('x-config-revision')),
      previous_hash: data[1].hash,
    });
    expect(data[0].before).toMatchObject({ name: 'Gold', version: 1 });
    expect(data[0].after).toEqual(patched.body);
  });

  it('stays one chain when many write at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 25 }, (_, at) =>
        portico.call('POST', 'policies', { body: { name: `p${at}` } }),
      ),
    );
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    const revisions = answers.map(({ headers }) => Number(headers.get('x-config-revision')));
    expect(new Set(revisions).size).toBe(25);
    expect(await verify()).toMatchObject({ valid: true, entries: 27 });
  });

  it('lets exactly one of two writers with the same version through', async () => {
    const patch = (name: string) =>
      portico.call('PATCH', 'policies/pol_gold', {
        body: { name },
        headers: { 'if-match': '"2"' },
      });
    const statuses = (await Promise.all([patch('one'), patch('two')])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 412]);
  });

  it('has no entry for a write that was refused', async () => {
    const before = (await verify()).entries;
    await portico.call('POST', 'policies', { body: { id: 'pol_gold', name: 'taken' } });
    await portico.call('DELETE', 'policies/pol_none');
    expect((await verify()).entries).toBe(before);
  });

  it('records that a secret was read, without the secret', async () => {
    await portico.call('POST', 'clients', { body: { id: 'cl_acme', name: 'Acme' } });
    const { body } = await portico.call('GET', 'clients/cl_acme/profiles');
    const headers = await portico.call('GET', `profiles/${body.data[0].id}/auth-headers`);
    const { data } = (await portico.call('GET', 'audit-log?action=profile.read_secret')).body;
    expect(data).toHaveLength(1);
    expect(data[0].resource_id).toBe(body.data[0].id);
    const token = headers.body.headers[2].value.replace('Bearer ', '');
    const all = await portico.call('GET', 'audit-log/export');
    expect(all.body).not.toContain(token);
    expect(await verify()).toMatchObject({ valid: true });
  });

  it.each([
    ['actor=key_bootstrap&limit=1', 1],
    ['actor=nobody', 0],
    ['actor_type=portal', 0],
    ['action=client.create', 1],
    ['resource_type=client&resource_id=cl_acme', 1],
    ['ip=203.0.113.1', 0],
    ['request_id=req_known-to-the-test', 1],
    ['q=PLATINUM&action=policy.update&limit=1', 1],
    ['from=2999-01-01T00:00:00Z', 0],
    ['to=2001-01-01T00:00:00Z', 0],
  ])('is filtered by %s', async (query, expected) => {
    const answer = await portico.call('GET', `audit-log?${query}`);
    expect(answer.body.data).toHaveLength(expected);
  });

  it.each(['yesterday', '2026-W01', '2026-02-30T00:00:00Z', '2026-11-21'])(
    'is not asked for a time such as %s',
    async (from) => {
      const answer = await portico.call('GET', `audit-log?from=${from}`);
      expect(answer.status).toBe(422);
      expect(answer.body.details[0].path).toBe('query.from');
    },
  );

  it('takes a time with an offset', async () => {
    const answer = await portico.call('GET', 'audit-log?from=2001-01-01T00:00:00%2B09:00');
    expect(answer.body.data.length).toBeGreaterThan(0);
  });

  it('pages newest first', async () => {
    const first = (await portico.call('GET', 'audit-log?limit=3')).body;
    const second = (await portico.call('GET', `audit-log?limit=3&cursor=${first.next_cursor}`))
      .body;
    const sequences = [...first.data, ...second.data].map(({ sequence }) => sequence as number);
    expect(sequences).toEqual(sequences.map((_, at) => sequences[0]! - at));
    expect((await portico.call('GET', `audit-log/${first.data[0].id}`)).body).toEqual(
      first.data[0],
    );
    expect((await portico.call('GET', 'audit-log?cursor=x')).status).toBe(422);
  });

  it('is exported whole, as lines of JSON or a table that no spreadsheet will run', async () => {
    await portico.call('POST', 'policies', { body: { id: 'pol_formula', name: '=1+1' } });
    const lines = (await portico.call('GET', 'audit-log/export?format=ndjson')).body as string;
    const entries = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(entries).toHaveLength((await verify()).entries);
    const table = await portico.call('GET', 'audit-log/export?format=csv');
    expect(table.headers.get('content-type')).toContain('text/csv');
    expect(table.body).toMatch(/^sequence,id,timestamp,/);
    expect(table.body).not.toMatch(/(^|,)=1\+1/m);
  });

  it('cannot be changed through ordinary means', async () => {
    for (const sql of [
      `update audit_log set ip = 'x'`,
      'delete from audit_log',
      'truncate audit_log',
    ]) {
      await expect(portico.query(sql)).rejects.toThrow('append-only');
    }
  });

  it('shows where it was tampered with', async () => {
    await tamper(`update audit_log set actor_name = 'somebody else' where sequence = 5`);
    expect(await verify()).toMatchObject({
      valid: false,
      broken_at: 5,
      reason: 'the entry was changed',
    });
    await tamper(`update audit_log set actor_name = 'PORTICO_ADMIN_API_KEY' where sequence = 5`);
    expect(await verify()).toMatchObject({ valid: true });
    await tamper('delete from audit_log where sequence = (select max(sequence) from audit_log)');
    expect(await verify()).toMatchObject({
      valid: false,
      reason: 'entries are missing at the end',
    });
    await tamper('delete from audit_log where sequence = 3');
    expect(await verify()).toMatchObject({ valid: false, broken_at: 3 });
  });
});

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';

/** A log store that answers what it is told to and remembers how it was asked. */
function startLogStore() {
  const asked: Pick<IncomingMessage, 'url' | 'headers'>[] = [];
  let answer: { status: number; body: string } = { status: 200, body: '{}' };
  const server: Server = createServer((request, response) => {
    asked.push({ url: request.url ?? '', headers: request.headers });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  return {
    asked,
    answers: (status: number, body: unknown) =>
      (answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body) }),
    start: () =>
      new Promise<string>((resolve) =>
        server.listen(0, '127.0.0.1', () =>
          resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
        ),
      ),
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}

describe('request logs', () => {
  const store = startLogStore();
  let portico: TestPortico;

  beforeAll(async () => {
    portico = await startPortico({ LOG_INGEST_URL: await store.start() });
  });
  afterAll(() => portico.stop());
  beforeEach(() => {
    store.asked.length = 0;
  });

  it('pass the search on, with the credential between services', async () => {
    store.answers(200, { data: [], next_cursor: null });
    const answer = await portico.call('GET', 'request-logs?client_id=cl_acme&status=4xx&limit=10');
    expect(answer.body).toEqual({ data: [], next_cursor: null });
    expect(store.asked).toEqual([
      expect.objectContaining({
        url: '/internal/v1/request-logs?client_id=cl_acme&status=4xx&limit=10',
        headers: expect.objectContaining({
          authorization: `Bearer ${portico.config.keyring.logIngestToken}`,
        }),
      }),
    ]);
  });

  it.each([
    ['request-logs?status=42', 'query.status'],
    ['request-logs?from=yesterday', 'query.from'],
    ['request-logs?nope=1', 'query.nope'],
    ['request-logs?limit=ten', 'query.limit'],
    ['request-logs/export?format=pdf', 'query.format'],
    ['metrics/summary?interval=2h', 'query.interval'],
  ])('refuse %s without asking the store', async (path, where) => {
    const answer = await portico.call('GET', path);
    expect(answer.status).toBe(422);
    expect(answer.body.details).toEqual([{ path: where, message: expect.any(String) }]);
    expect(store.asked).toEqual([]);
  });

  it('say 404 of a record that is not there', async () => {
    store.answers(404, { error: 'not_found', message: 'x', request_id: 'req_1' });
    const answer = await portico.call('GET', 'request-logs/req_unknown');
    expect(answer.status).toBe(404);
    expect(answer.body.error).toBe('not_found');
  });

  it('stream an export as it comes', async () => {
    store.answers(200, '{"a":1}\n{"a":2}\n');
    const answer = await portico.call('GET', 'request-logs/export?format=ndjson');
    expect(answer.body).toBe('{"a":1}\n{"a":2}\n');
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    expect(answer.headers.get('content-disposition')).toContain('request-logs.ndjson');
  });

  it('summarise the last day where no time was named', async () => {
    store.answers(200, { totals: {}, buckets: [], facets: {} });
    await portico.call('GET', 'metrics/summary');
    const query = new URL(store.asked[0]!.url!, 'http://x').searchParams;
    expect(Date.parse(query.get('to')!) - Date.parse(query.get('from')!)).toBe(86_400_000);
  });

  it('say that the store is away, whatever it is that went wrong', async () => {
    store.answers(500, 'not even JSON');
    expect((await portico.call('GET', 'request-logs')).status).toBe(503);
    store.answers(200, 'not even JSON');
    expect((await portico.call('GET', 'request-logs')).body.error).toBe('log_store_unavailable');
    await store.stop();
    const answer = await portico.call('GET', 'request-logs');
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({ error: 'log_store_unavailable' });
    expect(JSON.stringify(answer.body)).not.toMatch(/ECONN|127\.0\.0\.1/);
  });
});

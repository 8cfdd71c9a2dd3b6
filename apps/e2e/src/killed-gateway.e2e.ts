import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, startUpstream, type Upstream } from '@portico/testkit';
import pg from 'pg';
import { Agent, fetch } from 'undici';
import { startDistributed, type Distributed, type GatewayNode } from './deployment.ts';

const PATH = '/killed/ping';
const CLIENTS = ['cl_killed_one', 'cl_killed_two'] as const;
const NO_CLIENT = '-';
const KILLS = 4;
const CALLERS_PER_NODE = 4;
/** A batch leaves as soon as it has so many records: fewer than that are ever in none. */
const BATCH_RECORDS_MAX = 200;

describe('records and usage when gateways are killed under load', () => {
  let portico: Distributed;
  let upstream: Upstream;
  let log: pg.Pool;
  const headersByClient = new Map<string, Record<string, string>>();

  beforeAll(async () => {
    upstream = await startUpstream((_request, response) => void response.end('pong'));
    portico = await startDistributed();
    log = new pg.Pool({ connectionString: portico.database.url, max: 2 });
    const { admin } = portico;
    await admin.create('/collections', {
      id: 'coll_killed',
      name: 'Killed',
      base_path: '/killed',
      upstreams: { production: { targets: [{ url: upstream.url, weight: 1 }] } },
    });
    await admin.create('/collections/coll_killed/endpoints', {
      ...{ name: 'Ping', methods: ['GET'], path: '/ping', status: 'published' },
    });
    await admin.send('PUT', '/collections/coll_killed/status', { status: 'published' });
    await admin.create('/policies', {
      id: 'pol_killed',
      name: 'Counted',
      rate_limits: [{ requests: 1_000_000, window: '1m' }],
    });
    for (const id of CLIENTS) {
      const contract = { policy_id: 'pol_killed', collections: ['coll_killed'] };
      await admin.create('/clients', { id, name: id, ...contract });
      const { data } = (await admin.get(`/clients/${id}/profiles`)).json<{
        data: { id: string }[];
      }>();
      headersByClient.set(id, await admin.authHeaders(data[0]!.id));
    }
    headersByClient.set(NO_CLIENT, {});
  }, 120_000);

  afterAll(async () => {
    await log?.end();
    await portico?.stop();
    await upstream?.stop();
  });

  it('are each stored once, or counted as lost once, for their client', async () => {
    const [first, other] = portico.gateways;
    const calls = [...(await killAgainAndAgain(first!)), ...(await killAgainAndAgain(other!))];
    const ledger = await eventually(
      async () => {
        const now = await readLedger(log);
        expectNothingMissing(now);
        expectAccountedFor(calls, now);
        expectUsage(calls, now);
        return now;
      },
      { withinMs: 60_000 },
    );
    expect(ledger.losses.length).toBeGreaterThan(0);
    for (const loss of ledger.losses) {
      expect(loss).toMatchObject({ reason: 'killed' });
      expect(loss.lost).toBeLessThan(BATCH_RECORDS_MAX);
    }
  }, 300_000);

  /** Kills it at moments that nobody chose, log-ingest with it at times, and gives all calls made. */
  async function killAgainAndAgain(gateway: GatewayNode): Promise<readonly Call[]> {
    const calls: Call[] = [];
    let [node, logIngest] = [gateway, portico.processes.logIngest];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const load = callAllTheTime(node.url, headersByClient);
      const enough = 50 + Math.random() * 500;
      await eventually(() => load.answered() > enough, { withinMs: 60_000 });
      const isDouble = kill === 1 && gateway === portico.gateways[0];
      await Promise.all([node.process.kill(), isDouble && logIngest.kill()]);
      calls.push(...(await load.stop()));
      if (isDouble) logIngest = await portico.restartLogIngest();
      node = await node.restart();
    }
    return calls;
  }
});

interface Call {
  readonly client: string;
  readonly requestId: string;
  /** The node is known to have gone on for long enough to have noted its record. */
  readonly isNoted: boolean;
  /** And that it was admitted. */
  readonly isUsageNoted: boolean;
}

/** Callers that take no notice of failures; each knows what it was answered. */
function callAllTheTime(url: string, headersByClient: ReadonlyMap<string, Record<string, string>>) {
  const agent = new Agent();
  const answers: Answer[][] = [];
  let answered = 0;
  let isOver = false;
  const caller = async (client: string): Promise<void> => {
    const mine: Answer[] = [];
    answers.push(mine);
    const headers = headersByClient.get(client)!;
    while (!isOver) {
      const sentAtMs = performance.now();
      const requestId = await requestIdOf(`${url}${PATH}`, headers, agent);
      if (requestId === null) return;
      mine.push({ client, requestId, sentAtMs, answeredAtMs: performance.now() });
      answered += 1;
    }
  };
  const callers = [...headersByClient.keys()].flatMap((client) =>
    Array.from({ length: CALLERS_PER_NODE }, () => caller(client)),
  );
  return {
    answered: () => answered,
    stop: async (): Promise<Call[]> => {
      isOver = true;
      await Promise.all(callers);
      await agent.close();
      return answers.flatMap((mine) =>
        mine.map((call) => ({
          ...call,
          isNoted: isNoted(call, mine, RECORD_NOTED_AFTER_MS),
          isUsageNoted: isNoted(call, mine, USAGE_NOTED_AFTER_MS),
        })),
      );
    },
  };
}

interface Answer {
  readonly client: string;
  readonly requestId: string;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

/** A node gathers records for a millisecond before it notes them, usage for five. */
const RECORD_NOTED_AFTER_MS = 5;
const USAGE_NOTED_AFTER_MS = 10;

/**
 * Two later calls, the first sent when the note was overdue: between its answering of the one and of
 * the other the node has looked at its timers, however little of the processor it was given.
 */
const isNoted = (call: Answer, mine: readonly Answer[], afterMs: number): boolean =>
  mine.filter(({ sentAtMs }) => sentAtMs >= call.answeredAtMs + afterMs).length >= 2;

/** `null` when there was no answer. */
const requestIdOf = (url: string, headers: Record<string, string>, dispatcher: Agent) =>
  fetch(url, { headers, dispatcher }).then(
    async (response) => {
      await response.text();
      return response.headers.get('x-request-id');
    },
    () => null,
  );

interface Loss {
  readonly node: string;
  readonly from: number;
  readonly to: number;
  readonly lost: number;
  readonly byClient: Readonly<Record<string, number>>;
  readonly reason: string;
}
interface Ledger {
  /** Sequences by node, each as often as it is stored. */
  readonly storedByNode: ReadonlyMap<string, readonly number[]>;
  readonly timesByRequestId: ReadonlyMap<string, number>;
  readonly losses: readonly Loss[];
  /** Admitted calls, as bills are made from them. */
  readonly usageByClient: ReadonlyMap<string, number>;
}

async function readLedger(log: pg.Pool): Promise<Ledger> {
  const { rows: records } = await log.query<{ node: string; sequence: string; request_id: string }>(
    'SELECT node, sequence, request_id FROM logs.records ORDER BY node, sequence',
  );
  const { rows: losses } = await log.query<Loss>(
    `SELECT node, from_sequence::int AS "from", to_sequence::int AS "to", lost::int,
            lost_by_client AS "byClient", reason FROM logs.losses`,
  );
  const storedByNode = new Map<string, number[]>(losses.map(({ node }) => [node, []]));
  const timesByRequestId = new Map<string, number>();
  for (const { node, sequence, request_id: id } of records) {
    const stored = storedByNode.get(node) ?? [];
    storedByNode.set(node, stored);
    stored.push(Number(sequence));
    timesByRequestId.set(id, (timesByRequestId.get(id) ?? 0) + 1);
  }
  const { rows: usage } = await log.query<{ client: string; admitted: number }>(
    `SELECT client_id AS client, sum(admitted)::int AS admitted FROM logs.usage_daily GROUP BY 1`,
  );
  const usageByClient = new Map(usage.map(({ client, admitted }) => [client, admitted]));
  return { storedByNode, timesByRequestId, losses, usageByClient };
}

/** emitted = stored + counted as lost, from the numbers that each process gave its records. */
function expectNothingMissing({ storedByNode, losses }: Ledger): void {
  for (const [node, stored] of storedByNode) {
    const mine = losses.filter((loss) => loss.node === node);
    const isStored = new Set(stored);
    expect({ node, stored: isStored.size }).toEqual({ node, stored: stored.length });
    const last = Math.max(...stored, ...mine.map(({ to }) => to));
    const lost = mine.reduce((sum, loss) => sum + loss.lost, 0);
    expect({ node, emitted: stored.length + lost }).toEqual({ node, emitted: last });
    const uncovered = Array.from({ length: last }, (_, at) => at + 1).filter(
      (at) => !isStored.has(at) && !mine.some(({ from, to }) => from <= at && at <= to),
    );
    expect({ node, uncovered }).toEqual({ node, uncovered: [] });
  }
}

/** What each client saw, against what the log says of it. */
function expectAccountedFor(calls: readonly Call[], { timesByRequestId, losses }: Ledger): void {
  for (const client of [...CLIENTS, NO_CLIENT]) {
    const mine = calls.filter((call) => call.client === client);
    const twice = mine.filter(({ requestId }) => (timesByRequestId.get(requestId) ?? 0) > 1);
    expect({ client, twice }).toEqual({ client, twice: [] });
    const missing = mine.filter(
      ({ isNoted, requestId }) => isNoted && !timesByRequestId.has(requestId),
    ).length;
    const lost = losses.reduce((sum, { byClient }) => sum + (byClient[client] ?? 0), 0);
    expect({ client, missing: Math.max(missing, lost) }).toEqual({ client, missing: lost });
  }
}

/** A partner is billed for what it was answered, and at most for what it asked besides. */
function expectUsage(calls: readonly Call[], { usageByClient }: Ledger): void {
  // Each caller has one call under way when the node dies.
  const unanswered = 2 * KILLS * CALLERS_PER_NODE;
  for (const client of CLIENTS) {
    const mine = calls.filter((call) => call.client === client);
    const noted = mine.filter(({ isUsageNoted }) => isUsageNoted).length;
    const admitted = usageByClient.get(client) ?? 0;
    expect({ client, admitted: Math.max(admitted, noted) }).toEqual({ client, admitted });
    expect({ client, admitted: Math.min(admitted, mine.length + unanswered) }).toEqual({
      client,
      admitted,
    });
  }
}

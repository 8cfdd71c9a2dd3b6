import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@portico/testkit';
import { startListeningNode } from '../../test/listening-node.ts';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';

const NODES = ['eu-1', 'eu-2', 'us-1'];

describe('the list of gateways', () => {
  let portico: TestPortico;
  let nodes: Awaited<ReturnType<typeof startListeningNode>>[];
  const list = async (query = '') => portico.call('GET', `gateways${query}`);
  const idsOf = async (query: string): Promise<string[]> =>
    (await list(query)).body.data.map(({ id }: { id: string }) => id);

  beforeAll(async () => {
    portico = await startPortico();
    nodes = await Promise.all(
      NODES.toReversed().map((id) => startListeningNode(portico.feeds, portico.config.keyring, id)),
    );
    await eventually(async () => expect(await idsOf('')).toEqual(NODES));
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await portico.stop();
  });

  it.each(['limit=x', 'limit=0', 'colour=red'])(
    'refuses the query %s as every list',
    async (query) => {
      const answer = await list(`?${query}`);
      expect(answer.status).toBe(422);
      const path = `query.${query.split('=')[0]}`;
      expect(answer.body.details).toEqual([{ path, message: expect.any(String) }]);
    },
  );

  it('pages, though a node that was shown is gone meanwhile', async () => {
    const first = await list('?limit=2');
    expect(first.body).toMatchObject({ data: [{ id: 'eu-1' }, { id: 'eu-2' }] });
    nodes[1]!.beat({ draining: true });
    expect(await idsOf(`?limit=2&cursor=${first.body.next_cursor}`)).toEqual(['us-1']);
    const last = await list(`?cursor=${first.body.next_cursor}`);
    expect(last.body.next_cursor).toBeNull();
  });

  it('finds part of an id, whatever its case', async () => {
    expect(await idsOf('?q=US-')).toEqual(['us-1']);
  });
});

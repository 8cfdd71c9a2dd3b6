import { describe, expect, it } from '@jest/globals';
import { searchEndpoints } from './search-endpoints.ts';
import type { EndpointSummary } from '../api/types.ts';

const endpoint = (name: string, over: Partial<EndpointSummary> = {}): EndpointSummary => ({
  id: `ep_${name}`,
  name,
  description: '',
  methods: ['GET'],
  path: '/',
  full_path: '/',
  ...over,
});

const list = endpoint('List orders', { full_path: '/orders/v2/orders' });
const create = endpoint('Create order', { methods: ['POST'], full_path: '/orders/v2/orders' });
const refund = endpoint('Refund', { description: 'Gives money back for an order.' });
const names = (query: string) =>
  searchEndpoints([list, create, refund], query).map(({ name }) => name);

describe('searchEndpoints', () => {
  it('an empty query keeps everything', () => expect(names('  ')).toHaveLength(3));
  it('looks at the method', () => expect(names('post')).toEqual(['Create order']));
  it('looks at the path', () => expect(names('/v2/')).toEqual(['List orders', 'Create order']));
  it('looks at the description', () => expect(names('MONEY')).toEqual(['Refund']));
  it('wants every word, in any order', () => expect(names('order list')).toEqual(['List orders']));
  it('finds nothing where nothing matches', () => expect(names('invoice')).toEqual([]));
});

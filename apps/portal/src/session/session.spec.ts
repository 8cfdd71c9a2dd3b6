import { describe, expect, it } from '@jest/globals';
import { linkToken } from './link-token.ts';
import { isOwnPath } from './return-to.ts';

describe('linkToken', () => {
  it.each([
    ['a query', { search: '?token=abc', hash: '' }, 'abc'],
    ['a named fragment', { search: '', hash: '#token=abc' }, 'abc'],
    ['a bare fragment', { search: '', hash: '#abc' }, 'abc'],
    ['both, the fragment first', { search: '?token=old', hash: '#token=new' }, 'new'],
    ['an escaped token', { search: '?token=a%2Fb', hash: '' }, 'a/b'],
  ])('is read from %s', (_where, location, token) => expect(linkToken(location)).toBe(token));

  it.each([
    ['nothing', { search: '', hash: '' }],
    ['an empty token', { search: '?token=', hash: '' }],
    ['something else', { search: '?utm_source=mail', hash: '#section=2' }],
  ])('is null for %s', (_what, location) => expect(linkToken(location)).toBeNull());
});

describe('isOwnPath', () => {
  it.each(['/', '/collections/coll_orders_v2', '/requests?status=4xx'])('%s is ours', (path) =>
    expect(isOwnPath(path)).toBe(true),
  );

  it.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    null,
  ])('%s is never a place to return to', (path) => expect(isOwnPath(path)).toBe(false));
});

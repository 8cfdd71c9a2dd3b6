import { describe, expect, it } from '@jest/globals';
import { toLogFilters } from './filters.ts';

const filtersOf = (address: string) =>
  toLogFilters(new URLSearchParams(address), Date.parse('2026-03-02T12:00:00Z'));

describe('toLogFilters', () => {
  it('reads the known filters out of the address and nothing else', () => {
    expect(filtersOf('status=4xx&method=POST&client_id=cl_other&utm=x')).toEqual({
      status: '4xx',
      method: 'POST',
    });
  });

  it('a range becomes the time it starts at', () => {
    expect(filtersOf('range=24h')).toEqual({ from: '2026-03-01T12:00:00.000Z' });
  });

  it('a status or range that is none is left out, so the page still works', () => {
    expect(filtersOf('status=banana&range=ever')).toEqual({});
  });
});

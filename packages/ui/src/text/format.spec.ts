import { describe, expect, it } from '@jest/globals';
import {
  countOf,
  formatBytes,
  formatClock,
  formatCompact,
  formatDuration,
  formatRelative,
} from './format.ts';

describe('formatDuration', () => {
  it.each([
    [0.42, '0.4 ms'],
    [3, '3 ms'],
    [12.34, '12 ms'],
    [999, '999 ms'],
    [2345, '2.3 s'],
    [61_000, '61 s'],
  ])('%d ms reads %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('formatBytes', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1500, '1.5 kB'],
    [16_384, '16.4 kB'],
    [123_456, '123 kB'],
    [999_990, '1 MB'],
    [5_000_000_000_000, '5000 GB'],
  ])('%d bytes read %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe('formatCompact', () => {
  it.each([
    [2000, '2,000'],
    [12_500, '12.5K'],
    [5_000_000, '5M'],
    [3_000_000_000, '3B'],
  ])('%d reads %s', (value, text) => expect(formatCompact(value)).toBe(text));
});

describe('formatClock', () => {
  // Times of the reader's own zone, whichever this runs in.
  const at = new Date(2026, 2, 1, 14, 3, 22).toISOString();
  it.each([
    [new Date(2026, 2, 1, 23, 59, 59), '14:03:22'],
    [new Date(2026, 2, 2, 0, 0, 1), '1 Mar 2026, 14:03:22'],
  ])('seen at %s reads %s', (now, text) => expect(formatClock(at, now.getTime())).toBe(text));
});

describe('formatRelative', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  it.each([
    [now - 2_000, 'now'],
    [now - 42_000, '42 seconds ago'],
    [now - 5 * 60_000, '5 minutes ago'],
    [now + 3 * 3_600_000, 'in 3 hours'],
    [now - 24 * 3_600_000, 'yesterday'],
    [now + 9 * 86_400_000, 'in 9 days'],
    [now - 800 * 86_400_000, '2 years ago'],
  ])('%d reads %s', (at, text) => expect(formatRelative(at, now)).toBe(text));
});

describe('countOf', () => {
  it('says one thing in the singular and several in the plural', () => {
    expect(countOf(1, 'endpoint')).toBe('1 endpoint');
    expect(countOf(1200, 'endpoint')).toBe('1,200 endpoints');
    expect(countOf(0, 'query', 'queries')).toBe('0 queries');
  });
});

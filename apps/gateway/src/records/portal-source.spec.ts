import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { portalPerson } from './portal-source.ts';

const KEY = new Uint8Array(32).fill(3);
const PREVIOUS = new Uint8Array(32).fill(4);
const NOW_MS = 1_800_000_000_000;

const headerFor = (email: string, atMs: number, clientId: string, key = KEY): string =>
  `${email};${atMs};${createHmac('sha256', key).update(`${email};${atMs};${clientId}`).digest('base64url')}`;
const person = (header: string, clientId = 'cl_acme') =>
  portalPerson({ header, clientId, nowMs: NOW_MS }, [KEY, PREVIOUS]);

describe('the portal person of a call', () => {
  it('is believed when the control plane signed it for this client, now', () => {
    expect(person(headerFor('dev@acme.test', NOW_MS - 59_000, 'cl_acme'))).toBe('dev@acme.test');
  });

  it('is believed when it was signed with the key before, while that is still held', () => {
    const header = headerFor('dev@acme.test', NOW_MS, 'cl_acme', PREVIOUS);
    expect(person(header)).toBe('dev@acme.test');
    expect(portalPerson({ header, clientId: 'cl_acme', nowMs: NOW_MS }, [KEY])).toBeNull();
  });

  it.each([
    ['for another client', headerFor('dev@acme.test', NOW_MS, 'cl_globex')],
    ['with another key', headerFor('dev@acme.test', NOW_MS, 'cl_acme', new Uint8Array(32))],
    ['too long ago', headerFor('dev@acme.test', NOW_MS - 60_001, 'cl_acme')],
    ['in the future', headerFor('dev@acme.test', NOW_MS + 60_001, 'cl_acme')],
    ['for somebody else', headerFor('dev@acme.test', NOW_MS, 'cl_acme').replace('dev@', 'ceo@')],
    ['by nobody', `dev@acme.test;${NOW_MS};`],
    ['in another form', 'dev@acme.test'],
  ])('is not believed when signed %s', (_name, header) => {
    expect(person(header)).toBeNull();
  });
});

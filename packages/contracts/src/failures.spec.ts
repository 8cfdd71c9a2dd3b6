import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { CONTROL_FAILURES, GATEWAY_FAILURES, type Failure } from './failures.ts';

const page = readFileSync(new URL('../../../docs/failure-modes.md', import.meta.url), 'utf8');
const [gatewayPart, controlPart] = page.split('## Control plane') as [string, string];

const rowsOf = (part: string) =>
  [...part.matchAll(/^\| `(\w+)` +\| (\d+) +\| (\w+) +\|/gm)].map(([, code, status, owner]) => [
    code,
    Number(status),
    owner,
  ]);
const entriesOf = (catalogue: Readonly<Record<string, Failure>>) =>
  Object.entries(catalogue).map(([code, { status, owner }]) => [code, status, owner]);

describe('docs/failure-modes.md', () => {
  it.each([
    ['gateway', gatewayPart, GATEWAY_FAILURES],
    ['control plane', controlPart, CONTROL_FAILURES],
  ])('has a true row for every code of the %s, and no other', (_name, part, catalogue) => {
    expect(rowsOf(part).sort()).toEqual(entriesOf(catalogue).sort());
  });
});

import { describe, expect, it } from '@jest/globals';
import type { ConfigSnapshot } from '@portico/contracts';
import { readFileSync } from 'node:fs';
import { compile } from './index.ts';

const snapshot = JSON.parse(
  readFileSync(new URL('../../contracts/fixtures/v1/snapshot.json', import.meta.url), 'utf8'),
) as ConfigSnapshot;

describe('the frozen snapshot of format 1', () => {
  it('compiles to what it says', () => {
    const index = compile(snapshot, { unseal: () => 'a secret of thirty-two characters' });
    expect(index.revision).toBe(7);
    const client = index.clientById.get('cl_acme')!;
    expect([...client.profileById.keys()]).toEqual(['pr_acme_sandbox', 'pr_acme_signed']);
    expect(client.profileById.get('pr_acme_signed')!.allowedIps!('203.0.113.9')).toBe(true);
    expect(client.profileById.get('pr_acme_signed')!.allowedIps!('198.51.100.9')).toBe(false);
  });
});

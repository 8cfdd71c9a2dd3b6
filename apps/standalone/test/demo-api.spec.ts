import { freePort } from '@portico/testkit';
import { describe, expect, it } from '@jest/globals';
import { startDemoApi } from '../src/demo/demo-api.ts';

describe('the demo API', () => {
  it('answers a HEAD as it would a GET, without the body', async () => {
    const port = await freePort();
    const api = await startDemoApi('sandbox', port);
    try {
      const url = `http://127.0.0.1:${port}/items/desk-oak-160`;
      const head = await fetch(url, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
      expect(head.headers.get('content-type')).toBe((await fetch(url)).headers.get('content-type'));
      expect((await fetch(`${url}-none`, { method: 'HEAD' })).status).toBe(404);
    } finally {
      await api.stop();
    }
  });
});

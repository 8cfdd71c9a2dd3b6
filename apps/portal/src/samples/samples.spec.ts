import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shellQuote } from './quote.ts';
import type { SampleCall } from './sample-call.ts';
import { LANGUAGES } from './samples.ts';

const call = (over: Partial<SampleCall> = {}): SampleCall => ({
  method: 'POST',
  url: 'https://api.example/orders?tag=a&tag=b',
  headers: [
    { name: 'X-Client-ID', value: 'cl_acme' },
    { name: 'Authorization', value: 'Bearer portico_tok_x' },
    { name: 'Content-Type', value: 'application/json' },
  ],
  body: `{"note":"it's \\"here\\" $(id) \`id\` \${x}"}`,
  withCertificate: false,
  ...over,
});

describe.each(LANGUAGES)('the $label sample', ({ write }) => {
  it('carries the address, the method, every header and the body', () => {
    const code = write(call({ body: '{"a":1}' }));
    expect(code).toContain('https://api.example/orders?tag=a&tag=b');
    expect(code).toContain('POST');
    for (const text of ['X-Client-ID', 'cl_acme', 'Bearer portico_tok_x', 'application/json']) {
      expect(code).toContain(text);
    }
    expect(code.replaceAll('\\', '')).toContain('{"a":1}');
  });

  it('has no body where there is none', () => {
    const code = write(call({ method: 'GET', body: undefined, headers: [] }));
    expect(code).not.toMatch(/data-binary|data=|StringContent|NewReader|ofString\(.*BodyPub/);
  });

  it('presents the client certificate where the profile wants one', () => {
    expect(write(call({ withCertificate: true }))).toMatch(/client\.(crt|p12)/);
    expect(write(call())).not.toMatch(/client\.(crt|p12)/);
  });
});

it('nothing in a value can leave a shell quote', () => {
  const nasty = `it's $(touch /tmp/x) \`id\` "q" \\ \n end`;
  const { stdout } = spawnSync('sh', ['-c', `printf %s ${shellQuote(nasty)}`], {
    encoding: 'utf8',
  });
  expect(stdout).toBe(nasty);
});

/** Runs a sample against a real server and answers what the server saw. */
async function run(command: string, args: (file: string) => string[], id: string, file: string) {
  const seen: { method?: string; url?: string; client?: unknown; body: string } = { body: '' };
  const server = createServer((request, response) => {
    Object.assign(seen, {
      method: request.method,
      url: request.url,
      client: request.headers['x-client-id'],
    });
    request.on('data', (chunk: Buffer) => (seen.body += chunk.toString('utf8')));
    request.on('end', () => response.end('thanks'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const path = join(mkdtempSync(join(tmpdir(), 'portal-sample-')), file);
  const write = LANGUAGES.find((language) => language.id === id)!.write;
  writeFileSync(path, write(call({ url: `http://127.0.0.1:${port}/orders?tag=a&tag=b` })));
  const { spawn } = await import('node:child_process');
  const code = await new Promise((resolve) =>
    spawn(command, args(path), { stdio: 'ignore' }).on('exit', resolve),
  );
  server.close();
  return { code, seen };
}

describe('samples really run', () => {
  it.each([
    ['curl', 'sh', (file: string) => [file], 'call.sh'],
    ['node', process.execPath, (file: string) => [file], 'call.mjs'],
  ] as const)('%s sends what the console would send', async (id, command, args, file) => {
    const { code, seen } = await run(command, args, id, file);
    expect(code).toBe(0);
    expect(seen).toEqual({
      method: 'POST',
      url: '/orders?tag=a&tag=b',
      client: 'cl_acme',
      body: call().body,
    });
  });
});

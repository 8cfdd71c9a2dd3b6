import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { aClient, anEndpoint, aToken } from './builders.ts';
import { eventually } from './eventually.ts';
import { startMailbox } from './mailbox.ts';
import { runProcess } from './process.ts';
import { startUpstream } from './upstream.ts';

describe('startUpstream', () => {
  it('records what arrived, byte for byte, and answers as told', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(418).end('short and stout');
    });
    const answer = await fetch(`${upstream.url}/tea%2fpot?a=1&a=2`, { method: 'POST', body: 'hi' });
    expect([answer.status, await answer.text()]).toEqual([418, 'short and stout']);
    const [request] = upstream.requests;
    expect(request).toMatchObject({
      method: 'POST',
      path: '/tea%2fpot',
      url: '/tea%2fpot?a=1&a=2',
    });
    expect(request?.query.getAll('a')).toEqual(['1', '2']);
    expect(request?.body.toString()).toBe('hi');
    await upstream.stop();
    await expect(fetch(upstream.url)).rejects.toThrow();
  });
});

describe('startMailbox', () => {
  it('takes a mail over SMTP and finds the links in it', async () => {
    const mailbox = await startMailbox();
    const socket = connect(Number(new URL(mailbox.url).port), '127.0.0.1');
    const mail = 'Subject: Hello\r\nFrom: p@x.test\r\n\r\nSee http://x.test/a?b=1 now\r\n.\r\n';
    const dialogue = ['EHLO t', 'MAIL FROM:<p@x.test>', 'RCPT TO:<dev@acme.test>', 'DATA', mail];
    socket.on('data', () => socket.write(`${dialogue.shift() ?? 'QUIT'}\r\n`));
    const received = await mailbox.mailTo('dev@acme.test');
    expect(received).toMatchObject({ subject: 'Hello', links: ['http://x.test/a?b=1'] });
    socket.destroy();
    await mailbox.stop();
  });
});

describe('runProcess', () => {
  const node = (script: string, readyWhen: RegExp) =>
    runProcess({ command: process.execPath, args: ['-e', script], readyWhen });

  it('waits for the line that says ready, and reports how it ended', async () => {
    const running = await node(
      `process.on('SIGTERM', () => process.exit(3)); setInterval(() => 0, 1e6); console.log('port 4711')`,
      /port (\d+)/,
    );
    expect(running.ready?.[1]).toBe('4711');
    expect(await running.stop()).toBe(3);
  });

  it('tells what a process said that died before it was ready', async () => {
    await expect(node(`console.error('no such thing'); process.exit(9)`, /ready/)).rejects.toThrow(
      /no such thing/,
    );
  });

  it('leaves nothing running behind when the test process is killed', async () => {
    const child = `setInterval(() => 0, 1e6); console.log('child', process.pid)`;
    const parent = await runProcess({
      command: process.execPath,
      args: [
        ...['--experimental-strip-types', '--input-type=module', '-e'],
        `const { runProcess } = await import(${JSON.stringify(new URL('./process.ts', import.meta.url).href)});
         const child = await runProcess({ command: process.execPath, args: ['-e', ${JSON.stringify(child)}], readyWhen: /child/ });
         console.log('grandchild', child.pid);`,
      ],
      readyWhen: /grandchild (\d+)/,
    });
    const grandchild = Number(parent.ready?.[1]);
    expect(process.kill(grandchild, 0)).toBe(true);
    await parent.kill();
    await eventually(() => expect(() => process.kill(grandchild, 0)).toThrow('ESRCH'));
  });
});

describe('eventually', () => {
  it('gives the first answer that holds, and else fails with the last reason', async () => {
    let calls = 0;
    expect(await eventually(() => (++calls < 3 ? false : calls))).toBe(3);
    await expect(eventually(() => expect(calls).toBe(4), { withinMs: 50 })).rejects.toThrow(
      /not within 50 ms[^]*toBe/,
    );
  });
});

describe('builders', () => {
  it('refuse what the contract would refuse', () => {
    expect(() => aClient({ id: 'no prefix' })).toThrow();
    expect(anEndpoint({ path: '/orders/{id}' }).path).toBe('/orders/{id}');
  });

  it('mint well-formed tokens, the same for the same seed', () => {
    expect(aToken('a')).toMatch(/^portico_tok_[0-9A-Za-z]{40}$/);
    expect(aToken('a')).toBe(aToken('a'));
    expect(aToken('a')).not.toBe(aToken('b'));
  });
});

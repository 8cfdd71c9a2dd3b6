import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@portico/telemetry';
import { eventually, freePort, startMailbox, startRedis, startUpstream } from '@portico/testkit';
import { Redis } from 'ioredis';
import type { OutgoingMail } from '../../src/mail/mail.ts';
import { MailService, type MailOptions } from '../../src/mail/mail.service.ts';
import { ResendTransport } from '../../src/mail/resend-transport.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const mailTo = (to: string, secret = 'none'): OutgoingMail => ({
  to,
  subject: 'Hello',
  text: `https://portal.test/link?token=${secret}`,
  html: '<p>Hello</p>',
});
const QUICK = { attempts: 50, backoffMs: 20 };

const started: MailService[] = [];
const startMail = (options: Partial<MailOptions>): MailService => {
  const from = 'Portico <portico@portico.test>';
  const service = new MailService({ from, logger, retries: QUICK, ...options });
  started.push(service);
  return service;
};
afterEach(async () => {
  await Promise.all(started.splice(0).map((service) => service.stop()));
});

describe.each(['in process', 'on Redis'])('mail queued %s', (where) => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let mailbox: Awaited<ReturnType<typeof startMailbox>>;
  beforeAll(async () => {
    redis = await startRedis();
    mailbox = await startMailbox();
  });
  afterAll(async () => {
    await mailbox.stop();
    await redis.stop();
  });
  const options = () => (where === 'on Redis' ? { redisUrl: redis.url } : {});

  it('arrives at an SMTP server, from the configured sender', async () => {
    const service = startMail({ ...options(), smtpUrl: mailbox.url });
    const post = service.define<string>('hello', (to) => Promise.resolve({ mail: mailTo(to) }));
    post('a@acme.test');
    const mail = await mailbox.mailTo('a@acme.test');
    expect(mail).toMatchObject({ from: 'portico@portico.test', subject: 'Hello' });
  });

  it('cannot be sent to more than the one address it is for', async () => {
    const service = startMail({ ...options(), smtpUrl: mailbox.url });
    const post = service.define<string>('hello', (to) => Promise.resolve({ mail: mailTo(to) }));
    mailbox.forget();
    post('b@acme.test, victim@evil.test');
    post('c@acme.test');
    await mailbox.mailTo('c@acme.test');
    expect(mailbox.mails.flatMap(({ recipients }) => recipients)).not.toContain('victim@evil.test');
  });

  it('is tried again until the vendor is back, and what failed composing is undone', async () => {
    const port = await freePort();
    const service = startMail({ ...options(), smtpUrl: `smtp://127.0.0.1:${port}` });
    let composed = 0;
    let undone = 0;
    const post = service.define<string>('hello', (to) => {
      composed += 1;
      return Promise.resolve({ mail: mailTo(to), undo: () => Promise.resolve(void undone++) });
    });
    post('late@acme.test');
    await eventually(() => expect(undone).toBeGreaterThanOrEqual(2));
    expect(composed - undone).toBeLessThanOrEqual(1);
  });

  it('is given up after the last attempt, and the queue goes on', async () => {
    const service = startMail({
      ...options(),
      smtpUrl: mailbox.url,
      retries: { attempts: 3, backoffMs: 1 },
    });
    let attempts = 0;
    const fail = service.define('fails', () => {
      attempts += 1;
      return Promise.reject(new Error('cannot be written'));
    });
    const post = service.define<string>('hello', (to) => Promise.resolve({ mail: mailTo(to) }));
    fail(null);
    await eventually(() => expect(attempts).toBe(3));
    post('after@acme.test');
    await mailbox.mailTo('after@acme.test');
    expect(attempts).toBe(3);
  });

  it('is not sent when there is nothing to say any more', async () => {
    const service = startMail({ ...options(), smtpUrl: mailbox.url });
    let asked = 0;
    const post = service.define('nothing', () => Promise.resolve((asked++, null)));
    mailbox.forget();
    post(null);
    await eventually(() => expect(asked).toBe(1));
    expect(mailbox.mails).toEqual([]);
  });
});

describe('mail on Redis', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let mailbox: Awaited<ReturnType<typeof startMailbox>>;
  beforeEach(async () => {
    [redis, mailbox] = await Promise.all([startRedis(), startMailbox()]);
  });
  afterEach(async () => {
    redis.thaw();
    await Promise.all(started.splice(0).map((service) => service.stop()));
    await Promise.all([redis.stop(), mailbox.stop()]);
  });
  const startOnRedis = (options: Partial<MailOptions> = {}) =>
    startMail({ redisUrl: redis.url, smtpUrl: mailbox.url, ...options });
  const toCompose = (to: string) => Promise.resolve({ mail: mailTo(to) });

  it('leaves no secret there, and nothing at all once it is sent', async () => {
    const client = new Redis(redis.url);
    const secret = 'the-link-token-itself';
    const seen: string[] = [];
    const post = startOnRedis().define<{ to: string }>('hello', async ({ to }) => {
      seen.push(await everythingIn(client));
      return { mail: mailTo(to, secret) };
    });
    post({ to: 'd@acme.test' });
    await mailbox.mailTo('d@acme.test');
    expect(seen[0]).toContain('d@acme.test');
    await eventually(async () => {
      const left = await everythingIn(client);
      expect(left).not.toContain('d@acme.test');
      expect(left + seen.join()).not.toContain(secret);
    });
    client.disconnect();
  });

  it('survives a process that ends before it is sent', async () => {
    const down = await freePort();
    const first = startOnRedis({
      smtpUrl: `smtp://127.0.0.1:${down}`,
      retries: { attempts: 1_000, backoffMs: 1 },
    });
    let tried = 0;
    const compose = (to: string) => Promise.resolve((tried++, { mail: mailTo(to) }));
    first.define<string>('hello', compose)('e@acme.test');
    await eventually(() => expect(tried).toBeGreaterThan(0));
    await first.stop();
    startOnRedis().define<string>('hello', compose);
    await mailbox.mailTo('e@acme.test');
  });

  it('goes by way of the process while Redis is away, and by Redis when it is back', async () => {
    const post = startOnRedis().define<string>('hello', toCompose);
    post('warm@acme.test');
    await mailbox.mailTo('warm@acme.test');
    await redis.kill();
    post('f@acme.test');
    await mailbox.mailTo('f@acme.test');
    await redis.restart();
    post('g@acme.test');
    await mailbox.mailTo('g@acme.test');
  });

  it('goes by way of the process while Redis hangs', async () => {
    const post = startOnRedis().define<string>('hello', toCompose);
    post('warm@acme.test');
    await mailbox.mailTo('warm@acme.test');
    redis.freeze();
    post('h@acme.test');
    await mailbox.mailTo('h@acme.test');
  });
});

describe('Resend', () => {
  it('is sent the mail with our key, and its refusals and silence are failures', async () => {
    const vendor = await startUpstream((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end('{"id":"1"}');
    });
    const options = { from: 'Portico <p@portico.test>', baseUrl: vendor.url, timeoutMs: 2_000 };
    const transport = new ResendTransport('re_key', options);
    await transport.send(mailTo('a@acme.test'));
    const [request] = vendor.requests;
    expect(request!.headers.authorization).toBe('Bearer re_key');
    expect(JSON.parse(request!.body.toString())).toMatchObject({
      to: 'a@acme.test',
      from: 'Portico <p@portico.test>',
      subject: 'Hello',
    });
    vendor.answerWith((_, response) => {
      response.writeHead(422, { 'content-type': 'application/json' });
      response.end('{"name":"validation_error","message":"no","statusCode":422}');
    });
    await expect(transport.send(mailTo('a@acme.test'))).rejects.toThrow('validation_error');
    vendor.answerWith(() => undefined);
    await expect(transport.send(mailTo('a@acme.test'))).rejects.toThrow('did not answer');
    await vendor.stop();
  });
});

async function everythingIn(client: Redis): Promise<string> {
  const keys = await client.keys('*');
  const dumps = await Promise.all(keys.map((key) => contentOf(client, key)));
  return `${keys.join()} ${dumps.join(' ')}`;
}

async function contentOf(client: Redis, key: string): Promise<string> {
  const type = await client.type(key);
  if (type === 'hash') return JSON.stringify(await client.hgetall(key));
  if (type === 'string') return String(await client.get(key));
  if (type === 'list') return JSON.stringify(await client.lrange(key, 0, -1));
  if (type === 'zset') return JSON.stringify(await client.zrange(key, 0, -1));
  if (type === 'stream') return JSON.stringify(await client.xrange(key, '-', '+'));
  return JSON.stringify(await client.smembers(key));
}

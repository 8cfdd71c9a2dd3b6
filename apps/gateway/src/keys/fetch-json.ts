import { request } from 'undici';

const BYTES_MAX = 512 * 1024;

export interface JsonRequest {
  readonly url: string;
  readonly timeoutMs: number;
  /** Form fields: sent as POST. */
  readonly form?: URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A JSON object from a metadata or token endpoint: bounded in time and size, no redirects followed. */
export async function fetchJson(ask: JsonRequest): Promise<Record<string, unknown>> {
  const { statusCode, body } = await request(ask.url, {
    method: ask.form === undefined ? 'GET' : 'POST',
    signal: AbortSignal.timeout(ask.timeoutMs),
    body: ask.form?.toString() ?? null,
    headers: {
      accept: 'application/json',
      ...(ask.form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...ask.headers,
    },
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BYTES_MAX) throw new Error(`${ask.url} answered more than ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  // The body of a failure may hold anything, secrets included: only its status is told.
  if (statusCode !== 200) throw new Error(`${ask.url} answered ${statusCode}`);
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  if (typeof value !== 'object' || value === null) throw new Error(`${ask.url} is no JSON object`);
  return value as Record<string, unknown>;
}

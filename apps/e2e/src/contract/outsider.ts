import { expect } from '@jest/globals';
import { request } from 'node:http';
import type { Deployment } from '../deployment.ts';
import { call, type Answer } from '../http.ts';

/** Times in bodies: RFC 3339, UTC, milliseconds. */
export const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

export type HeaderMap = Readonly<Record<string, string>>;

/** Somebody with a key, or without one, who knows the contract and nothing else of the product. */
export class Outsider {
  constructor(
    readonly url: string,
    private readonly key: string | null,
  ) {}

  get(path: string, headers: HeaderMap = {}): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }

  post(path: string, body?: unknown, headers: HeaderMap = {}): Promise<Answer> {
    return this.send('POST', path, body, headers);
  }

  put(path: string, body: unknown, headers: HeaderMap = {}): Promise<Answer> {
    return this.send('PUT', path, body, headers);
  }

  patch(path: string, body: unknown, headers: HeaderMap = {}): Promise<Answer> {
    return this.send('PATCH', path, body, headers);
  }

  delete(path: string, headers: HeaderMap = {}): Promise<Answer> {
    return this.send('DELETE', path, undefined, headers);
  }

  send(method: string, path: string, body?: unknown, headers: HeaderMap = {}): Promise<Answer> {
    const authorization = this.key === null ? {} : { authorization: `Bearer ${this.key}` };
    return call(`${this.url}/api/v1${path}`, {
      method,
      headers: { ...authorization, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  }

  /** Creates what later tests need, in force on every node, and says why when it could not. */
  async create<T = Resource>(path: string, body: unknown): Promise<T> {
    const answer = await this.post(path, body, { prefer: 'wait=10' });
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
    return answer.json<T>();
  }

  async authHeaders(profileId: string): Promise<HeaderMap> {
    const answer = await this.get(`/profiles/${profileId}/auth-headers`);
    const { headers } = answer.json<{ headers: { name: string; value: string }[] }>();
    return Object.fromEntries(headers.map(({ name, value }) => [name, value]));
  }
}

export interface Resource {
  readonly id: string;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface Page<T = Resource> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}

export interface ErrorAnswer {
  readonly error: string;
  readonly message: string;
  readonly request_id: string;
  readonly details?: readonly { readonly path: string; readonly message: string }[];
}

export const ADMIN_KEY = 'portico_adm_for_end_to_end_tests_only';
export const bootstrapAdmin = ({ controlPlaneUrl }: Deployment): Outsider =>
  new Outsider(controlPlaneUrl, ADMIN_KEY);

/** The one body that every error of every service has, and no field besides. */
export function expectError(answer: Answer, status: number, code: string): ErrorAnswer {
  expect({ status: answer.status, body: answer.text }).toEqual({
    status,
    body: expect.stringContaining(`"error":"${code}"`),
  });
  const body = answer.json<ErrorAnswer>();
  const { details, ...rest } = body;
  expect(rest).toEqual({
    error: code,
    message: expect.stringMatching(/^.{10,}[.?!]$/s),
    request_id: answer.headers.get('x-request-id'),
  });
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  if (details !== undefined) {
    expect(details.length).toBeGreaterThan(0);
    for (const one of details) {
      expect(one).toEqual({ path: expect.any(String), message: expect.any(String) });
    }
  }
  return body;
}

/** What the details point at, each once: a field may be wrong in more than one way. */
export const pathsOf = ({ details }: ErrorAnswer): readonly string[] => [
  ...new Set((details ?? []).map(({ path }) => path)),
];

export interface WireCall {
  readonly method?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
}

/** A request exactly as written: no normalised path, headers in order and as often as given. */
export function onTheWire(url: string, target: string, options: WireCall = {}): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const { method = 'GET', headers = [], body } = options;
  const framing = body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(body))];
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        hostname,
        port,
        method,
        path: target,
        headers: ['Host', `${hostname}:${port}`, ...headers.flat(), ...framing],
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const pairs = Object.entries(response.headersDistinct).flatMap(([name, values]) =>
            (values ?? []).map((value): [string, string] => [name, value]),
          );
          resolve({
            status: response.statusCode ?? 0,
            headers: new Headers(pairs),
            text,
            json: <T>() => JSON.parse(text) as T,
          });
        });
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

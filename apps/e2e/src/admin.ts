import { call, type Answer } from './http.ts';

/** An admin with a key, calling the control plane as curl would. */
export class Admin {
  constructor(
    readonly url: string,
    private readonly key: string,
  ) {}

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  /** Every write waits until all live gateway nodes are known to run it. */
  send(method: string, path: string, body?: unknown): Promise<Answer> {
    return call(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}`, prefer: 'wait=10' },
      ...(body === undefined ? {} : { body }),
    });
  }

  /** Creates, and fails loudly with the server's own words when it could not. */
  async create<T = { id: string }>(path: string, body: unknown): Promise<T> {
    const answer = await this.send('POST', path, body);
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
    return answer.json<T>();
  }

  async authHeaders(profileId: string): Promise<Record<string, string>> {
    const answer = await this.get(`/profiles/${profileId}/auth-headers`);
    const { headers } = answer.json<{ headers: { name: string; value: string }[] }>();
    return Object.fromEntries(headers.map(({ name, value }) => [name, value]));
  }
}

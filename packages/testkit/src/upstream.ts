import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived at the backend. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query, as on the wire. */
  readonly url: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** Names and values in turn, with order, case and repetition. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export type UpstreamHandler = (
  request: ReceivedRequest,
  response: ServerResponse,
) => void | Promise<void>;

export interface Upstream {
  readonly url: string;
  readonly port: number;
  /** In order of arrival, each once its body is complete. */
  readonly requests: readonly ReceivedRequest[];
  /** Replaces the handler for requests to come. */
  answerWith(handler: UpstreamHandler): void;
  forget(): void;
  /** Cuts open connections too. Safe to call twice. */
  stop(): Promise<void>;
}

/** A real HTTP server in a partner API's place. Without a handler it echoes what it got, as JSON. */
export async function startUpstream(
  handler: UpstreamHandler = echo,
  { port = 0 }: { readonly port?: number } = {},
): Promise<Upstream> {
  let current = handler;
  const requests: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    void receive(request)
      .then(async (received) => {
        requests.push(received);
        await current(received, response);
      })
      // A caller that hangs up half-way is nothing the upstream could answer.
      .catch(() => response.destroy());
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(port, '127.0.0.1', listening);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    answerWith: (next) => (current = next),
    forget: () => void requests.splice(0),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function receive(request: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = request.url ?? '/';
  const [path = '/', query = ''] = url.split(/\?(.*)/s);
  return {
    method: request.method ?? 'GET',
    url,
    path,
    query: new URLSearchParams(query),
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    body: Buffer.concat(chunks),
  };
}

function echo(request: ReceivedRequest, response: ServerResponse): void {
  const { method, path, url, headers, body } = request;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ method, path, url, headers, body: body.toString('utf8') }));
}

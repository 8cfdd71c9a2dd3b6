// The yardstick: node:http in, undici out, and what any correct proxy has to do: hop-by-hop headers
// stay behind, a caller that leaves ends the upstream's work, a broken upstream is a 502 or a cut
// connection. Nothing is decided, timed or recorded.
import { createServer } from 'node:http';
import { Pool } from 'undici';

const [, , port, upstream] = process.argv;
const pool = new Pool(upstream, { connections: 128, pipelining: 1 });
const HOP_BY_HOP = new Set(
  'connection keep-alive proxy-connection te trailer transfer-encoding upgrade'.split(' '),
);

function passable(headers) {
  const flat = [];
  for (const name in headers) {
    if (HOP_BY_HOP.has(name)) continue;
    const value = headers[name];
    if (typeof value === 'string') flat.push(name, value);
    else for (const one of value) flat.push(name, one);
  }
  return flat;
}

class Exchange {
  constructor(response) {
    this.response = response;
    this.controller = null;
  }
  onRequestStart(controller) {
    this.controller = controller;
    if (this.response.destroyed) controller.abort(new Error('the caller left'));
  }
  onResponseStart(_controller, status, headers) {
    this.response.writeHead(status, passable(headers));
  }
  onResponseData(_controller, chunk) {
    this.response.write(chunk);
  }
  onResponseEnd() {
    this.controller = null;
    this.response.end();
  }
  onResponseError() {
    this.controller = null;
    if (this.response.headersSent) this.response.destroy();
    else this.response.writeHead(502).end();
  }
}

const hasBody = ({ headers }) =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;

createServer((request, response) => {
  const exchange = new Exchange(response);
  response.on('close', () => exchange.controller?.abort(new Error('the caller left')));
  pool.dispatch(
    {
      method: request.method,
      path: request.url,
      headers: passable(request.headers),
      body: hasBody(request) ? request : null,
    },
    exchange,
  );
}).listen(Number(port), '127.0.0.1');

// The yardstick: node:http in, undici out, headers passed on, nothing decided, nothing recorded.
import { createServer } from 'node:http';
import { Pool } from 'undici';

const [, , port, upstream] = process.argv;
const pool = new Pool(upstream, { connections: 128, pipelining: 1 });

createServer((request, response) => {
  pool.dispatch(
    {
      method: request.method,
      path: request.url,
      headers: request.headers,
      body: request.method === 'GET' ? null : request,
    },
    {
      onRequestStart() {},
      onResponseStart(_controller, status, headers) {
        response.writeHead(status, headers);
      },
      onResponseData(_controller, chunk) {
        response.write(chunk);
      },
      onResponseEnd() {
        response.end();
      },
      onResponseError() {
        response.destroy();
      },
    },
  );
}).listen(Number(port), '127.0.0.1');

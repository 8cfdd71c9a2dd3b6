// nginx as upstream, as plain proxy, and as a gateway in Lua that makes the same checks.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const head = (dir, name, modules = '') => `${modules}
daemon off; worker_processes 1; pid ${dir}/${name}.pid; error_log ${dir}/${name}.err error;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path ${dir}/${name}-body; proxy_temp_path ${dir}/${name}-proxy;
  fastcgi_temp_path ${dir}/${name}-f; uwsgi_temp_path ${dir}/${name}-u; scgi_temp_path ${dir}/${name}-s;
  keepalive_requests 100000000;
`;

const write = (dir, name, text) => {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `${name}.conf`);
  writeFileSync(file, text);
  return file;
};

/** Answers every request with the same 1 KiB of JSON. */
export const upstreamConf = (dir, port) =>
  write(
    dir,
    'upstream',
    `${head(dir, 'upstream')}
  server { listen 127.0.0.1:${port} reuseport backlog=4096; default_type application/json;
    location / { return 200 '{"data":"${'x'.repeat(1000)}"}'; } }
}`,
  );

export const proxyConf = (dir, port, upstreamPort) =>
  write(
    dir,
    'proxy',
    `${head(dir, 'proxy')}
  upstream api { server 127.0.0.1:${upstreamPort}; keepalive 128; }
  server { listen 127.0.0.1:${port} backlog=4096;
    location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://api; } }
}`,
  );

const MODULES = '/usr/lib/nginx/modules';
export const hasLua = () => existsSync(`${MODULES}/ngx_http_lua_module.so`);

/**
 * Identity, SHA-256 of the token, scope, a sliding-window rate limit, a quota, a typed query
 * parameter, header hygiene, and one log line per request through a buffer.
 */
export const luaConf = (dir, port, upstreamPort, callers) =>
  write(
    dir,
    'lua',
    `${head(dir, 'lua', `load_module ${MODULES}/ndk_http_module.so; load_module ${MODULES}/ngx_http_lua_module.so;`)}
  lua_package_path "/usr/share/lua/5.1/?.lua;;";
  log_format record escape=json '{"t":"$msec","client":"$http_x_client_id","profile":"$http_x_profile_id","path":"$uri","status":$status,"ms":$request_time,"ip":"$remote_addr","ua":"$http_user_agent","bytes":$bytes_sent}';
  init_by_lua_block {
    ffi = require "ffi"
    ffi.cdef "unsigned char *SHA256(const unsigned char *d, size_t n, unsigned char *md);"
    crypto = ffi.load("crypto.so.3")
    digest = ffi.new("unsigned char[32]")
    clients = {}
    for line in io.lines("${callers}") do
      local client, profile, token = line:match("([^\\t]+)\\t([^\\t]+)\\t([^\\t]+)")
      crypto.SHA256(token, #token, digest)
      clients[client] = { profile = profile, digest = ffi.string(digest, 32), collections = { orders = true },
        slots = {}, used = 0, tail = 0, month = 0 }
    end
  }
  upstream api { server 127.0.0.1:${upstreamPort}; keepalive 128; }
  server { listen 127.0.0.1:${port} backlog=4096; access_log ${dir}/lua.log record buffer=256k flush=1s;
    location /orders/v2/ {
      access_by_lua_block {
        local headers = ngx.req.get_headers()
        local client = clients[headers["x-client-id"]]
        if not client or client.profile ~= headers["x-profile-id"] then return ngx.exit(403) end
        local token = (headers["authorization"] or ""):match("^Bearer (.+)$")
        if not token then return ngx.exit(401) end
        crypto.SHA256(token, #token, digest)
        if ffi.string(digest, 32) ~= client.digest then return ngx.exit(401) end
        if not client.collections.orders then return ngx.exit(403) end
        if not ngx.re.match(ngx.var.uri, "^/orders/v2/orders/[^/]+$", "jo") then return ngx.exit(404) end
        if ngx.req.get_method() ~= "GET" then return ngx.exit(405) end
        local slot = math.floor(ngx.now() * 4)
        while client.tail < slot - 240 do
          if client.tail == 0 then client.tail = slot - 240 break end
          client.used = client.used - (client.slots[client.tail] or 0)
          client.slots[client.tail] = nil
          client.tail = client.tail + 1
        end
        if client.used >= 100000000 or client.month >= 1000000000 then return ngx.exit(429) end
        client.slots[slot] = (client.slots[slot] or 0) + 1
        client.used = client.used + 1
        client.month = client.month + 1
        local limit = ngx.req.get_uri_args()["limit"]
        if limit and not tonumber(limit) then return ngx.exit(400) end
        ngx.req.clear_header("X-Client-ID")
        ngx.req.clear_header("X-Profile-ID")
        ngx.req.clear_header("Authorization")
        ngx.req.set_header("X-Portico-Client", headers["x-client-id"])
      }
      proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://api/;
    } }
}`,
  );

export const caddyConf = (dir, port, upstreamPort) =>
  write(
    dir,
    'caddy',
    `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  reverse_proxy 127.0.0.1:${upstreamPort}
}
`,
  );

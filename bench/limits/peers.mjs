// What one would do otherwise: the limit divided by the nodes, and a Redis call for every request.
import { Redis } from 'ioredis';

const machineMs = () => Number(process.hrtime.bigint()) / 1e6;

/** Each node has L/N of its own, in an exact sliding window. */
export function staticShare({ limit, nodes, windowMs }) {
  const admitted = new Map();
  return {
    ask(scope, nowMs) {
      let times = admitted.get(scope);
      if (!times) admitted.set(scope, (times = []));
      while (times.length > 0 && times[0] <= nowMs - windowMs) times.shift();
      if (times.length >= Math.floor(limit / nodes)) return undefined;
      times.push(nowMs);
      return nowMs;
    },
    calls: () => 0,
    stop: async () => {},
  };
}

const SLIDING_LOG = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1] * 1000)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now, now .. ':' .. ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`;
const GIVE_UP_AFTER_MS = 100;

/** Exact, and every request waits for Redis; without an answer within 100 ms it is refused. */
export function redisPerRequest({ redisUrl, limit, windowMs, node }) {
  const redis = new Redis(redisUrl, {
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(500, 50 * attempt),
  });
  redis.on('error', () => {});
  redis.defineCommand('slide', { numberOfKeys: 1, lua: SLIDING_LOG });
  let calls = 0;
  return {
    ask(scope) {
      const answer = redis
        .slide(`peer:${scope}`, windowMs, limit, `${node}:${(calls += 1)}`)
        .then((admitted) => (admitted === 1 ? machineMs() : undefined))
        .catch(() => undefined);
      let timer;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, GIVE_UP_AFTER_MS);
      });
      return Promise.race([answer, late]).finally(() => clearTimeout(timer));
    },
    calls: () => calls,
    stop: async () => redis.disconnect(),
  };
}

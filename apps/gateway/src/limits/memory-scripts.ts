/** Keys: the epoch, the mark of a loss. Arguments: the epoch the node believes in, the server's life. */
export const EPOCH_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local epoch = redis.call('GET', KEYS[1])
if not epoch or string.match(epoch, '~(.*)$') ~= ARGV[2] then
  epoch = string.format('%d-%s~%s', now, time[2], ARGV[2])
end
redis.call('SET', KEYS[1], epoch, 'PX', 3456000000)
if ARGV[1] ~= '' and ARGV[1] ~= epoch and now - tonumber(string.match(epoch, '^%d+')) < 3000 then
  redis.call('SET', KEYS[2], epoch, 'PX', 3000)
end
return epoch
`;

/**
 * A node's own memory of one scope, applied once per node and epoch. Keys: hash, days, epoch.
 * Arguments: node, epoch, number of windows, then per window its length, slot, and number of uses
 * followed by the uses; then day and count pairs.
 */
export const RESTORE_SCRIPT = `
local node, windowCount = ARGV[1], tonumber(ARGV[3])
if redis.call('GET', KEYS[3]) ~= ARGV[2] then return 0 end
for kept = 1, 2 do
  if redis.call('HGET', KEYS[kept], 'e') ~= ARGV[2] then
    redis.call('DEL', KEYS[kept])
    redis.call('HSET', KEYS[kept], 'e', ARGV[2])
  end
end
if redis.call('HGET', KEYS[1], 'x:' .. node) == ARGV[2] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'x:' .. node, ARGV[2])
local about, order = {}, {}
for w, g, asked, tail, used, newest in string.gmatch(redis.call('HGET', KEYS[1], 'm') or '', '(%d+),(%d+),(%d+),(%d+),(%d+),(%-?%d+);') do
  about[w .. ',' .. g] = { asked = asked, tail = tonumber(tail), used = tonumber(used), newest = tonumber(newest) }
  order[#order + 1] = w .. ',' .. g
end
local at = 4
for _ = 1, windowCount do
  local w, g, uses = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local name = string.format('%d,%d', w, g)
  if not about[name] then
    about[name] = { asked = string.format('%d', now), tail = math.floor((now - w) / g), used = 0, newest = -1 }
    order[#order + 1] = name
  end
  local ring = about[name]
  at = at + 3
  for _ = 1, uses do
    local slot, count = math.floor(math.min(now, tonumber(ARGV[at])) / g), tonumber(ARGV[at + 1])
    if slot >= ring.tail then
      redis.call('HINCRBY', KEYS[1], string.format('%d.%d:%d', w, g, slot), count)
      ring.used = ring.used + count
      if slot > ring.newest then ring.newest = slot end
    end
    at = at + 2
  end
end
local text = {}
for i = 1, #order do
  local ring = about[order[i]]
  text[i] = string.format('%s,%s,%d,%d,%d;', order[i], ring.asked, ring.tail, ring.used, ring.newest)
end
redis.call('HSET', KEYS[1], 'm', table.concat(text))
redis.call('PEXPIRE', KEYS[1], 93600000)
-- Once the ledger has said what the days hold, this node's part of them is in that.
while ARGV[at] and redis.call('HEXISTS', KEYS[2], 'seeded') == 0 do
  redis.call('HINCRBY', KEYS[2], ARGV[at], ARGV[at + 1])
  at = at + 2
end
redis.call('PEXPIRE', KEYS[2], 3456000000)
return 1
`;

/** Key: days. Arguments: 1 to give back what was written off, then day and count pairs of the ledger. */
export const RECONCILE_SCRIPT = `
for at = 2, #ARGV, 2 do
  local day, truth = ARGV[at], tonumber(ARGV[at + 1])
  local counted = tonumber(redis.call('HGET', KEYS[1], day) or 0)
  if ARGV[1] == '1' then
    counted = counted - tonumber(redis.call('HGET', KEYS[1], 'w:' .. day) or 0)
    redis.call('HDEL', KEYS[1], 'w:' .. day)
  end
  redis.call('HSET', KEYS[1], day, string.format('%d', math.max(truth, counted)))
end
redis.call('HSET', KEYS[1], 'seeded', 1)
redis.call('PEXPIRE', KEYS[1], 3456000000)
return 1
`;

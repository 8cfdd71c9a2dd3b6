const ARGUMENTS = `
local node, known, call, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local want, ahead, have = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if node == '' then want, ahead = 0, 0 end
local sequence, grace, newborn = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local period, quota, unseededMost = ARGV[11], tonumber(ARGV[12]), tonumber(ARGV[13])
local life, spent = ARGV[14], tonumber(ARGV[15])
local windowCount, shapeCount = tonumber(ARGV[16]), tonumber(ARGV[17])
local SHAPES_AT = 18
local USES_AT = SHAPES_AT + shapeCount * 3
local UNASKED_KEPT, FORGOTTEN, STATE_KEPT, DAYS_KEPT = 10000, 3600000, 93600000, 40 * 86400000
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** A node that believes in another epoch is told so, and nothing else happens. */
const EPOCH = `
local epoch = redis.call('GET', KEYS[4])
if not epoch or string.match(epoch, '~(.*)$') ~= life then
  epoch = string.format('%d-%s~%s', now, time[2], life)
  redis.call('SET', KEYS[4], epoch, 'PX', DAYS_KEPT)
end
local born = tonumber(string.match(epoch, '^%d+'))
if known ~= '' and known ~= epoch then
  if now - born < 3000 then redis.call('SET', KEYS[5], epoch, 'PX', 3000) end
  return { 'moved', epoch, now }
end
`;

/** Reads what is kept of the scope: one HMGET, whatever its number of windows. */
const SCOPE = `
local field = { 'm', 'o', 'o:' .. node, 's:' .. node, 'c:' .. node, 'e' }
local kept = redis.call('HMGET', KEYS[1], unpack(field))
-- Of a state that was lost, or read back from an old file: nodes tell what they used. The days are
-- kept for longer than the rest, and have a mark of their own.
if kept[6] ~= epoch then
  redis.call('DEL', KEYS[1])
  kept = {}
  if redis.call('HGET', KEYS[3], 'e') ~= epoch then
    redis.call('DEL', KEYS[3])
    redis.call('HSET', KEYS[3], 'e', epoch)
    redis.call('PEXPIRE', KEYS[3], DAYS_KEPT)
  end
end
if node ~= '' and call <= tonumber(kept[5] or 0) then return { 'overtaken', epoch, now } end
local outstanding, mine = tonumber(kept[2] or 0), tonumber(kept[3] or 0)

local rings, ringById = {}, {}
for w, g, asked, tail, used, newest in string.gmatch(kept[1] or '', '(%d+),(%d+),(%d+),(%d+),(%d+),(%-?%d+);') do
  local ring = { w = tonumber(w), g = tonumber(g), asked = tonumber(asked), tail = tonumber(tail),
    used = tonumber(used), newest = tonumber(newest), id = w .. '.' .. g .. ':', add = {} }
  rings[#rings + 1] = ring
  ringById[ring.id] = ring
end
`;

/** A ring is a window in slots. What fell out of a window is taken off here, and nowhere else. */
const RINGS = `
local function slotFields(ring, from, to)
  local fields = {}
  for slot = from, to do fields[#fields + 1] = ring.id .. string.format('%d', slot) end
  return fields
end
local function expire(ring)
  local tail = math.floor((now - ring.w) / ring.g)
  if tail <= ring.tail then return end
  if ring.used > 0 then
    local fields = slotFields(ring, ring.tail, math.min(tail - 1, ring.tail + math.ceil(ring.w / ring.g) + 2))
    local counts, gone = redis.call('HMGET', KEYS[1], unpack(fields)), {}
    for i = 1, #fields do
      if counts[i] then
        ring.used = ring.used - tonumber(counts[i])
        gone[#gone + 1] = fields[i]
      end
    end
    if #gone > 0 then redis.call('HDEL', KEYS[1], unpack(gone)) end
  end
  ring.tail = tail
end
local function addTo(ring, at, count)
  local slot = math.floor(at / ring.g)
  if slot < ring.tail then return end
  ring.add[slot] = (ring.add[slot] or 0) + count
  ring.used = ring.used + count
  if slot > ring.newest then ring.newest = slot end
end
for i = 1, #rings do expire(rings[i]) end
`;

/** The windows asked for now, and those kept for policies to come. */
const WINDOWS = `
-- A window the scope did not have starts with what the finest ring that covers it has seen.
local function made(w, g)
  local ring = { w = w, g = g, asked = now, tail = math.floor((now - w) / g), used = 0, newest = -1,
    id = string.format('%d.%d:', w, g), add = {} }
  local source = nil
  for i = 1, #rings do
    if rings[i].w >= w and (not source or rings[i].g < source.g) then source = rings[i] end
  end
  if source and source.used > 0 then
    local first = source.tail
    local counts = redis.call('HMGET', KEYS[1], unpack(slotFields(source, first, math.floor(now / source.g))))
    for i = 1, #counts do
      if counts[i] then addTo(ring, math.min(now, (first + i) * source.g - 1), tonumber(counts[i])) end
    end
  end
  return ring
end
local asked, added = {}, {}
for i = 0, shapeCount - 1 do
  local w, g = tonumber(ARGV[SHAPES_AT + i * 3]), tonumber(ARGV[SHAPES_AT + i * 3 + 1])
  local ring = ringById[string.format('%d.%d:', w, g)]
  if not ring then
    ring = made(w, g)
    added[#added + 1] = ring
  end
  ring.asked = now
  ring.limit = tonumber(ARGV[SHAPES_AT + i * 3 + 2])
  asked[i + 1] = ring
end
for i = 1, #added do rings[#rings + 1] = added[i] end
`;

const SILENT_NODES = `
local function addDay(at, count)
  local day = string.format('%d', math.floor(at / 86400000))
  if redis.call('HINCRBY', KEYS[3], day, count) == count then
    for back = 40, 46 do redis.call('HDEL', KEYS[3], day - back, 'w:' .. day - back) end
    redis.call('PEXPIRE', KEYS[3], DAYS_KEPT)
  end
  return day
end

-- A node that stopped talking may have used all it held.
local silent = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - ttl)
for i = 1, #silent do
  local other = silent[i]
  if other ~= node then
    local held = tonumber(redis.call('HGET', KEYS[1], 'o:' .. other) or 0)
    if held > 0 then
      outstanding = outstanding - held
      for r = 1, #rings do addTo(rings[r], now, held) end
      redis.call('HINCRBY', KEYS[3], 'w:' .. addDay(now, held), held)
      redis.call('HDEL', KEYS[1], 'o:' .. other, 'u:' .. other)
    end
    if tonumber(redis.call('ZSCORE', KEYS[2], other)) < now - FORGOTTEN then
      redis.call('ZREM', KEYS[2], other)
      redis.call('HDEL', KEYS[1], 'o:' .. other, 'u:' .. other, 's:' .. other, 'c:' .. other, 'x:' .. other)
    end
  end
end
`;

/** Applied once however often it is retried; `have` is absolute, so a lost answer heals. */
const REPORT = `
if node ~= '' then
  redis.call('ZADD', KEYS[2], now, node)
  if sequence > tonumber(kept[4] or 0) then
    for i = USES_AT, #ARGV, 2 do
      local at, count = math.min(now, tonumber(ARGV[i])), tonumber(ARGV[i + 1])
      for r = 1, #rings do addTo(rings[r], at, count) end
      addDay(at, count)
    end
  else
    sequence = tonumber(kept[4] or 0)
  end
  outstanding = outstanding - mine
  mine = math.max(0, have)
  outstanding = outstanding + mine
end
`;

/** The calendar quota, from the day counts (UTC; weeks from Monday). */
const QUOTA = `
local today = math.floor(now / 86400000)
local function monthStart(day)
  local z = day + 719468
  local doe = z % 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local month = math.floor((5 * doy + 2) / 153)
  return day - (doy - math.floor((153 * month + 2) / 5))
end
local function daysIn(first)
  return monthStart(first + 32) - first
end
local quotaUsed, endDay, left = 0, today + 1, nil
local seeded = redis.call('HEXISTS', KEYS[3], 'seeded')
if period ~= '' then
  local firstDay = today
  if period == 'week' then firstDay = today - (today - 4) % 7 endDay = firstDay + 7 end
  if period == 'month' then firstDay = monthStart(today) endDay = firstDay + daysIn(firstDay) end
  local days = {}
  for day = firstDay, today do days[#days + 1] = string.format('%d', day) end
  local counts = redis.call('HMGET', KEYS[3], unpack(days))
  for i = 1, #days do quotaUsed = quotaUsed + tonumber(counts[i] or 0) end
  left = quota - quotaUsed
end
`;

/** What is left by every window and the quota, less what all nodes have reserved. */
const GRANT = `
for i = 1, windowCount do
  local free = asked[i].limit - asked[i].used
  if not left or free < left then left = free end
end

local active = redis.call('ZCOUNT', KEYS[2], '(' .. (now - ttl), '+inf')
local available = (left or 0) - outstanding
local rebuilding = now - born < newborn or (now - born < grace and redis.call('GET', KEYS[5]) == epoch)
local granted = 0
if not rebuilding then
  granted = math.min(want, math.max(0, available))
  local spare = available - granted
  if spare > 0 and ahead > 0 then
    granted = granted + math.min(ahead, math.max(1, math.ceil(spare / active)))
  end
  if period ~= '' and seeded == 0 then granted = math.min(granted, unseededMost) end
end
mine = mine + granted
outstanding = outstanding + granted
`;

const STORE = `
local about, changed = {}, {}
for i = 1, #rings do
  local ring = rings[i]
  if now - ring.asked > UNASKED_KEPT then
    redis.call('HDEL', KEYS[1], unpack(slotFields(ring, ring.tail, math.floor(now / ring.g))))
  else
    for slot, count in pairs(ring.add) do
      redis.call('HINCRBY', KEYS[1], ring.id .. string.format('%d', slot), count)
    end
    about[#about + 1] = string.format('%d,%d,%d,%d,%d,%d;', ring.w, ring.g, ring.asked, ring.tail, ring.used, ring.newest)
  end
end
changed = { 'm', table.concat(about), 'o', outstanding, 'e', epoch }
if node ~= '' then
  local own = { 'o:' .. node, mine, 'u:' .. node, spent + math.min(want, granted), 's:' .. node, sequence,
    'c:' .. node, string.format('%d', call) }
  for i = 1, #own do changed[#changed + 1] = own[i] end
end
redis.call('HSET', KEYS[1], unpack(changed))
redis.call('PEXPIRE', KEYS[1], STATE_KEPT)
redis.call('PEXPIRE', KEYS[2], STATE_KEPT)
`;

/**
 * When a refused caller may succeed: the slot whose going makes room, or the next period. What nodes
 * hold that called a moment ago counts as used; of longer limits only what is used for certain.
 */
const RETRY = `
local function sumOf(prefix, since)
  local nodes, fields, sum = redis.call('ZRANGEBYSCORE', KEYS[2], since, '+inf'), {}, 0
  for i = 1, #nodes do fields[i] = prefix .. nodes[i] end
  if #fields == 0 then return 0 end
  local counts = redis.call('HMGET', KEYS[1], unpack(fields))
  for i = 1, #counts do sum = sum + tonumber(counts[i] or 0) end
  return sum
end
local function roomAt(ring, needed)
  local freed = 0
  local counts = redis.call('HMGET', KEYS[1], unpack(slotFields(ring, ring.tail, math.floor(now / ring.g))))
  for i = 1, #counts do
    freed = freed + tonumber(counts[i] or 0)
    if freed >= needed then return (ring.tail + i) * ring.g + ring.w end
  end
  return now + 300 + ring.w + ring.g
end
local retryAt = 0
if available - granted <= 0 then
  local inUse, used = sumOf('o:', '(' .. now - 300), sumOf('u:', '-inf')
  retryAt = now + 1
  for i = 1, windowCount do
    local ring = asked[i]
    if ring.used + outstanding >= ring.limit then
      local needed = ring.used + (ring.w > 60000 and used or inUse) - ring.limit + 1
      retryAt = math.max(retryAt, needed <= 0 and now + 250 or roomAt(ring, needed))
    end
  end
  if period ~= '' and quotaUsed + outstanding >= quota then
    retryAt = math.max(retryAt, quotaUsed + used < quota and now + 250 or endDay * 86400000)
  end
end
`;

const ANSWER = `
local answer = { 'leased', epoch, now, granted, available - granted, active, retryAt, outstanding, quotaUsed,
  seeded, rebuilding and 1 or 0 }
for i = 1, windowCount do
  local ring = asked[i]
  answer[#answer + 1] = ring.used
  answer[#answer + 1] = ring.used > 0 and (ring.newest + 1) * ring.g + ring.w or now
end
return answer
`;

/**
 * The lease call, one atomic script: report what was used (once), say what is held, reserve more. All
 * windows and the quota in one reservation, and `TIME` of this Redis is the only clock.
 *
 * Keys, all of one scope: its hash, its nodes by last call, its day counts; then the shared epoch and
 * the mark left by the first node that noticed a loss.
 *
 * The hash holds `m`, one text about every ring kept (`window,slot,asked,tail,used,newest;`), a field
 * per used slot (`window.slot:number`), `e` for the epoch it is of, `o` for all reservations, and per node `o: u: s: c:` for
 * its reservation, the part of it that is used, its last report and its last call.
 */
export const LEASE_SCRIPT = [
  ARGUMENTS,
  EPOCH,
  SCOPE,
  RINGS,
  WINDOWS,
  SILENT_NODES,
  REPORT,
  QUOTA,
  GRANT,
  STORE,
  RETRY,
  ANSWER,
].join('');

#include "services/relay/shared_limits/redis_scripts.h"

#include <array>
#include <string>

#include <openssl/evp.h>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

// Forgets the seconds that have left the minute. A second counts for the 60 after it, so 61 are
// kept, `m` to `m` + 60; a clock that was set back far, or a key idle for longer, begins anew.
constexpr std::string_view kAdvance = R"lua(
local time = redis.call('TIME')
local second = tonumber(time[1])
local now_ms = second * 1000 + math.floor(tonumber(time[2]) / 1000)

local function advance(key)
  local known = redis.call('HMGET', key, 'm', 'r', 't', 'n')
  local s = {key = key, mark = tonumber(known[1]), requests = tonumber(known[2]) or 0,
             tokens = tonumber(known[3]) or 0, newest = tonumber(known[4]) or 0}
  local oldest = second - 60
  if not s.mark or s.mark > second or oldest > s.mark + 60 then
    if s.mark then redis.call('DEL', key) end
    return {key = key, mark = oldest, requests = 0, tokens = 0, newest = 0, at = second}
  end
  if oldest > s.mark then
    local fields = {}
    for i = s.mark, oldest - 1 do
      fields[#fields + 1] = 'r' .. i
      fields[#fields + 1] = 't' .. i
    end
    local gone = redis.call('HMGET', key, unpack(fields))
    for i = 1, #gone, 2 do
      s.requests = s.requests - (tonumber(gone[i]) or 0)
      s.tokens = s.tokens - (tonumber(gone[i + 1]) or 0)
    end
    redis.call('HDEL', key, unpack(fields))
    s.mark = oldest
    redis.call('HMSET', key, 'm', s.mark, 'r', s.requests, 't', s.tokens)
  end
  s.at = math.max(second, s.mark)
  return s
end

local function store(s)
  redis.call('HMSET', s.key, 'm', s.mark, 'r', s.requests, 't', s.tokens, 'n', s.newest)
  redis.call('PEXPIRE', s.key, 62000)
end
)lua";

constexpr std::string_view kAdmit = R"lua(
local tokens = tonumber(ARGV[2])
local blocked, limit, wait = 0, 0, 0

local function free_in_ms(s, letter, need)
  local fields = {}
  for i = s.mark, s.mark + 60 do fields[#fields + 1] = letter .. i end
  for i, count in ipairs(redis.call('HMGET', s.key, unpack(fields))) do
    need = need - (tonumber(count) or 0)
    if need <= 0 then return (s.mark + i - 1 + 61) * 1000 - now_ms end
  end
  return 61000
end

local function places_taken(key)
  local all = redis.call('HGETALL', key)
  local taken = 0
  for i = 1, #all, 2 do
    local due = all[i] == ARGV[1] and math.huge or
                tonumber(redis.call('ZSCORE', KEYS[1], all[i]) or 0)
    if due > now_ms then
      taken = taken + tonumber(all[i + 1])
    else
      redis.call('HDEL', key, all[i])
    end
  end
  return taken
end

local function block(i, which, ms)
  if blocked == 0 then blocked, limit = i, which end
  wait = math.max(wait, ms)
end

local subjects = {}
for i = 1, (#KEYS - 1) / 2 do
  local s = advance(KEYS[2 * i])
  s.rpm, s.tpm, s.places = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2])
  if s.rpm > 0 and s.requests + 1 > s.rpm then
    block(i, 0, free_in_ms(s, 'r', s.requests + 1 - s.rpm))
  end
  if s.tpm > 0 and s.tokens + tokens > s.tpm then
    block(i, 1, free_in_ms(s, 't', s.tokens + tokens - s.tpm))
  end
  if s.places > 0 and places_taken(KEYS[2 * i + 1]) >= s.places then block(i, 2, 1000) end
  subjects[i] = s
end

local reply = {blocked, limit, wait}
for i, s in ipairs(subjects) do
  if blocked == 0 and ARGV[1] ~= '' then
    if s.rpm > 0 then
      redis.call('HINCRBY', s.key, 'r' .. s.at, 1)
      s.requests = s.requests + 1
    end
    if s.tpm > 0 then
      redis.call('HINCRBY', s.key, 't' .. s.at, tokens)
      s.tokens = s.tokens + tokens
    end
    if s.rpm > 0 or s.tpm > 0 then
      s.newest = s.at
      store(s)
    end
    if s.places > 0 then
      redis.call('HINCRBY', KEYS[2 * i + 1], ARGV[1], 1)
      redis.call('EXPIRE', KEYS[2 * i + 1], 86400)
    end
  end
  reply[#reply + 1] = s.requests
  reply[#reply + 1] = s.tokens
  reply[#reply + 1] = s.at
  reply[#reply + 1] = math.max((s.newest + 61) * 1000 - now_ms, 0)
end
return reply
)lua";

constexpr std::string_view kSettle = R"lua(
local reserved, used = tonumber(ARGV[2]), tonumber(ARGV[3])
for i = 1, #KEYS / 2 do
  local at = tonumber(ARGV[3 * i + 1])
  if ARGV[3 * i + 2] == '1' and at > 0 and used ~= reserved then
    local s = advance(KEYS[2 * i - 1])
    if used > reserved then
      redis.call('HINCRBY', s.key, 't' .. s.at, used - reserved)
      s.tokens = s.tokens + used - reserved
      s.newest = s.at
      store(s)
    elseif at >= s.mark and redis.call('HEXISTS', s.key, 't' .. at) == 1 then
      redis.call('HINCRBY', s.key, 't' .. at, used - reserved)
      s.tokens = s.tokens + used - reserved
      store(s)
    end
  end
  if ARGV[3 * i + 3] == '1' then
    if redis.call('HINCRBY', KEYS[2 * i], ARGV[1], -1) <= 0 then
      redis.call('HDEL', KEYS[2 * i], ARGV[1])
    end
  end
end
return 1
)lua";

constexpr std::string_view kTake = R"lua(
for i = 1, #KEYS do
  redis.call('HINCRBY', KEYS[i], ARGV[1], 1)
  redis.call('EXPIRE', KEYS[i], 86400)
end
return 1
)lua";

constexpr std::string_view kBeat = R"lua(
local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now_ms)
if ARGV[3] ~= '' then redis.call('ZREM', KEYS[1], ARGV[3]) end
local alive = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], now_ms + tonumber(ARGV[2]), ARGV[1])
return alive and 1 or 0
)lua";

std::string Sha1Hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15U];
  }
  return hex;
}

// A script's text with its hash; lives as long as the process.
struct Compiled {
  Compiled(std::string_view name, std::string whole)
      : text(std::move(whole)), sha1(Sha1Hex(text)), script{name, text, sha1} {}

  std::string text;
  std::string sha1;
  RedisScript script;
};

}  // namespace

const RedisScript& AdmitScript() {
  static const Compiled compiled("admit", StrCat(kAdvance, kAdmit));
  return compiled.script;
}

const RedisScript& SettleScript() {
  static const Compiled compiled("settle", StrCat(kAdvance, kSettle));
  return compiled.script;
}

const RedisScript& TakeScript() {
  static const Compiled compiled("take", std::string(kTake));
  return compiled.script;
}

const RedisScript& BeatScript() {
  static const Compiled compiled("beat", std::string(kBeat));
  return compiled.script;
}

}  // namespace weir::relay

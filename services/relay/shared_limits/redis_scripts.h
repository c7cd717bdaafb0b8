// What runs inside Redis: Lua that counts as limits/rate_limiter does, for all relays at once.
//
// Keys of a subject: a hash with the seconds of the last minute (`r<second>`, `t<second>`: requests
// and tokens), their sums (`r`, `t`), the first second that is still in them (`m`) and the newest
// (`n`); and a hash of its places in flight, member -> how many. A member is one connection of one
// relay. The sorted set of members says until when (Unix ms) each is taken to be alive; places of
// others count nothing, so those of a relay that died come back when its lease is over. Time is
// Redis's own.
//
// All return integers. Redis 5 or later.
#pragma once

#include "services/relay/redis/redis_script.h"

namespace weir::relay {

// KEYS: members, then of each subject its counts and its places. ARGV: member, tokens, then of each
// subject its limits of requests, tokens and places (0 = none). Counts with all subjects or with
// none; without a member (empty) with none, and says what it would. -> {subject that refuses from 1
// (0 = admitted), its limit (0 requests, 1 tokens, 2 places), wait in ms, then of each subject:
// requests, tokens, second counted in, ms until all is free}.
const RedisScript& AdmitScript();

// KEYS: of each subject its counts and its places. ARGV: member, tokens reserved, tokens used, then
// of each subject: second counted in (0 = none), whether its tokens count, whether it holds a
// place. -> 1.
const RedisScript& SettleScript();

// KEYS: places of each subject. ARGV: member. Takes a place in each, unasked. -> 1.
const RedisScript& TakeScript();

// KEYS: members. ARGV: member, lease in ms, member that is no more (or empty). -> 1 when the member
// was alive until now, else 0.
const RedisScript& BeatScript();

}  // namespace weir::relay

// Answers that the relay makes itself: a closed list of names, each with its status and its words
// in the caller's dialect, so that a client's own retry logic understands them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "services/relay/dialects/dialect.h"

namespace weir::relay {

struct LocalReply {
  std::string_view reason;  // a word of libs/common/reason.h that is in the table of local_reply.cc
  std::string message;      // what is wrong and what to do; never an upstream's text or a secret
  std::int64_t retry_after_s = 0;  // 0 = no Retry-After
  int status = 0;                  // 0 = the table's; else an upstream's own, kept
};

// The status that `reply` is answered with in `dialect`.
int LocalReplyStatus(const LocalReply& reply, Dialect dialect);

// {"type":"error","error":{…},"request_id":…} or {"error":{message,type,param,code}}.
std::string LocalReplyBody(const LocalReply& reply, Dialect dialect, std::string_view request_id);

// The same inside a stream that has begun: the dialect's error event, after which it ends.
std::string LocalReplyEvent(const LocalReply& reply, Dialect dialect, std::string_view request_id);

}  // namespace weir::relay

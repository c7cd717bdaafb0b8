// Answers that the relay makes itself, by the table of reply_table.h, in the caller's dialect, so
// that a client's own retry logic understands them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "libs/common/text.h"
#include "services/relay/dialects/dialect.h"
#include "services/relay/reply_table.h"

namespace weir::relay {

struct LocalReply {
  std::string_view reason;  // of reply_table.h
  std::string message;      // what is wrong and what to do; never an upstream's text or a secret
  std::int64_t retry_after_s = 0;  // 0 = no Retry-After
  int status = 0;                  // 0 = the table's; else an upstream's own, kept
  std::string_view limit = {};     // which one is reached: requests, tokens, usd_per_day, …
  bool worth_retrying = true;      // false: SDKs are told not to, where they would
};

// What the table has for `reason`, its sentence filled with `parts` in order; parts beyond its
// places are left out.
LocalReply FillReply(std::string_view reason, Telling telling, std::span<const std::string> parts);

template <typename... Parts>
LocalReply MakeReply(Telling telling, std::string_view reason, const Parts&... parts) {
  const std::array<std::string, sizeof...(Parts)> texts{StrCat(parts)...};
  return FillReply(reason, telling, texts);
}
template <typename... Parts>
LocalReply MakeReply(std::string_view reason, const Parts&... parts) {
  return MakeReply(Telling::kUsual, reason, parts...);
}

// {"error":"…","code":40001,"reason":"bad_parameter","request_id":"…"}, as the REST interface says
// it.
std::string PlainReplyBody(const LocalReply& reply, int status, std::string_view request_id);

// The status that `reply` is answered with in `dialect`.
int LocalReplyStatus(const LocalReply& reply, Dialect dialect);

// {"type":"error","error":{…},"request_id":…}, {"error":{message,type,param,code}} or
// {"error":{code,message,status,details}}.
std::string LocalReplyBody(const LocalReply& reply, Dialect dialect, std::string_view request_id);

// The same inside a stream that has begun: the dialect's error event, after which it ends.
// `sequence`: its number among the events, where the dialect counts them.
std::string LocalReplyEvent(const LocalReply& reply, Dialect dialect, std::string_view request_id,
                            std::int64_t sequence = 0);

}  // namespace weir::relay

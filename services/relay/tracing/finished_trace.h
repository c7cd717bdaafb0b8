// What is told of a request when it is over: a span for itself, one for each of its attempts. Never
// a word of a prompt or an answer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/common/cost.h"
#include "services/relay/tracing/trace_context.h"

namespace weir::relay {

// One upstream call. Texts that are views live as long as the process.
struct AttemptSpan {
  SpanId id{};
  std::int64_t account_id = 0;
  std::string account_name;
  std::string host;
  int port = 0;
  std::string_view provider;  // gen_ai.provider.name
  std::string model;          // as the upstream calls it
  int http_status = 0;        // 0 = no answer
  std::string_view error_class = {};
  std::string_view action = {};  // what was decided after it
  std::int64_t began_unix_ms = 0;
  std::int64_t end_ms = 0;         // from there on
  std::int64_t connect_ms = 0;     // 0 = a kept connection, -1 = there was none
  std::int64_t first_byte_ms = 0;  // -1 = there was no answer
};

struct FinishedTrace {
  TraceId trace_id{};
  SpanId span_id{};
  SpanId parent_id{};  // all zero: the trace began here
  std::string trace_state;
  std::vector<AttemptSpan> attempts;  // in their order; the last one may have answered

  std::string request_id;
  std::string_view method;
  std::string_view path;       // of the endpoint, not what the client wrote
  std::string_view operation;  // gen_ai.operation.name
  std::int64_t began_unix_ms = 0;
  std::int64_t duration_ns = 0;
  int status = 0;  // 0 = the client got none
  std::string_view error_class;
  bool complete = false;
  bool stream = false;
  bool cache_hit = false;
  bool has_usage = false;  // `tokens` are the last attempt's
  std::string model;       // as the client calls it
  std::int64_t key_id = 0;
  std::int64_t user_id = 0;
  std::int64_t group_id = 0;
  TokenCounts tokens;
  std::int64_t cost_nano_usd = 0;
  std::int64_t first_token_ms = -1;  // -1 = there was none
  std::int64_t overhead_us = 0;

  std::size_t spans() const { return 1 + attempts.size(); }
};

}  // namespace weir::relay

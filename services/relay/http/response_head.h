// The head of an answer on its way to the client. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "services/relay/dialects/dialect.h"
#include "services/relay/http1/head_parser.h"

namespace weir::relay {

inline constexpr std::string_view kEventStreamType = "text/event-stream; charset=utf-8";
inline constexpr std::string_view kJsonType = "application/json";

enum class AnswerFraming : std::uint8_t { kLength, kChunked, kUntilClose };

struct AnswerHead {
  int status = 200;
  AnswerFraming framing = AnswerFraming::kLength;
  std::int64_t content_length = 0;  // kLength
  bool close = false;
  std::string_view request_id;
  std::int64_t overhead_us = 0;    // our own time
  std::int64_t upstream_us = 0;    // time waited for the upstream; 0 = none was asked
  std::int64_t retry_after_s = 0;  // 0 = none
  Dialect dialect = Dialect::kOpenAiChat;
  // Not empty: a page of this origin may read the answer.
  std::string_view console_origin = {};
};

// Status line and what every answer of the relay carries; without the empty line, so that more
// fields can follow. Replaces `out`.
void WriteAnswerHead(const AnswerHead& head, std::string& out);

// What a browser is told that asks whether a page of the console may send a request.
void AppendPreflightFields(std::string& out);

// Appends the fields of the upstream's head that pass to a client, by allow-list.
void AppendUpstreamFields(const ResponseHead& upstream, std::string& out);

// The same for an answer that was translated: its type, what it says about trying again, and the id
// of the request in the header that the client's SDK reads it from.
struct TranslatedAnswer {
  Dialect client = Dialect::kOpenAiChat;
  Dialect upstream = Dialect::kOpenAiChat;
  std::string_view request_id;
  std::string_view dropped;  // names of fields that did not go upstream; empty = none
  bool events = false;       // a stream of them
};
void AppendTranslatedFields(const ResponseHead& upstream, const TranslatedAnswer& answer,
                            std::string& out);

// What keeps proxies in front of us from holding an event stream back.
void AppendStreamFields(std::string& out);

}  // namespace weir::relay

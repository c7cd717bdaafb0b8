// What the relay says itself: for each reason the status and type in both dialects and the
// sentence. THE one place for the words of refusals and failures. No I/O.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weir::relay {

struct ReplyShape {
  int status;
  std::string_view type;
};

// Statuses and types that the SDKs act on: 401 and 403 are final, 429 and 5xx are retried. Claude
// Code retries 401 too, for minutes, unless it is told not to.
struct ReplyRow {
  std::string_view reason;  // a word of libs/common/reason.h
  ReplyShape anthropic;
  ReplyShape openai;
  // What is wrong and what to do; `{}` stands for what the stage that refuses has to say, in order.
  std::string_view sentence;
  std::int64_t retry_after_s = 0;     // 0 = none, or the stage knows better
  std::string_view openai_code = {};  // OpenAI's own word, which its SDKs compare with; else ours
  bool worth_retrying = true;         // false: SDKs are told not to, where they would
};

// Some reasons are told in other words at another moment.
enum class Telling : std::uint8_t {
  kUsual,
  kMidAnswer,       // some of the answer has gone to the client
  kUnreadable,      // an answer came that cannot be read
  kTooLarge,        // waiting does not help: the request itself is too large
  kUnknownPieces,   // of a type that nobody knows how to put together
  kUntranslatable,  // no account of the caller's own protocol, and another's has no words for it
};

std::span<const ReplyRow> ReplyTable();
// A reason without a row is a bug; it gets that of `internal`.
const ReplyRow& ReplyRowOf(std::string_view reason);
// The row's own where it is told no other way.
std::string_view ReplySentence(const ReplyRow& row, Telling telling);

}  // namespace weir::relay

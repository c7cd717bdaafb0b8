// An answer as it comes: a small closed set of events that each dialect's reader finds in its
// stream (or in a whole answer) and each dialect's writer writes. No I/O.
//
// Texts are JSON text without its quotes, escaped, as in chat_request.h. They are valid until the
// sink returns.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/common/cost.h"
#include "services/relay/dialects/dialect.h"
#include "services/relay/dialects/sse.h"
#include "services/relay/translate/neutral/client_tools.h"
#include "services/relay/translate/neutral/tool_names.h"

namespace weir::relay {

enum class StopReason : std::uint8_t {
  kEnd,
  kMaxTokens,
  kToolUse,
  kStopSequence,  // `text` is the sequence
  kRefusal,       // of the model, or of a filter before or behind it
  kPause,
  kContextFull,
};

enum class AnswerEventKind : std::uint8_t {
  kBegin,          // `model` as the upstream names it, `id` where it is told on; first, once
  kText,           // a piece of what is said
  kRefusalText,    // a piece of why not
  kThinking,       // a piece of what is thought
  kSignature,      // ends the thinking before it (perhaps none was told): what its maker wants back
  kToolCall,       // one begins: `id`, `name`, `call`
  kToolArguments,  // a piece of the arguments of `call`, as inside a JSON string
  kOwn,            // what this dialect alone has: `text` is its JSON. AnswerContext::native alone
  kOwnPiece,  // more of the last kOwn: JSON of its member `name`; no name: of what, nobody knows
  // What this dialect's answer says of itself: its member `name`, JSON in `text`. May come before
  // kBegin, and again. AnswerContext::native alone
  kOwnMember,
  kStop,   // why it ended: `stop`; as the upstream says it in `code`, see OwnWord
  kEnd,    // all is told
  kError,  // it broke off: `text` says why, `code` is the upstream's word
};

struct AnswerEvent {
  AnswerEventKind kind = AnswerEventKind::kEnd;
  std::string_view text = {};
  std::string_view model = {};
  std::string_view id = {};
  std::string_view name = {};
  std::string_view code = {};  // kError, kStop; not escaped
  std::size_t call = 0;        // calls are numbered from 0 in the order in which they begin
  StopReason stop = StopReason::kEnd;
};

class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  virtual void On(const AnswerEvent& event) = 0;

  // For readers: an event each.
  void Begin(std::string_view model, std::string_view id = {}) {
    On({.kind = AnswerEventKind::kBegin, .model = model, .id = id});
  }
  // Nothing is said by no text.
  void Say(AnswerEventKind kind, std::string_view text) {
    if (!text.empty()) On({.kind = kind, .text = text});
  }
  void Call(std::size_t call, std::string_view id, std::string_view name) {
    On({.kind = AnswerEventKind::kToolCall, .id = id, .name = name, .call = call});
  }
  void Arguments(std::size_t call, std::string_view escaped) {
    On({.kind = AnswerEventKind::kToolArguments, .text = escaped, .call = call});
  }
  void Stop(StopReason stop, std::string_view own_word = {}, std::string_view text = {}) {
    On({.kind = AnswerEventKind::kStop, .text = text, .code = own_word, .stop = stop});
  }
  void End() { On({.kind = AnswerEventKind::kEnd}); }
  void Fail(std::string_view message, std::string_view code) {
    constexpr std::string_view kNoMessage = "The provider ended its answer with an error.";
    On({.kind = AnswerEventKind::kError,
        .text = message.empty() ? kNoMessage : message,
        .code = code});
  }
};

// Reads one answer of an upstream's dialect. Its state is bounded: it holds no text but a signature
// that has not ended.
class AnswerReader {
 public:
  virtual ~AnswerReader() = default;
  // One whole event of a stream. False: it is not what the dialect says.
  virtual bool ReadEvent(const SseEvent& event, AnswerSink& sink) = 0;
  // An answer that is no stream, whole: kBegin to kEnd (or kError). `body` must be readable for 64
  // bytes behind its end.
  virtual bool ReadWhole(std::string_view body, AnswerSink& sink) = 0;
  // The stream has ended; for dialects whose last event does not say so.
  virtual void ReadEnd(AnswerSink&) {}
};

// What writers and readers may need beside the events. Outlives them.
struct AnswerContext {
  Dialect upstream = Dialect::kOpenAiChat;
  bool native = false;              // the client's dialect, too: only the form is another one
  std::uint64_t family = 0;         // of the account that answers: signatures are bound to it
  std::string id;                   // of the request: answers are named after it
  std::string model;                // as the client asked; for upstreams that name none
  bool include_usage = false;       // OpenAI streams
  bool shows_thinking = true;       // Gemini, where it is given to who asks
  bool as_array = false;            // Gemini: a stream that was not asked for as events
  std::int64_t created_unix_s = 0;  // OpenAI
  TokenCounts tokens;               // as they stand with the events at hand
  ToolNames tool_names;
  std::vector<ClientTool> client_tools;
};

// The upstream's own word for an end, for a client that speaks its dialect; else empty, as where it
// is none.
inline std::string_view OwnWord(const AnswerContext& context, std::string_view word) {
  constexpr std::size_t kWordBytesMax = 64;
  const bool is_word =
      word.size() <= kWordBytesMax && std::all_of(word.begin(), word.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      });
  return context.native && is_word ? word : std::string_view();
}

// Writes one answer in the client's dialect. Sets down at once what an event says; what it holds is
// bounded by kHeldBytesMax.
class AnswerWriter : public AnswerSink {
 public:
  static constexpr std::size_t kHeldBytesMax = 1024 * 1024;

  // What was written since the last time.
  std::string& out() { return out_; }
  // More was to be held than may be: the answer cannot go on.
  bool failed() const { return failed_; }
  virtual std::size_t held_bytes() const { return out_.capacity(); }
  // Behind an `error` event of the gateway's own: what else the dialect says at such an end.
  // `message` is escaped.
  virtual void BreakOff(std::string_view) {}
  // How many events were written, where they are numbered.
  virtual std::int64_t events() const { return 0; }
  // Of a failed one: the type of what nobody knows how to put together, if that is why.
  std::string_view unknown_type() const { return unknown_type_; }

 protected:
  std::string out_;
  bool failed_ = false;
  std::string unknown_type_;
};

}  // namespace weir::relay

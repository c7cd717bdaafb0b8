// Reads an answer on its way to the client: usage, the terminal event, errors inside a stream. No
// I/O, one per attempt that answers; not thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "libs/common/cost.h"
#include "services/relay/dialects/dialect.h"
#include "services/relay/dialects/json_member.h"
#include "services/relay/dialects/sse.h"
#include "services/relay/metering/usage_record.h"

namespace weir::relay {

class AnswerMeter {
 public:
  // `hide_usage`: the client did not ask for the usage chunk that we asked for.
  AnswerMeter(Dialect dialect, bool hide_usage) : dialect_(dialect), hide_usage_(hide_usage) {}

  enum class Verdict : std::uint8_t { kPass, kDrop };

  // One whole event of a stream.
  Verdict OnEvent(const SseEvent& event);
  // The next bytes of an answer that is no stream; then its end, whole or cut.
  void OnBody(std::string_view part);
  void OnBodyEnd();

  // The stream's own end was seen (message_stop, [DONE]) / the provider's error event was.
  bool terminal() const { return terminal_; }
  bool failed() const { return failed_; }
  // The answer that is no stream is one whole JSON object.
  bool body_complete() const { return body_usage_.complete(); }

  // What was used. What the provider never told is estimated: `estimated_input` in, and out what
  // passed, by its bytes.
  TokenCounts Tokens(std::int64_t estimated_input) const;
  UsageSource source() const;

 private:
  void OnAnthropicEvent(const SseEvent& event);
  Verdict OnOpenAiEvent(std::string_view data);
  // True when the object told anything.
  bool NoteUsage(std::string_view usage);

  Dialect dialect_;
  bool hide_usage_;
  bool terminal_ = false;
  bool failed_ = false;
  bool input_reported_ = false;
  bool output_reported_ = false;
  std::uint64_t text_bytes_ = 0;  // of what the model wrote, about
  TokenCounts tokens_;
  JsonMemberFinder body_usage_{"usage", 16 * 1024, "error"};
};

}  // namespace weir::relay

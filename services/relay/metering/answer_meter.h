// Reads an answer on its way to the client: usage, the terminal event, errors inside a stream. No
// I/O, one per attempt that answers; not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/common/cost.h"
#include "services/relay/dialects/dialect.h"
#include "services/relay/dialects/json_member.h"
#include "services/relay/dialects/sse.h"
#include "services/relay/metering/delta_envelope.h"
#include "services/relay/metering/usage_form.h"
#include "services/relay/metering/usage_parse.h"
#include "services/relay/metering/usage_record.h"

namespace weir::relay {

class AnswerMeter {
 public:
  // `hide_usage`: the client did not ask for the usage chunk that we asked for.
  AnswerMeter(Dialect dialect, bool hide_usage, UsageForm form = UsageForm::kText)
      : dialect_(dialect),
        hide_usage_(hide_usage),
        form_(RowOf(form)),
        body_usage_(WordsOf(dialect).usage_field, 16 * 1024, "error") {}

  // The body is sound, or text without JSON around it: only its framing tells that it is whole.
  void SetOpaque() { opaque_ = true; }
  // How many the client asked for: choices of one answer, or pictures of a stream, which come one
  // after the other, each with an end and a usage of its own.
  void SetAsked(std::int64_t number) { asked_ = number; }

  enum class Verdict : std::uint8_t { kPass, kDrop };

  // One whole event of a stream. What stands behind the terminal event is dropped.
  Verdict OnEvent(const SseEvent& event);
  // The stream's sender has finished, soundly.
  void OnStreamEnd();
  // The next bytes of an answer that is no stream; then its end, whole or cut.
  void OnBody(std::string_view part);
  void OnBodyEnd();

  // All that the model says has come: the stream's own last event (message_stop, [DONE]), or, where
  // that is left out or does not exist, why each choice or candidate ends.
  bool terminal() const { return over_ || told_; }
  // The stream's last event itself was seen: nothing that counts comes behind it, and what was used
  // is known. Gemini's streams have none.
  bool over() const { return over_; }
  // The provider's error event was seen.
  bool failed() const { return failed_; }
  // The answer that is no stream is one whole JSON object (or opaque).
  bool body_complete() const { return opaque_ || body_usage_.complete(); }

  // What was used. What the provider never told is estimated: `estimated_input` in, and out what
  // passed, by its bytes (or what stands for them: usage_form.h).
  TokenCounts Tokens(std::int64_t estimated_input) const;
  UsageSource source() const;
  bool input_reported() const { return input_reported_; }
  bool output_reported() const { return output_reported_; }
  // How many had data: the number of the next one, where a dialect counts them from 0.
  std::int64_t events() const { return events_; }
  // Of what the model wrote, about.
  std::uint64_t text_bytes() const { return text_bytes_; }

  // How far the stream has come; for going back to what a client has really got.
  struct Mark {
    std::uint64_t text_bytes = 0;
    std::int64_t events = 0;
    std::int64_t open_block = -1;  // Anthropic's content block that has begun and not ended
    std::uint64_t choices_ended = 0;
    TokenCounts tokens = {};
    UsageFigures figures = {};
    bool input_reported = false;
    bool output_reported = false;
  };
  Mark mark() const {
    return {text_bytes_, events_,  open_block_,     choices_ended_,
            tokens_,     figures_, input_reported_, output_reported_};
  }
  void GoBack(const Mark& mark);
  // OpenAI's first chunk is kept, or what tells who answers of a response: the end of a stream
  // repeats its id and model.
  void KeepFirstChunk() { keep_first_chunk_ = true; }
  // What ends the stream at its mark; see stream_ending.h.
  std::string Ending(std::int64_t choices, bool include_usage, const TokenCounts& tokens) const;

 private:
  void OnAnthropicEvent(const SseEvent& event);
  void OnResponsesEvent(const SseEvent& event);
  void OnGeminiEvent(std::string_view data);
  Verdict OnOpenAiEvent(std::string_view data);
  // The event is the last one with other text: counted, and all there is to it.
  bool IsMoreText(std::string_view data);
  void ReadText(std::string_view data);
  // The last one of each figure counts. True when the objects told anything.
  bool NoteUsage(const std::vector<std::string>& usages);
  void NotePicture(const std::vector<std::string>& usages);
  bool EndsStream(std::string_view data) const;
  bool AllChoicesEnded() const;
  std::int64_t EstimateOutput(std::int64_t input) const;

  Dialect dialect_;
  bool hide_usage_;
  const UsageFormRow& form_;
  bool opaque_ = false;
  bool over_ = false;
  bool told_ = false;
  bool failed_ = false;
  bool keep_first_chunk_ = false;
  bool input_reported_ = false;
  bool output_reported_ = false;
  std::int64_t events_ = 0;       // that had data
  std::uint64_t text_bytes_ = 0;  // of what the model wrote, about
  DeltaEnvelope envelope_;
  std::int64_t pictures_ = 0;  // of a stream
  std::int64_t asked_ = 1;
  std::int64_t open_block_ = -1;
  std::uint64_t choices_ended_ = 0;  // Chat's, a bit each
  std::string first_chunk_;
  UsageFigures figures_;
  TokenCounts tokens_;                  // of figures_, and of the pictures before
  std::uint64_t candidates_begun_ = 0;  // Gemini's, a bit each
  std::uint64_t candidates_ended_ = 0;
  JsonMemberFinder body_usage_;
};

}  // namespace weir::relay

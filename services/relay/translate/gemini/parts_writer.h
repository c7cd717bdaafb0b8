// What whole answers and streams of Gemini's have in common: neutral events become parts. No I/O.
//
// Gemini has no pieces of calls: each is held until its arguments are whole. What was thought, and
// its signature, go with the next call as its thoughtSignature, since clients send that back.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/translate/gemini/thought_envelope.h"
#include "services/relay/translate/neutral/answer_event.h"
#include "services/relay/translate/neutral/json_out.h"
#include "services/relay/translate/neutral/tool_arguments.h"

namespace weir::relay::gemini {

class PartsWriter : public AnswerWriter {
 public:
  // `context` must outlive it.
  explicit PartsWriter(const AnswerContext& context) : context_(context) {}

  void On(const AnswerEvent& event) override;
  std::size_t held_bytes() const override { return out_.capacity() + thought_bytes_ + held_bytes_; }

 protected:
  // A piece of text; the next one may be more of it.
  virtual void Say(bool thought, std::string_view text) = 0;
  // A part, whole.
  virtual void AddPart(std::string_view part) = 0;
  // `finish`: the value of finishReason, and what members belong to it; empty = the prompt was
  // blocked, there is no candidate.
  virtual void End(std::string_view finish) = 0;
  virtual void Fail(const AnswerEvent& event) = 0;
  // Behind the last candidate, as members.
  void WriteRest(JsonOut& json) const;

  const AnswerContext& context_;
  std::string model_;

 private:
  struct Call {
    std::string id;
    std::string name;
    std::string arguments;  // escaped
    std::string signature;
    JsonBalance balance;
    bool written = false;
  };

  void AddOwn(std::string_view json);
  void Think(std::string_view text);
  void BeginCall(const AnswerEvent& event);
  void AddArguments(const AnswerEvent& event);
  // Those that are whole, in their order; all of them when nothing more will come.
  void WriteCalls(bool all);
  void WriteCall(Call& call);
  void EndThought(std::string_view payload);
  std::string TakeSignature();

  std::vector<Call> calls_;
  std::size_t written_ = 0;        // of them
  std::string thought_;            // the one that has not ended; escaped
  std::vector<Thought> thoughts_;  // since the last call
  std::string own_signature_;      // of the next call; where the upstream is Gemini, too
  std::size_t thought_bytes_ = 0;
  std::size_t held_bytes_ = 0;  // of arguments
  std::string finish_ = R"("STOP")";
  std::string feedback_;  // what is said of the prompt: JSON; where the upstream is Gemini, too
  bool blocked_ = false;  // it ended without a word of its own, but with that
  bool says_ = false;
  bool over_ = false;
};

}  // namespace weir::relay::gemini

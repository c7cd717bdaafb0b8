#include "services/relay/translate/gemini/answer_reader.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <vector>

#include "libs/common/text.h"
#include "services/relay/translate/gemini/call_signature.h"
#include "services/relay/translate/gemini/spelling.h"
#include "services/relay/translate/neutral/error_reader.h"
#include "services/relay/translate/neutral/hashed_id.h"
#include "services/relay/translate/neutral/json_read.h"
#include "services/relay/translate/neutral/tool_arguments.h"

namespace weir::relay::gemini {

using Value = ondemand::value;

struct AnswerPart {
  std::string_view text;
  bool thought = false;
  std::string_view signature;
  bool is_call = false;
  std::string_view id;
  std::string_view name;
  std::string_view arguments;  // JSON
  bool is_media = false;
  bool is_own = false;    // what no other protocol has, with or without media
  std::string_view json;  // as it stands there, where that is told on
};

// What a chunk, or a whole answer, says of its first candidate.
struct Chunk {
  std::string_view model;
  bool has_candidate = false;
  std::vector<AnswerPart> parts;
  std::string_view finish_reason;  // decoded
  std::string_view finish_message;
  bool blocked = false;       // the prompt was: there is no candidate
  std::string_view feedback;  // on the prompt: JSON, where that is told on
  bool has_error = false;
  ErrorFields error;
};

namespace {

constexpr std::array kStops = {
    std::pair<std::string_view, StopReason>{"MAX_TOKENS", StopReason::kMaxTokens},
    std::pair<std::string_view, StopReason>{"SAFETY", StopReason::kRefusal},
    std::pair<std::string_view, StopReason>{"RECITATION", StopReason::kRefusal},
    std::pair<std::string_view, StopReason>{"LANGUAGE", StopReason::kRefusal},
    std::pair<std::string_view, StopReason>{"BLOCKLIST", StopReason::kRefusal},
    std::pair<std::string_view, StopReason>{"PROHIBITED_CONTENT", StopReason::kRefusal},
    std::pair<std::string_view, StopReason>{"SPII", StopReason::kRefusal},
    std::pair<std::string_view, StopReason>{"IMAGE_SAFETY", StopReason::kRefusal},
    std::pair<std::string_view, StopReason>{"IMAGE_PROHIBITED_CONTENT", StopReason::kRefusal},
    std::pair<std::string_view, StopReason>{"IMAGE_RECITATION", StopReason::kRefusal},
};

// A call that was made is to be answered: this protocol has no word of its own for that end.
StopReason StopOf(std::string_view word, bool any_call) {
  for (const auto& [known, stop] : kStops) {
    if (known == word) return stop;
  }
  return any_call ? StopReason::kToolUse : StopReason::kEnd;
}

bool SaysWhy(std::string_view word) { return !word.empty() && !word.ends_with("_UNSPECIFIED"); }

void ReadCall(Value value, JsonReader& in, AnswerPart& part) {
  part.is_call = true;
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "id") part.id = in.Text(member);
    if (name == "name") part.name = in.Text(member);
    if (name == "args") part.arguments = in.Raw(member);
  });
}

bool IsOwn(std::string_view name) {
  static constexpr std::string_view kOwnParts[] = {"inlineData", "fileData", "executableCode",
                                                   "codeExecutionResult"};
  return std::any_of(std::begin(kOwnParts), std::end(kOwnParts),
                     [name](std::string_view own) { return IsNamed(name, own); });
}

void ReadPart(Value value, JsonReader& in, bool native, AnswerPart& part) {
  const auto read = [&](std::string_view name, Value member) {
    if (name == "text") part.text = in.Text(member);
    if (name == "thought") part.thought = in.Bool(member);
    if (IsNamed(name, "thoughtSignature")) part.signature = in.Text(member);
    if (IsNamed(name, "functionCall")) ReadCall(member, in, part);
    if (IsNamed(name, "inlineData") || IsNamed(name, "fileData")) part.is_media = true;
    part.is_own = part.is_own || IsOwn(name);
  };
  in.Members(value, read, native ? &part.json : nullptr);
}

void ReadContent(Value value, JsonReader& in, bool native, Chunk& chunk) {
  in.Members(value, [&](std::string_view name, Value member) {
    if (name != "parts") return;
    in.Items(member, [&](Value item) { ReadPart(item, in, native, chunk.parts.emplace_back()); });
  });
}

// The index may stand behind what it is the index of.
void ReadCandidate(Value value, JsonReader& in, bool native, Chunk& chunk) {
  Chunk candidate;
  std::int64_t index = 0;
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "index") index = in.Whole(member);
    if (name == "content") ReadContent(member, in, native, candidate);
    if (IsNamed(name, "finishReason")) candidate.finish_reason = in.Word(member);
    if (IsNamed(name, "finishMessage")) candidate.finish_message = in.Text(member);
  });
  if (index != 0) return;
  chunk.has_candidate = true;
  chunk.parts = std::move(candidate.parts);
  chunk.finish_reason = candidate.finish_reason;
  chunk.finish_message = candidate.finish_message;
}

void ReadMembers(Value root, JsonReader& in, bool native, Chunk& chunk) {
  in.Members(root, [&](std::string_view name, Value member) {
    if (IsNamed(name, "modelVersion")) chunk.model = in.Text(member);
    if (name == "candidates") {
      in.Items(member, [&](Value item) { ReadCandidate(item, in, native, chunk); });
    }
    if (IsNamed(name, "promptFeedback")) {
      const auto read = [&](std::string_view inner, Value word) {
        if (IsNamed(inner, "blockReason")) chunk.blocked = SaysWhy(in.Word(word));
      };
      in.Members(member, read, native ? &chunk.feedback : nullptr);
    }
    if (name != "error") return;
    chunk.has_error = true;
    ReadErrorFields(member, in, chunk.error);
  });
}

}  // namespace

bool GeminiAnswerReader::ReadEvent(const SseEvent& event, AnswerSink& sink) {
  if (event.data.empty() || over_) return true;
  return ReadText(event.data, /*whole=*/false, sink);
}

bool GeminiAnswerReader::ReadWhole(std::string_view body, AnswerSink& sink) {
  if (!ReadText(body, /*whole=*/true, sink)) return false;
  if (!over_ && !stopped_) Stop({}, sink);
  ReadEnd(sink);
  return true;
}

void GeminiAnswerReader::ReadEnd(AnswerSink& sink) {
  if (over_ || !stopped_) return;
  over_ = true;
  sink.End();
}

bool GeminiAnswerReader::ReadText(std::string_view json, bool whole, AnswerSink& sink) {
  thread_local JsonDocument event_document;
  JsonDocument own_document;
  JsonReader in;
  Value root;
  Chunk chunk;
  if (!(whole ? own_document.Open(json, root) : event_document.OpenCopy(json, root))) return false;
  ReadMembers(root, in, context_.native, chunk);
  if (!in.ok()) return false;
  if (chunk.has_error) {
    over_ = true;
    sink.Fail(chunk.error.message, chunk.error.word());
    return true;
  }
  if (whole && !chunk.has_candidate && !chunk.blocked) return false;
  if (!begun_) sink.Begin(chunk.model);
  begun_ = true;
  if (!chunk.feedback.empty()) {
    sink.On(
        {.kind = AnswerEventKind::kOwnMember, .text = chunk.feedback, .name = "promptFeedback"});
  }
  for (const AnswerPart& part : chunk.parts) Tell(part, sink);
  if (!stopped_ && (chunk.blocked || SaysWhy(chunk.finish_reason))) Stop(chunk, sink);
  return true;
}

void GeminiAnswerReader::Tell(const AnswerPart& part, AnswerSink& sink) {
  if (part.is_call) return TellCall(part, sink);
  if (context_.native && part.is_own) return sink.Say(AnswerEventKind::kOwn, part.json);
  sink.Say(part.thought ? AnswerEventKind::kThinking : AnswerEventKind::kText, part.text);
  if (part.is_media) sink.Say(AnswerEventKind::kText, "[image]");  // no other protocol has any
}

void GeminiAnswerReader::TellCall(const AnswerPart& part, AnswerSink& sink) {
  if (!part.signature.empty()) {
    const std::string payload = WriteCallSignature({calls_, part.signature});
    sink.Say(AnswerEventKind::kSignature, payload);
  }
  std::string made_id;
  if (part.id.empty()) made_id = HashedId("call_", StrCat(context_.id, ".", calls_));
  sink.Call(calls_, part.id.empty() ? made_id : part.id, part.name);
  sink.Arguments(calls_++, EscapedText(part.arguments.empty() ? "{}" : part.arguments));
}

// An end that no other protocol has a word for is told in Google's own.
void GeminiAnswerReader::Stop(const Chunk& chunk, AnswerSink& sink) {
  stopped_ = true;
  const StopReason stop =
      chunk.blocked ? StopReason::kRefusal : StopOf(chunk.finish_reason, calls_ > 0);
  const bool plain = stop == StopReason::kEnd || stop == StopReason::kToolUse;
  if (plain && !context_.native) sink.Say(AnswerEventKind::kText, chunk.finish_message);
  sink.Stop(stop, OwnWord(context_, chunk.finish_reason),
            context_.native ? chunk.finish_message : std::string_view());
}

}  // namespace weir::relay::gemini

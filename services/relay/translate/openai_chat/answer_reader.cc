#include "services/relay/translate/openai_chat/answer_reader.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "libs/common/text.h"
#include "services/relay/translate/neutral/error_reader.h"
#include "services/relay/translate/neutral/hashed_id.h"
#include "services/relay/translate/neutral/json_read.h"
#include "services/relay/translate/neutral/tool_arguments.h"

namespace weir::relay::openai_chat {

using Value = ondemand::value;

struct CallPiece {
  std::int64_t index = -1;
  std::string_view id;
  std::string_view name;
  std::string_view arguments;       // as inside a JSON string,
  std::string_view arguments_json;  // or JSON, which some servers send for it
};

// What one chunk, or a whole completion, says of its first choice.
struct Choice {
  std::int64_t index = 0;
  std::vector<std::string_view> thinking;
  std::vector<std::string_view> text;
  std::string_view refusal;
  std::vector<CallPiece> calls;
  std::string_view finish_reason;  // decoded
};

namespace {

constexpr std::string_view kDone = "[DONE]";

constexpr std::array kStops = {
    std::pair<std::string_view, StopReason>{"length", StopReason::kMaxTokens},
    std::pair<std::string_view, StopReason>{"content_filter", StopReason::kRefusal},
};

// A call that was made is to be answered, whatever word the upstream has for its end; and where
// none was made there is nothing to answer.
StopReason StopOf(std::string_view word, bool any_call) {
  for (const auto& [known, stop] : kStops) {
    if (known == word) return stop;
  }
  return any_call ? StopReason::kToolUse : StopReason::kEnd;
}

// Text, or parts of which some are text.
void ReadText(Value value, JsonReader& in, std::vector<std::string_view>& text) {
  if (JsonReader::IsText(value)) {
    text.push_back(in.Text(value));
    return;
  }
  in.Items(value, [&](Value part) {
    in.Members(part, [&](std::string_view name, Value member) {
      if (name == "text" && JsonReader::IsText(member)) text.push_back(in.Text(member));
    });
  });
}

// The same, where some may be what was thought (Mistral's).
void ReadContent(Value value, JsonReader& in, Choice& choice) {
  if (JsonReader::IsText(value)) return ReadText(value, in, choice.text);
  in.Items(value, [&](Value part) {
    in.Members(part, [&](std::string_view name, Value member) {
      if (name == "text" && JsonReader::IsText(member)) choice.text.push_back(in.Text(member));
      if (name == "thinking") ReadText(member, in, choice.thinking);
    });
  });
}

void ReadFunction(Value value, JsonReader& in, CallPiece& call) {
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "name") call.name = in.Text(member);
    if (name != "arguments") return;
    if (JsonReader::IsText(member)) {
      call.arguments = in.Text(member);
    } else {
      call.arguments_json = in.Raw(member);
    }
  });
}

void ReadCall(Value value, JsonReader& in, CallPiece& call) {
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "index") call.index = in.Whole(member);
    if (name == "id") call.id = in.Text(member);
    if (name == "function") ReadFunction(member, in, call);
  });
}

// `delta` and `message` hold the same.
void ReadMessage(Value value, JsonReader& in, Choice& choice) {
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "content") ReadContent(member, in, choice);
    if (name == "refusal" && JsonReader::IsText(member)) choice.refusal = in.Text(member);
    const bool thinking = name == "reasoning_content" || name == "reasoning";
    if (thinking && JsonReader::IsText(member) && choice.thinking.empty()) {
      choice.thinking.push_back(in.Text(member));
    }
    if (name == "function_call") ReadFunction(member, in, choice.calls.emplace_back());
    if (name != "tool_calls") return;
    in.Items(member, [&](Value item) { ReadCall(item, in, choice.calls.emplace_back()); });
  });
}

void ReadChoice(Value value, JsonReader& in, Choice& choice) {
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "index") choice.index = in.Whole(member);
    if (name == "delta" || name == "message") ReadMessage(member, in, choice);
    if (name == "finish_reason") choice.finish_reason = in.Word(member);
  });
}

struct Chunk {
  std::string_view model;
  std::vector<Choice> choices;
  bool has_error = false;
  ErrorFields error;
};

void ReadMembers(Value root, JsonReader& in, Chunk& chunk) {
  in.Members(root, [&](std::string_view name, Value member) {
    if (name == "model" && JsonReader::IsText(member)) chunk.model = in.Text(member);
    if (name == "choices") {
      in.Items(member, [&](Value item) { ReadChoice(item, in, chunk.choices.emplace_back()); });
    }
    if (name != "error") return;
    chunk.has_error = true;
    ReadErrorFields(member, in, chunk.error);
  });
}

}  // namespace

bool ChatAnswerReader::ReadEvent(const SseEvent& event, AnswerSink& sink) {
  if (event.data.empty() || ended_) return true;  // a comment, or nothing that counts any more
  if (event.data == kDone) {
    ended_ = true;
    Begin({}, sink);
    sink.End();
    return true;
  }
  return ReadChunk(event.data, /*padded=*/false, /*whole=*/false, sink);
}

bool ChatAnswerReader::ReadWhole(std::string_view body, AnswerSink& sink) {
  return ReadChunk(body, /*padded=*/true, /*whole=*/true, sink);
}

// Many servers leave [DONE] out.
void ChatAnswerReader::ReadEnd(AnswerSink& sink) {
  if (ended_ || !stopped_) return;
  ended_ = true;
  sink.End();
}

bool ChatAnswerReader::ReadChunk(std::string_view json, bool padded, bool whole, AnswerSink& sink) {
  thread_local JsonDocument event_document;
  JsonDocument own_document;
  JsonDocument& document = padded ? own_document : event_document;
  JsonReader in;
  Value root;
  if (!(padded ? document.Open(json, root) : document.OpenCopy(json, root))) return false;
  Chunk chunk;
  ReadMembers(root, in, chunk);
  if (!in.ok()) return false;
  if (chunk.has_error) {
    ended_ = true;
    sink.Fail(chunk.error.message, chunk.error.word());
    return true;
  }
  if (whole && chunk.choices.empty()) return false;
  Begin(chunk.model, sink);
  for (const Choice& choice : chunk.choices) {
    if (choice.index == 0) Tell(choice, whole, sink);
  }
  if (whole) sink.End();
  return true;
}

void ChatAnswerReader::Begin(std::string_view model, AnswerSink& sink) {
  if (begun_) return;
  begun_ = true;
  sink.Begin(model);
}

void ChatAnswerReader::Tell(const Choice& choice, bool whole, AnswerSink& sink) {
  for (const std::string_view thought : choice.thinking) {
    sink.Say(AnswerEventKind::kThinking, thought);
  }
  for (const std::string_view text : choice.text) sink.Say(AnswerEventKind::kText, text);
  sink.Say(AnswerEventKind::kRefusalText, choice.refusal);
  refused_ = refused_ || !choice.refusal.empty();
  for (const CallPiece& piece : choice.calls) TellPiece(piece, whole, sink);
  if (choice.finish_reason.empty()) return;
  stopped_ = true;
  StopReason stop = StopOf(choice.finish_reason, !calls_.empty());
  if (stop == StopReason::kEnd && refused_) stop = StopReason::kRefusal;
  // The calls of the old one are told as calls of tools.
  const bool is_old = choice.finish_reason == "function_call";
  sink.Stop(stop, is_old ? std::string_view() : OwnWord(context_, choice.finish_reason));
}

void ChatAnswerReader::TellPiece(const CallPiece& piece, bool whole, AnswerSink& sink) {
  std::size_t call = whole ? calls_.size() : CallOf(piece);
  if (call == calls_.size()) {
    calls_.push_back({piece.index, std::hash<std::string_view>()(piece.id)});
    std::string made_id;
    if (piece.id.empty()) made_id = HashedId("call_", StrCat(context_.id, ".", call));
    sink.Call(call, piece.id.empty() ? std::string_view(made_id) : piece.id, piece.name);
  }
  if (!piece.arguments.empty()) sink.Arguments(call, piece.arguments);
  if (!piece.arguments_json.empty()) sink.Arguments(call, EscapedText(piece.arguments_json));
}

// Which call a piece of a stream belongs to; calls_.size() for one that begins with it. Some
// servers give all the same number, or none: then whoever brings a name, and an id that is not the
// last one's, is a new call, and all else goes on with the last.
std::size_t ChatAnswerReader::CallOf(const CallPiece& piece) const {
  const auto last = std::find_if(calls_.rbegin(), calls_.rend(), [&piece](const Call& call) {
    return piece.index < 0 || call.index == piece.index;
  });
  if (last == calls_.rend()) return calls_.size();
  const bool same_id = last->id == std::hash<std::string_view>()(piece.id);
  const bool may_repeat = piece.id.empty() ? piece.index >= 0 : same_id;
  if (!piece.name.empty() && !may_repeat) return calls_.size();
  return static_cast<std::size_t>(calls_.rend() - last) - 1;
}

}  // namespace weir::relay::openai_chat

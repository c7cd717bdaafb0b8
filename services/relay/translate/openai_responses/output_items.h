// The items of an answer, which whole answers and streams have in common, and the response around
// them. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/translate/neutral/answer_event.h"
#include "services/relay/translate/neutral/json_out.h"

namespace weir::relay::openai_responses {

// Texts are escaped.
struct OutputItem {
  enum class Kind : std::uint8_t { kText, kRefusal, kReasoning, kCall, kTextCall, kOwn };
  Kind kind = Kind::kText;
  std::string
      text;  // what is said or thought; a call's arguments, a text call's input; JSON (kOwn)
  std::string signature;  // kReasoning: what brings it back to its maker
  std::string call_id;
  std::string name;
  std::string name_space;
  bool cut_off = false;

  bool IsCall() const { return kind == Kind::kCall || kind == Kind::kTextCall; }
};

// Who answers, as the upstream names it; escaped.
struct ResponseName {
  std::string model;
  std::string id;  // what a client may go on from; empty: it gets one of ours
};
ResponseName NameOf(const AnswerEvent& begin);

// A call as the client knows the tool.
OutputItem MakeCall(const AnswerContext& context, const AnswerEvent& event);

// "msg_…" and its kin; `index` is its place in the output.
void AppendItemId(const AnswerContext& context, const OutputItem& item, std::size_t index,
                  std::string& out);

// The one piece of content or summary that an item has, if it is none of a call; with `text`.
void WritePiece(const OutputItem& item, std::string_view text, JsonOut& json);

// The item as it begins, empty; or as it is.
void WriteItem(const AnswerContext& context, const OutputItem& item, std::size_t index, bool begins,
               JsonOut& json);

enum class ResponseStatus : std::uint8_t { kInProgress, kCompleted, kIncomplete, kFailed };

struct ResponseEnd {
  ResponseStatus status = ResponseStatus::kInProgress;
  std::string_view incomplete_reason = {};
  std::string_view error_code = {};
  std::string_view error_message = {};  // escaped
};

// How an answer with these items that stopped so has ended.
ResponseEnd EndOf(StopReason stop, const std::vector<OutputItem>& items);

// The response object, as a value.
void WriteResponse(const AnswerContext& context, const ResponseName& name,
                   const std::vector<OutputItem>& items, const ResponseEnd& end, JsonOut& json);

}  // namespace weir::relay::openai_responses

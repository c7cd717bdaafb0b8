// A conversation as its request asks for it, whichever protocol it came in: what one dialect's
// reader fills in and another's writer writes. No I/O.
//
// Texts are views of the body they were read from and stand there as JSON has them, escaped and
// without their quotes: they are never decoded, so nothing is lost on the way, and copying is all
// that writing costs. The body, and the text that a reader made itself (`made`), must outlive them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "services/relay/translate/neutral/client_tools.h"

namespace weir::relay {

// The arguments of a tool call: a JSON value as it is (Anthropic, Gemini), or the same inside a
// JSON string (OpenAI). tool_arguments.h turns one into the other.
struct ToolArguments {
  std::string_view text;
  bool escaped = false;
};

enum class PartKind : std::uint8_t {
  kText,
  kImage,
  kDocument,
  kToolCall,
  kToolResult,  // the `nested` parts behind it are what the tool said
  kThinking,
  kRefusal,
};

struct Part {
  PartKind kind = PartKind::kText;
  std::string_view text;  // kText, kThinking, kRefusal; of a kDocument that is text
  // kImage, kDocument: base64 with its type, or a URL. One of the two, or `text`.
  std::string_view media_type;
  std::string_view base64;
  std::string_view url;
  std::string_view place;      // kImage, kDocument: of the client's body, "messages[0].content[1]"
  std::string_view id;         // kToolCall, kToolResult: what ties the two
  std::string_view name;       // kToolCall: the tool's; kDocument: its title
  std::string_view signature;  // kThinking: what its maker recognises it by
  ToolArguments arguments;     // kToolCall
  std::size_t nested = 0;      // kToolResult
  bool is_error = false;       // kToolResult
  bool orphan = false;         // kToolResult: no call asked for it
};

using Parts = std::span<const Part>;

// A picture, or a document that is no text.
bool IsMedia(const Part& part);

enum class Role : std::uint8_t { kSystem, kUser, kAssistant };

// What one side says; turns of one role that follow each other are one turn (but for system's).
struct Turn {
  Role role = Role::kUser;
  std::size_t first = 0;  // of its parts
  std::size_t count = 0;
  std::vector<std::string_view> unanswered;  // ids of its calls that no result answers
};

struct Tool {
  std::string_view name;
  std::string_view description;
  std::string_view schema;  // JSON; empty = none
  bool has_description = false;
  bool strict = false;
};

struct ToolChoice {
  enum class Kind : std::uint8_t { kUnset, kAuto, kNone, kRequired, kTool };
  Kind kind = Kind::kUnset;
  std::string_view tool;  // kTool
};

enum class Effort : std::uint8_t { kUnset, kNone, kMinimal, kLow, kMedium, kHigh, kXhigh, kMax };

struct Thinking {
  enum class Kind : std::uint8_t { kUnset, kOff, kBudget, kAdaptive };
  Kind kind = Kind::kUnset;
  std::int64_t budget_tokens = 0;  // kBudget
  Effort effort = Effort::kUnset;
  bool shown = true;  // the client wants to see it
};

struct OutputFormat {
  enum class Kind : std::uint8_t { kText, kJsonObject, kJsonSchema };
  Kind kind = Kind::kText;
  std::string_view name;    // of the schema; may be empty
  std::string_view schema;  // JSON
  bool strict = false;
};

// Numbers that are only passed on stay as they stand in the body; empty = not said.
struct ChatRequest {
  std::string_view model;  // the upstream's name for it, not escaped
  std::vector<Turn> turns;
  std::string_view turns_word = "messages";  // what the client calls them
  std::vector<Part> parts;                   // of all turns
  std::vector<Tool> tools;
  std::vector<std::string_view> allowed_tools;  // empty = all
  ToolChoice tool_choice;
  std::string_view choice_word = "tool_choice";  // what the client calls it
  std::optional<bool> parallel_tools;
  std::int64_t max_tokens = -1;  // of the answer, thinking included; -1 = not said
  std::string_view temperature;
  std::string_view top_p;
  std::string_view top_k;
  std::vector<std::string_view> stop;
  std::string_view stop_word = "stop";  // what the client calls them
  Thinking thinking;
  OutputFormat output;
  std::string_view user;  // who asks, as the caller's own client says
  bool stream = false;

  // Tools that the client knows by other names than the conversation does.
  std::vector<ClientTool> client_tools;

  // Names of the fields that have no place in the target's protocol and change no meaning.
  std::vector<std::string> dropped;
  // Text that stands nowhere in the body.
  std::deque<std::string> made;

  // The parts are added first, then made a turn; or more of the last one, if that is of that role.
  Part& AddPart(PartKind kind);
  void AddTurn(Role role, std::size_t first_part);
  // Before all others: what the system says to begin with.
  void AddSystemTurnFirst(std::size_t first_part);
  std::string_view Keep(std::string text) { return made.emplace_back(std::move(text)); }
};

// Before what a tool said of its failure, where nobody asked it.
inline constexpr Part kErrorSaid = [] {
  Part part;
  part.text = "Error:";
  return part;
}();

// The parts of a user's turn: each answer of a tool to `result(part, nested)`, all else to
// `said(part)`; an answer that nobody asked for is something the user said.
template <typename Result, typename Said>
void VisitUserParts(Parts parts, Result result, Said said) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Part& part = parts[i];
    if (part.kind != PartKind::kToolResult) {
      said(part);
      continue;
    }
    const Parts nested = parts.subspan(i + 1, part.nested);
    i += part.nested;
    if (!part.orphan) {
      result(part, nested);
      continue;
    }
    if (part.is_error) said(kErrorSaid);
    for (const Part& inner : nested) said(inner);
  }
}

// How many of the turns are the system's own, at the beginning.
std::size_t LeadingSystemTurns(const ChatRequest& request);

// Which results answer which calls: marks what has no counterpart, since targets refuse either.
// What the system says in between comes behind the results, which must follow their calls.
void PairToolResults(ChatRequest& request);

// Where the tools that may be called are listed: the others go.
void KeepAllowedTools(ChatRequest& request);

// InvalidArgument: the client wants a call, but none of the tools that it names is there (any
// more).
absl::Status CheckToolChoice(const ChatRequest& request);

// InvalidArgument: of all turns nothing is left to be sent.
absl::Status NothingToSay(const ChatRequest& request);

}  // namespace weir::relay

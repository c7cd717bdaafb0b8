#include "services/relay/translate/neutral/chat_request.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

// The results of a turn, each to `visit`; their nested parts are passed over.
template <typename Visit>
void ForEachResult(ChatRequest& request, const Turn& turn, Visit visit) {
  for (std::size_t i = turn.first; i < turn.first + turn.count; ++i) {
    Part& part = request.parts[i];
    if (part.kind != PartKind::kToolResult) continue;
    visit(part);
    i += part.nested;
  }
}

}  // namespace

bool IsMedia(const Part& part) {
  return part.kind == PartKind::kImage ||
         (part.kind == PartKind::kDocument && !(part.base64.empty() && part.url.empty()));
}

Part& ChatRequest::AddPart(PartKind kind) {
  Part& part = parts.emplace_back();
  part.kind = kind;
  return part;
}

void ChatRequest::AddTurn(Role role, std::size_t first_part) {
  const std::size_t count = parts.size() - first_part;
  const bool more = !turns.empty() && turns.back().role == role && role != Role::kSystem &&
                    turns.back().first + turns.back().count == first_part;
  if (more) {
    turns.back().count += count;
  } else {
    turns.push_back({role, first_part, count, {}});
  }
}

void ChatRequest::AddSystemTurnFirst(std::size_t first_part) {
  turns.insert(turns.begin(), {Role::kSystem, first_part, parts.size() - first_part, {}});
}

std::size_t LeadingSystemTurns(const ChatRequest& request) {
  const auto first = std::find_if(request.turns.begin(), request.turns.end(),
                                  [](const Turn& turn) { return turn.role != Role::kSystem; });
  return static_cast<std::size_t>(first - request.turns.begin());
}

namespace {

// Calls of the last turn that no result has answered yet, by their ids; two may have the same one.
class OpenCalls {
 public:
  void Add(std::string_view id) {
    ids_.push_back(id);
    ++open_[id];
  }
  bool Answer(std::string_view id) {
    const auto call = open_.find(id);
    if (call == open_.end() || call->second == 0) return false;
    --call->second;
    return true;
  }
  // Those that are left, in their order; then there are none.
  std::vector<std::string_view> Close() {
    std::erase_if(ids_, [this](std::string_view id) { return !Answer(id); });
    open_.clear();
    return std::exchange(ids_, {});
  }

 private:
  std::vector<std::string_view> ids_;
  std::unordered_map<std::string_view, std::size_t> open_;
};

bool HasCalls(const ChatRequest& request, const Turn& turn) {
  const std::span<const Part> parts = std::span(request.parts).subspan(turn.first, turn.count);
  return std::any_of(parts.begin(), parts.end(),
                     [](const Part& part) { return part.kind == PartKind::kToolCall; });
}

// How many of the turn's parts are results, in front.
std::size_t LeadingResults(const ChatRequest& request, const Turn& turn) {
  std::size_t count = 0;
  while (count < turn.count && request.parts[turn.first + count].kind == PartKind::kToolResult) {
    count += 1 + request.parts[turn.first + count].nested;
  }
  return count;
}

// Turns in their new order: the system's wait while calls are being answered.
class TurnOrder {
 public:
  explicit TurnOrder(const ChatRequest& request) : request_(request) {}

  void Add(Turn turn) {
    if (turn.role == Role::kSystem && answering_) {
      waiting_.push_back(std::move(turn));
    } else if (turn.role == Role::kUser && answering_) {
      AddAnswers(std::move(turn));
    } else {
      Release();
      answering_ = turn.role == Role::kAssistant && HasCalls(request_, turn);
      turns_.push_back(std::move(turn));
    }
  }
  std::vector<Turn> Take() {
    Release();
    return std::move(turns_);
  }

 private:
  // What the user says besides comes behind the system's words.
  void AddAnswers(Turn turn) {
    const std::size_t results = LeadingResults(request_, turn);
    if (results > 0 && (results == turn.count || !waiting_.empty())) {
      turns_.push_back({Role::kUser, turn.first, results, {}});
      turn.first += results;
      turn.count -= results;
    }
    if (turn.count == 0) return;  // more may come
    answering_ = false;
    Release();
    turns_.push_back(std::move(turn));
  }
  void Release() {
    std::move(waiting_.begin(), waiting_.end(), std::back_inserter(turns_));
    waiting_.clear();
  }

  const ChatRequest& request_;
  std::vector<Turn> turns_;
  std::vector<Turn> waiting_;
  bool answering_ = false;
};

void MoveSystemBehindResults(ChatRequest& request) {
  const std::span<const Turn> turns =
      std::span<const Turn>(request.turns).subspan(LeadingSystemTurns(request));
  const bool any = std::any_of(turns.begin(), turns.end(),
                               [](const Turn& turn) { return turn.role == Role::kSystem; });
  if (!any) return;
  TurnOrder order(request);
  for (Turn& turn : request.turns) order.Add(std::move(turn));
  request.turns = order.Take();
}

}  // namespace

void PairToolResults(ChatRequest& request) {
  MoveSystemBehindResults(request);
  OpenCalls open;
  Turn* asked_by = nullptr;
  const auto close = [&] {
    if (asked_by != nullptr) asked_by->unanswered = open.Close();
    asked_by = nullptr;
  };
  for (Turn& turn : request.turns) {
    if (turn.role == Role::kUser) {
      ForEachResult(request, turn,
                    [&open](Part& result) { result.orphan = !open.Answer(result.id); });
      if (LeadingResults(request, turn) < turn.count) close();
    }
    if (turn.role != Role::kAssistant) continue;
    close();
    for (std::size_t i = turn.first; i < turn.first + turn.count; ++i) {
      const Part& part = request.parts[i];
      if (part.kind != PartKind::kToolCall) continue;
      open.Add(part.id);
      asked_by = &turn;
    }
  }
  close();
}

void KeepAllowedTools(ChatRequest& request) {
  if (request.allowed_tools.empty()) return;
  const std::unordered_set<std::string_view> allowed(request.allowed_tools.begin(),
                                                     request.allowed_tools.end());
  std::erase_if(request.tools,
                [&allowed](const Tool& tool) { return !allowed.contains(tool.name); });
}

absl::Status CheckToolChoice(const ChatRequest& request) {
  using Kind = ToolChoice::Kind;
  const ToolChoice& choice = request.tool_choice;
  if (choice.kind == Kind::kNone) return absl::OkStatus();
  const auto refused = [&request](std::string_view sentence) {
    return absl::InvalidArgumentError(StrCat("'", request.choice_word, "' ", sentence));
  };
  if (request.tools.empty() && !request.allowed_tools.empty()) {
    return refused("allows none of 'tools', or only such as run at their provider");
  }
  if (request.tools.empty() && choice.kind == Kind::kRequired) {
    return refused("wants a call, but there are no 'tools'");
  }
  if (choice.kind != Kind::kTool) return absl::OkStatus();
  const bool known = std::any_of(request.tools.begin(), request.tools.end(),
                                 [&](const Tool& tool) { return tool.name == choice.tool; });
  if (known) return absl::OkStatus();
  return refused("names a tool that is not among 'tools', or runs at its provider");
}

absl::Status NothingToSay(const ChatRequest& request) {
  return absl::InvalidArgumentError(
      StrCat("'", request.turns_word, "' holds nothing that is not empty"));
}

}  // namespace weir::relay

#include "services/relay/translate/neutral/speaker.h"

#include <span>
#include <string_view>

namespace weir::relay {
namespace {

struct Spoken {
  PartKind kind;
  Role by;
  std::string_view refusal;  // of anybody else's
};
constexpr Spoken kSpoken[] = {
    {PartKind::kToolCall, Role::kAssistant, "holds a call of a tool, which only the model makes"},
    {PartKind::kThinking, Role::kAssistant, "holds thinking, which is only the model's"},
    {PartKind::kToolResult, Role::kUser, "holds the result of a tool, which only the user gives"},
};

}  // namespace

void CheckSpeaker(Role role, std::size_t first, const ChatRequest& request, JsonReader& in) {
  for (const Part& part : std::span(request.parts).subspan(first)) {
    for (const Spoken& row : kSpoken) {
      if (row.kind == part.kind && row.by != role) return in.Refuse(row.refusal);
    }
  }
}

}  // namespace weir::relay

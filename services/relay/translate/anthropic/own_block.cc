#include "services/relay/translate/anthropic/own_block.h"

#include <algorithm>

#include "services/relay/dialects/json_cursor.h"
#include "services/relay/translate/neutral/json_out.h"
#include "services/relay/translate/neutral/tool_arguments.h"

namespace weir::relay::anthropic {
namespace {

constexpr std::string_view kInput = "input";

// For a message to the client: what a provider calls its types, and no other text of its.
bool IsTypeName(std::string_view name) {
  constexpr std::size_t kNameBytesMax = 64;
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

// `piece` behind what is there: nothing yet, or null, or another of its kind, which ends with
// `close`.
bool Append(std::string_view piece, char open, char close, std::string& value) {
  if (value.empty() || value == "null") value = {open, close};
  if (value.size() < 2 || value.front() != open) return false;
  value.pop_back();
  if (close == ']' && value.size() > 1) value += ',';
  value += piece;
  value += close;
  return true;
}

}  // namespace

void OwnBlock::Open(std::string_view json) {
  open_ = true;
  members_.clear();
  input_.clear();
  JsonCursor cursor(json);
  cursor.Skip('{');
  while (cursor.Peek() == '"') {
    const std::string_view name = cursor.String();
    cursor.Skip(':');
    members_.push_back({std::string(name), std::string(cursor.RawValue())});
    cursor.Skip(',');
  }
}

std::string_view OwnBlock::type() const {
  for (const Member& member : members_) {
    const std::string_view name = TextInside(member.value);
    if (member.name == "type" && IsTypeName(name)) return name;
  }
  return "unknown";
}

OwnBlock::Member& OwnBlock::MemberOf(std::string_view name) {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [name](const Member& member) { return member.name == name; });
  return found != members_.end() ? *found : members_.emplace_back(Member{std::string(name), {}});
}

bool OwnBlock::Add(std::string_view member, std::string_view piece) {
  if (!open_ || member.empty() || piece.empty()) return false;
  if (piece.front() != '"') return Append(piece, '[', ']', MemberOf(member).value);
  const std::string_view text = TextInside(piece);
  if (member != kInput) return Append(text, '"', '"', MemberOf(member).value);
  input_ += text;
  return true;
}

void OwnBlock::Close(std::string& out) {
  open_ = false;
  if (!input_.empty()) {
    std::string& input = MemberOf(kInput).value;
    input.clear();
    AppendAsObject({input_, /*escaped=*/true}, input);
  }
  JsonOut json(out);
  json.Begin('{');
  for (const Member& member : members_) json.Raw(member.name, member.value);
  json.End('}');
  members_.clear();
  input_.clear();
}

}  // namespace weir::relay::anthropic

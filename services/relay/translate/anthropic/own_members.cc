#include "services/relay/translate/anthropic/own_members.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "services/relay/dialects/json_cursor.h"

namespace weir::relay::anthropic {
namespace {

// Each is looked for among the others; no message has a tenth of them.
constexpr std::size_t kMembersMax = 256;

constexpr std::array<std::string_view, 4> kCounted = {"input_tokens", "cache_creation_input_tokens",
                                                      "cache_read_input_tokens", "output_tokens"};

// All others belong to the message from its start.
struct PlaceRow {
  std::string_view name;
  OwnMembers::Place place;
};
constexpr PlaceRow kPlaces[] = {
    {"container", OwnMembers::Place::kDelta},
    {"stop_details", OwnMembers::Place::kDelta},
    {"context_management", OwnMembers::Place::kEvent},
};

OwnMembers::Place PlaceOf(std::string_view name) {
  const auto row = std::find_if(std::begin(kPlaces), std::end(kPlaces),
                                [name](const PlaceRow& known) { return known.name == name; });
  return row == std::end(kPlaces) ? OwnMembers::Place::kMessage : row->place;
}

}  // namespace

void OwnMembers::Add(std::string_view name, std::string_view json) {
  if (name != "usage") return Put(name, json, members_);
  JsonCursor cursor(json);
  cursor.Skip('{');
  while (cursor.Peek() == '"') {
    const std::string_view inner = cursor.String();
    cursor.Skip(':');
    const std::string_view value = cursor.RawValue();
    cursor.Skip(',');
    if (std::find(kCounted.begin(), kCounted.end(), inner) != kCounted.end()) continue;
    Put(inner, value, usage_);
  }
}

void OwnMembers::Put(std::string_view name, std::string_view json, Members& members) {
  auto member = std::find_if(members.begin(), members.end(),
                             [name](const Member& known) { return known.name == name; });
  if (member == members.end()) {
    if (members.size() == kMembersMax) return;
    member = members.insert(member, Member{std::string(name), {}});
  } else if (json == "null") {
    return;
  }
  member->value.clear();
  AppendOneLine(json, member->value);
}

void OwnMembers::Write(Place place, JsonOut& json) const {
  for (const Member& member : members_) {
    if (PlaceOf(member.name) == place) json.Raw(member.name, member.value);
  }
}

void OwnMembers::WriteUsage(const TokenCounts& tokens, JsonOut& json) const {
  json.Begin("usage", '{');
  json.Number("input_tokens", tokens.input);
  json.Number("cache_creation_input_tokens", tokens.cache_write_5m + tokens.cache_write_1h);
  json.Number("cache_read_input_tokens", tokens.cache_read);
  json.Number("output_tokens", tokens.output);
  for (const Member& member : usage_) json.Raw(member.name, member.value);
  json.End('}');
}

}  // namespace weir::relay::anthropic

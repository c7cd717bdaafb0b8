#include "services/relay/metering/gemini_events.h"

#include <algorithm>
#include <charconv>

#include "libs/common/text.h"
#include "services/relay/dialects/json_cursor.h"

namespace weir::relay {
namespace {

constexpr std::size_t kIdentityBytesMax = 1'024;
constexpr unsigned kCandidatesMax = 64;

// Where nobody says which one it is, it is the only one.
unsigned IndexOf(std::string_view candidate) {
  const std::string_view value = MemberValue(candidate, "index");
  unsigned index = 0;
  std::from_chars(value.data(), value.data() + value.size(), index);
  return std::min(index, kCandidatesMax - 1);
}

bool SaysWhy(std::string_view reason) {
  const std::string_view word = TextInside(reason);
  return !word.empty() && !word.ends_with("_UNSPECIFIED");
}

}  // namespace

GeminiChunk ReadGeminiChunk(std::string_view data) {
  GeminiChunk chunk;
  const std::string_view feedback = MemberValue(data, "promptFeedback");
  chunk.blocked = SaysWhy(MemberValue(feedback, "blockReason"));
  JsonCursor candidates(MemberValue(data, "candidates"));
  if (!candidates.Skip('[')) return chunk;
  while (candidates.Peek() == '{') {
    const std::string_view candidate = candidates.RawValue();
    const std::uint64_t bit = std::uint64_t{1} << IndexOf(candidate);
    chunk.candidates |= bit;
    if (SaysWhy(MemberValue(candidate, "finishReason"))) chunk.finished |= bit;
    candidates.Skip(',');
  }
  return chunk;
}

std::string GeminiIdentity(std::string_view data) {
  std::string identity = "{";
  for (const std::string_view name : {"modelVersion", "responseId"}) {
    const std::string_view value = MemberValue(data, name);
    if (value.empty() || value.size() > kIdentityBytesMax) continue;
    StrAppend(identity, identity.size() > 1 ? ",\"" : "\"", name, "\":", value);
  }
  return identity + "}";
}

}  // namespace weir::relay

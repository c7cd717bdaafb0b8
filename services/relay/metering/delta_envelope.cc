#include "services/relay/metering/delta_envelope.h"

#include <algorithm>
#include <array>

#include "libs/common/byte_search.h"

namespace weir::relay {
namespace {

constexpr std::size_t kEnvelopeBytesMax = 512;

// OpenAI ends its events with a string of random length, which hides the text's own from who
// watches the sizes of packets.
constexpr std::string_view kPadding = R"("obfuscation":")";
constexpr std::string_view kPaddingEnd = "\"}";

constexpr std::array<std::string_view, 6> kTextKeys = {
    "text", "content", "partial_json", "thinking", "reasoning_content", "arguments"};

// Where the string ends whose inside begins at `begin`: its closing quote, or the end of `json`.
std::size_t StringEnd(std::string_view json, std::size_t begin) {
  std::size_t at = FindEither(json, begin, '"', '\\');
  while (at < json.size() && json[at] == '\\') {
    at = FindEither(json, std::min(at + 2, json.size()), '"', '\\');
  }
  return at;
}

std::size_t SkipSpace(std::string_view json, std::size_t at) {
  while (at < json.size() && (json[at] == ' ' || json[at] == '\t' || json[at] == '\n')) ++at;
  return at;
}

bool IsTextKey(std::string_view name) {
  return std::find(kTextKeys.begin(), kTextKeys.end(), name) != kTextKeys.end();
}

}  // namespace

std::string_view DeltaText(std::string_view data) {
  std::string_view longest;
  std::size_t at = data.find('"');
  while (at < data.size()) {
    const std::size_t end = StringEnd(data, at + 1);
    const std::string_view name = data.substr(at + 1, end - at - 1);
    at = data.find('"', std::min(end + 1, data.size()));
    const std::size_t colon = SkipSpace(data, end + 1);
    if (colon >= data.size() || data[colon] != ':' || !IsTextKey(name)) continue;
    const std::size_t value = SkipSpace(data, colon + 1);
    if (value >= data.size() || data[value] != '"') continue;
    const std::size_t value_end = StringEnd(data, value + 1);
    const std::string_view text = data.substr(value + 1, value_end - value - 1);
    if (longest.data() == nullptr || text.size() > longest.size()) longest = text;
    at = data.find('"', std::min(value_end + 1, data.size()));
  }
  return longest;
}

std::optional<std::size_t> DeltaEnvelope::TextBytes(std::string_view data) const {
  if (before_.empty() || !data.starts_with(before_)) return std::nullopt;
  const std::size_t end = StringEnd(data, before_.size());
  std::string_view rest = data.substr(end);
  if (!rest.starts_with(behind_)) return std::nullopt;
  rest.remove_prefix(behind_.size());
  if (padded_ ? rest.find_first_of("\"\\") + kPaddingEnd.size() != rest.size() ||
                    !rest.ends_with(kPaddingEnd)
              : !rest.empty()) {
    return std::nullopt;
  }
  return end - before_.size();
}

void DeltaEnvelope::Learn(std::string_view data, std::string_view text) {
  before_.clear();
  if (text.data() == nullptr || data.size() - text.size() > kEnvelopeBytesMax) return;
  const auto begin = static_cast<std::size_t>(text.data() - data.data());
  const std::size_t padding = data.find(kPadding, begin + text.size());
  padded_ = padding != std::string_view::npos && data.ends_with(kPaddingEnd);
  const std::size_t behind_end = padded_ ? padding + kPadding.size() : data.size();
  before_.assign(data.substr(0, begin));
  behind_.assign(data.substr(begin + text.size(), behind_end - begin - text.size()));
}

}  // namespace weir::relay

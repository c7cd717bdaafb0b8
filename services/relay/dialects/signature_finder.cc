#include "services/relay/dialects/signature_finder.h"

#include <algorithm>

namespace weir::relay {
namespace {

constexpr std::array<std::string_view, 2> kAnthropicNames = {R"("signature")", R"("data")"};
constexpr std::array<std::string_view, 2> kOpenAiNames = {R"("encrypted_content")", R"("id")"};

// How much of `name` stands at the end of what came, with one more character. Names hold no quote
// but at their ends, so a mismatch can only begin anew.
std::size_t Matched(std::string_view name, std::size_t matched, char c) {
  if (matched < name.size() && name[matched] == c) return matched + 1;
  return c == '"' ? 1 : 0;
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

SignatureFinder::SignatureFinder(Dialect dialect)
    : names_(dialect == Dialect::kAnthropicMessages ? kAnthropicNames : kOpenAiNames) {}

void SignatureFinder::FeedName(char c) {
  bool found = false;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    matched_[i] = Matched(names_[i], matched_[i], c);
    found = found || matched_[i] == names_[i].size();
  }
  if (!found) return;
  matched_ = {};
  state_ = State::kColon;
}

void SignatureFinder::Feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (state_ == State::kValue) {
      const std::size_t end = std::min(bytes.find('"'), bytes.size());
      hash_.Add(bytes.substr(0, end));
      empty_ = empty_ && end == 0;
      if (end == bytes.size()) return;
      if (!empty_ && found_.size() < kFoundMax) found_.push_back(hash_.value());
      state_ = State::kName;
      bytes.remove_prefix(end + 1);
      continue;
    }
    if (state_ == State::kName && matched_[0] == 0 && matched_[1] == 0) {
      bytes.remove_prefix(std::min(bytes.find('"'), bytes.size()));
      if (bytes.empty()) return;
    }
    const char c = bytes.front();
    if (state_ == State::kName) {
      FeedName(c);
    } else if (!IsSpace(c)) {
      const bool expected = c == (state_ == State::kColon ? ':' : '"');
      if (expected && state_ == State::kQuote) {
        hash_ = {};
        empty_ = true;
      }
      if (!expected) FeedName(c);
      state_ = !expected ? State::kName : state_ == State::kColon ? State::kQuote : State::kValue;
    }
    bytes.remove_prefix(1);
  }
}

}  // namespace weir::relay

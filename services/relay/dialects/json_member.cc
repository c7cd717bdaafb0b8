#include "services/relay/dialects/json_member.h"

#include <cstring>

namespace weir::relay {
namespace {

constexpr std::size_t kKeyBytesMax = 64;  // no key that we look for is longer

}  // namespace

void JsonMemberFinder::Feed(std::string_view part) {
  std::size_t i = 0;
  while (i < part.size()) {
    if (!in_string_) {
      const char c = part[i++];
      if (capturing_ && captured_.size() < bytes_max_) captured_.push_back(c);
      Structure(c);
      continue;
    }
    if (escaped_) {
      escaped_ = false;
      if (capturing_ && captured_.size() < bytes_max_) captured_.push_back(part[i]);
      ++i;
      continue;
    }
    // Most of an answer is text: jump to what can end or escape it.
    const std::string_view rest = part.substr(i);
    const auto* quote = static_cast<const char*>(std::memchr(rest.data(), '"', rest.size()));
    const std::size_t until =
        quote == nullptr ? rest.size() : static_cast<std::size_t>(quote - rest.data());
    const auto* escape = static_cast<const char*>(std::memchr(rest.data(), '\\', until));
    const std::size_t run =
        escape == nullptr ? until : static_cast<std::size_t>(escape - rest.data());
    if (reading_key_ && key_.size() < kKeyBytesMax) key_.append(rest.substr(0, run));
    if (capturing_ && captured_.size() < bytes_max_) captured_.append(rest.substr(0, run));
    i += run;
    if (run == rest.size()) return;
    if (capturing_ && captured_.size() < bytes_max_) captured_.push_back(part[i]);
    if (part[i] == '\\') {
      escaped_ = true;
      if (reading_key_) key_.push_back('\\');
    } else {
      EndString();
    }
    ++i;
  }
}

void JsonMemberFinder::EndString() {
  in_string_ = false;
  if (!reading_key_) return;
  reading_key_ = false;
  expecting_key_ = false;
  matched_key_ = key_ == name_;
  matched_also_ = !also_.empty() && key_ == also_;
}

void JsonMemberFinder::Structure(char c) {
  switch (c) {
    case '"':
      in_string_ = true;
      if (depth_ == 1 && expecting_key_) {
        reading_key_ = true;
        key_.clear();
      }
      return;
    case '{':
    case '[':
      ++depth_;
      if (depth_ == 1) expecting_key_ = c == '{';
      if (depth_ == 2 && matched_key_ && c == '{') {
        capturing_ = true;
        captured_.assign(1, c);
      }
      if (depth_ == 2) {
        also_found_ = also_found_ || (matched_also_ && c == '{');
        matched_key_ = false;
        matched_also_ = false;
      }
      return;
    case '}':
    case ']':
      --depth_;
      if (depth_ == 1 && capturing_) {
        capturing_ = false;
        if (captured_.size() < bytes_max_) value_ = captured_;
      }
      if (depth_ == 0) complete_ = true;
      return;
    case ',':
      if (depth_ == 1) {
        expecting_key_ = true;
        matched_key_ = false;
        matched_also_ = false;
      }
      return;
    default:
      return;
  }
}

}  // namespace weir::relay

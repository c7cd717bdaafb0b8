#include "services/relay/dialects/json_member.h"

#include <algorithm>
#include <array>
#include <utility>

#include "libs/common/byte_search.h"

namespace weir::relay {
namespace {

constexpr std::size_t kKeyBytesMax = 64;  // no key that we look for is longer

// What ReadStructure stops at; between them stand numbers, words and colons.
constexpr std::array<bool, 256> MakeStopTable() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("\"{}[],")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kStops = MakeStopTable();

}  // namespace

void JsonMemberFinder::Feed(std::string_view part) {
  kept_until_ = 0;
  std::size_t at = 0;
  while (at < part.size()) {
    at = in_string_ ? ReadString(part, at) : ReadStructure(part, at);
  }
  if (capturing_) Capture(part, part.size());
}

// Up to the string's end, its next escape, or the end of the part; returns what comes behind.
std::size_t JsonMemberFinder::ReadString(std::string_view part, std::size_t at) {
  if (escaped_) {
    escaped_ = false;
    return at + 1;
  }
  const std::size_t stop = FindEither(part, at, '"', '\\');
  if (reading_key_ && key_.size() < kKeyBytesMax) key_.append(part.substr(at, stop - at));
  if (stop == part.size()) return stop;
  if (part[stop] == '\\') {
    escaped_ = true;
    if (reading_key_) key_.push_back('\\');
  } else {
    EndString();
  }
  return stop + 1;
}

// As ReadString for a string that is no key and was not begun before this part: most are, and end
// in it.
std::size_t JsonMemberFinder::SkipString(std::string_view part, std::size_t at) {
  while ((at = FindEither(part, at, '"', '\\')) < part.size()) {
    if (part[at] == '"') return at + 1;
    escaped_ = at + 1 == part.size();
    at = std::min(at + 2, part.size());
  }
  in_string_ = true;
  return at;
}

// Up to the next key or the end of the part.
std::size_t JsonMemberFinder::ReadStructure(std::string_view part, std::size_t at) {
  while (at < part.size()) {
    const char c = part[at++];
    if (!kStops[static_cast<unsigned char>(c)]) continue;
    switch (c) {
      case '"':
        if (depth_ != 1 || !expecting_key_) {
          at = SkipString(part, at);
          break;
        }
        in_string_ = true;
        reading_key_ = true;
        key_.clear();
        return at;
      case '{':
      case '[':
        Open(part, at - 1);
        break;
      case '}':
      case ']':
        Close(part, at - 1);
        break;
      case ',':
        if (depth_ == 1) NextMember();
        break;
      default:
        break;
    }
  }
  return at;
}

void JsonMemberFinder::Capture(std::string_view part, std::size_t until) {
  const std::size_t room = bytes_max_ - captured_.size();
  captured_.append(part.substr(kept_until_, std::min(room, until - kept_until_)));
  kept_until_ = until;
}

void JsonMemberFinder::EndString() {
  in_string_ = false;
  if (!reading_key_) return;
  reading_key_ = false;
  expecting_key_ = false;
  matched_key_ = key_ == name_;
  matched_also_ = !also_.empty() && key_ == also_;
}

void JsonMemberFinder::NextMember() {
  expecting_key_ = true;
  matched_key_ = false;
  matched_also_ = false;
}

void JsonMemberFinder::Open(std::string_view part, std::size_t at) {
  const bool object = part[at] == '{';
  if (depth_ == 0 && !object && !in_array_) {
    in_array_ = true;
    return;
  }
  ++depth_;
  if (depth_ == 1) expecting_key_ = object;
  if (depth_ == 3 && object) ++elements_;
  if (depth_ != 2) return;
  if (matched_key_ && object) {
    capturing_ = true;
    captured_.clear();
    kept_until_ = at;
  }
  also_found_ = also_found_ || (matched_also_ && object);
  matched_key_ = false;
  matched_also_ = false;
}

void JsonMemberFinder::Close(std::string_view part, std::size_t at) {
  if (depth_ == 0) {  // of the outermost array
    complete_ = in_array_;
    return;
  }
  --depth_;
  if (depth_ == 1 && capturing_) {
    Capture(part, at + 1);
    capturing_ = false;
    if (captured_.size() >= bytes_max_) return;
    if (values_.size() == kValuesMax) values_.pop_back();
    values_.push_back(std::move(captured_));
    captured_.clear();
  }
  complete_ = depth_ == 0 && !in_array_;
}

}  // namespace weir::relay

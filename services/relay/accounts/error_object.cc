#include "services/relay/accounts/error_object.h"

#include <cstddef>

namespace weir::relay {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kScalarEnd = ",}] \t\r\n";

// Walks JSON that may be cut or broken: whatever does not fit ends the walk.
class Walk {
 public:
  explicit Walk(std::string_view json) : json_(json) {}

  char Next() {
    at_ = json_.find_first_not_of(kSpace, at_);
    if (at_ != kNone) return json_[at_];
    at_ = json_.size();
    return '\0';
  }

  bool Take(char c) {
    if (Next() != c) return false;
    ++at_;
    return true;
  }

  // Behind an opening quote: what stands before the closing one.
  bool TakeText(std::string_view& text) {
    if (!Take('"')) return false;
    const std::size_t begin = at_;
    for (; at_ < json_.size() && json_[at_] != '"'; ++at_) {
      if (json_[at_] == '\\') ++at_;
    }
    if (at_ >= json_.size()) return false;
    text = json_.substr(begin, at_++ - begin);
    return true;
  }

  // A text, a number or a word; false also for one that may go on behind the cut.
  bool TakeScalar(std::string_view& scalar) {
    if (Next() == '"') return TakeText(scalar);
    const std::size_t end = json_.find_first_of(kScalarEnd, at_);
    if (end == kNone || end == at_) return false;
    scalar = json_.substr(at_, end - at_);
    at_ = end;
    return true;
  }

  bool SkipValue() {
    std::string_view unread;
    if (const char c = Next(); c != '{' && c != '[') return TakeScalar(unread);
    int depth = 0;
    while (at_ < json_.size()) {
      const char c = json_[at_];
      if (c == '"') {
        if (!TakeText(unread)) return false;
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return true;
    }
    return false;
  }

  // Calls `read(key)` for each member of the object at hand; it takes the value and says whether
  // the walk goes on.
  template <typename Read>
  bool EachMember(const Read& read) {
    if (!Take('{')) return false;
    if (Take('}')) return true;
    do {
      std::string_view key;
      if (!TakeText(key) || !Take(':') || !read(key)) return false;
    } while (Take(','));
    return Take('}');
  }

  // Calls `read()` for each element of the array at hand, likewise.
  template <typename Read>
  bool EachElement(const Read& read) {
    if (!Take('[')) return false;
    if (Take(']')) return true;
    do {
      if (!read()) return false;
    } while (Take(','));
    return Take(']');
  }

 private:
  std::string_view json_;
  std::size_t at_ = 0;
};

// The first of a name counts.
bool TakeInto(Walk& walk, std::string_view& place) {
  const char c = walk.Next();
  std::string_view scalar;
  if (!place.empty() || c == '{' || c == '[') return walk.SkipValue();
  if (!walk.TakeScalar(scalar)) return false;
  if (c == '"' || scalar != "null") place = scalar;
  return true;
}

// Of Google's details the reason, as the first one of them has it that has any.
bool TakeReasons(Walk& walk, ErrorObject& error) {
  return walk.EachElement([&] {
    if (walk.Next() != '{') return walk.SkipValue();
    return walk.EachMember([&](std::string_view key) {
      return key == "reason" ? TakeInto(walk, error.detail_code) : walk.SkipValue();
    });
  });
}

bool TakeDetails(Walk& walk, ErrorObject& error) {
  if (walk.Next() == '[') return TakeReasons(walk, error);
  if (walk.Next() != '{') return walk.SkipValue();
  return walk.EachMember([&](std::string_view key) {
    return key == "error_code" ? TakeInto(walk, error.detail_code) : walk.SkipValue();
  });
}

bool TakeMember(Walk& walk, std::string_view key, ErrorObject& error) {
  if (key == "type" || key == "status") return TakeInto(walk, error.type);  // Google's is status
  if (key == "code") return TakeInto(walk, error.code);
  if (key == "message") return TakeInto(walk, error.message);
  return key == "details" ? TakeDetails(walk, error) : walk.SkipValue();
}

// The members of an object that holds an error, or is one itself.
class ErrorReader {
 public:
  bool ReadOuter(Walk& walk, std::string_view key) {
    if (key == "response" && walk.Next() == '{') {
      return walk.EachMember([&](std::string_view name) {
        return name == "error" ? ReadInner(walk) : walk.SkipValue();
      });
    }
    return key == "error" ? ReadInner(walk) : TakeMember(walk, key, outer_);
  }
  const ErrorObject& error() const { return has_inner_ ? inner_ : outer_; }

 private:
  bool ReadInner(Walk& walk) {
    if (has_inner_ || (walk.Next() != '"' && walk.Next() != '{')) return walk.SkipValue();
    has_inner_ = true;
    if (walk.Next() == '"') return TakeInto(walk, inner_.message);
    return walk.EachMember([&](std::string_view name) { return TakeMember(walk, name, inner_); });
  }

  ErrorObject outer_;
  ErrorObject inner_;
  bool has_inner_ = false;
};

}  // namespace

ErrorObject ReadErrorObject(std::string_view json) {
  Walk walk(json);
  ErrorReader reader;
  walk.Take('[');  // so Google tells what became of a stream that is an array
  walk.EachMember([&](std::string_view key) { return reader.ReadOuter(walk, key); });
  return reader.error();
}

}  // namespace weir::relay

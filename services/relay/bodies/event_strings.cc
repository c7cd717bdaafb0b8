#include "services/relay/bodies/event_strings.h"

#include <array>
#include <cstdint>
#include <map>
#include <utility>

namespace weir::relay {
namespace {

constexpr std::size_t kDepthMax = 64;
// Numbers that tell which of several texts a piece belongs to.
constexpr std::array<std::string_view, 4> kIndexNames = {"index", "output_index", "content_index",
                                                         "summary_index"};

using Hash = std::uint64_t;

Hash Mix(Hash hash, std::string_view text) {
  constexpr Hash kPrime = 1'099'511'628'211U;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  return (hash ^ 0xFF) * kPrime;
}

Hash Mix(Hash hash, std::uint64_t number) { return Mix(hash, std::to_string(number)); }

bool IsIndexName(std::string_view name) {
  for (const std::string_view known : kIndexNames) {
    if (name == known) return true;
  }
  return false;
}

// The strings of one JSON value, leniently.
class EventWalk {
 public:
  explicit EventWalk(std::string_view raw) : raw_(raw) {}

  struct Found {
    Hash path = 0;
    RawSpan inside;
  };

  // From `at` to the value's end, or to `end`; returns where it stopped.
  std::size_t Walk(std::size_t at, std::size_t end);
  const std::vector<Found>& strings() const { return strings_; }
  Hash indexes() const { return indexes_; }

 private:
  struct Level {
    Hash path = 0;  // of the container
    std::size_t item = 0;
    bool is_object = false;
    bool at_name = false;
    std::string_view name;
  };

  Hash PathHere() const;
  void Open(bool is_object);
  void String(std::size_t begin, std::size_t end);
  void Scalar(std::string_view text);

  std::string_view raw_;
  std::vector<Level> levels_;
  std::vector<Found> strings_;
  Hash indexes_ = 0;
};

Hash EventWalk::PathHere() const {
  if (levels_.empty()) return 0;
  const Level& level = levels_.back();
  return level.is_object ? Mix(level.path, level.name) : Mix(level.path, level.item);
}

void EventWalk::Open(bool is_object) {
  const Hash path = PathHere();
  levels_.push_back({path, 0, is_object, is_object, {}});
}

void EventWalk::String(std::size_t begin, std::size_t end) {
  if (!levels_.empty() && levels_.back().at_name) {
    levels_.back().name = raw_.substr(begin, end - begin);
    levels_.back().at_name = false;
    return;
  }
  strings_.push_back({PathHere(), {begin, end}});
}

void EventWalk::Scalar(std::string_view text) {
  const bool is_index =
      !levels_.empty() && levels_.back().is_object && IsIndexName(levels_.back().name);
  if (is_index) indexes_ += Mix(PathHere(), text);  // in any order
}

std::size_t EndOfString(std::string_view raw, std::size_t at, std::size_t end) {
  while (at < end && raw[at] != '"') at += raw[at] == '\\' ? 2 : 1;
  return at < end ? at : end;
}

std::size_t EventWalk::Walk(std::size_t at, std::size_t end) {
  do {
    if (at >= end) return end;
    const char c = raw_[at];
    if (c == '"') {
      const std::size_t close = EndOfString(raw_, at + 1, end);
      String(at + 1, close);
      at = close + 1;
    } else if (c == '{' || c == '[') {
      if (levels_.size() == kDepthMax) return end;
      Open(c == '{');
      ++at;
    } else if (c == '}' || c == ']') {
      if (!levels_.empty()) levels_.pop_back();
      ++at;
    } else if (c == ',') {
      if (!levels_.empty()) {
        ++levels_.back().item;
        levels_.back().at_name = levels_.back().is_object;
      }
      ++at;
    } else if (c == ':' || c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      ++at;
    } else {
      const std::size_t stop = raw_.find_first_of(",]}\" \r\n\t", at + 1);
      const std::size_t scalar_end = stop < end ? stop : end;
      Scalar(raw_.substr(at, scalar_end - at));
      at = scalar_end;
    }
  } while (!levels_.empty());
  return at;
}

class Groups {
 public:
  void Add(const EventWalk& event) {
    for (const EventWalk::Found& string : event.strings()) {
      groups_[string.path + event.indexes()].push_back(string.inside);
    }
  }
  std::vector<std::vector<RawSpan>> Take() {
    std::vector<std::vector<RawSpan>> texts;
    for (auto& [path, pieces] : groups_) texts.push_back(std::move(pieces));
    return texts;
  }

 private:
  std::map<Hash, std::vector<RawSpan>> groups_;
};

void WalkLines(std::string_view raw, Groups& groups) {
  constexpr std::string_view kData = "data:";
  std::size_t line = 0;
  while (line < raw.size()) {
    const std::size_t found = raw.find('\n', line);
    const std::size_t end = found == std::string_view::npos ? raw.size() : found;
    if (raw.substr(line, end - line).starts_with(kData)) {
      EventWalk event(raw);
      const std::size_t json = raw.find_first_of("{[", line + kData.size());
      if (json < end) event.Walk(json, end);
      groups.Add(event);
    }
    line = end + 1;
  }
}

void WalkItems(std::string_view raw, Groups& groups) {
  const std::size_t open = raw.find('[');
  if (open == std::string_view::npos) return;
  std::size_t at = raw.find('{', open);
  while (at < raw.size()) {
    EventWalk item(raw);
    at = item.Walk(at, raw.size());
    groups.Add(item);
    at = raw.find('{', at);
  }
}

}  // namespace

std::vector<std::vector<RawSpan>> FindEventStrings(std::string_view raw, EventFraming framing) {
  Groups groups;
  if (framing == EventFraming::kServerSent) {
    WalkLines(raw, groups);
  } else {
    WalkItems(raw, groups);
  }
  return groups.Take();
}

}  // namespace weir::relay

// Finds one member of the outermost object in JSON that comes in parts, and keeps its text: how
// usage is read out of an answer of any size without holding the answer. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::relay {

class JsonMemberFinder {
 public:
  // `name` as it stands between its quotes, without escapes. `bytes_max` bounds what is kept.
  // `also` names a second member of which only its being there, as an object, is noted.
  JsonMemberFinder(std::string_view name, std::size_t bytes_max, std::string_view also = {})
      : name_(name), also_(also), bytes_max_(bytes_max) {}

  void Feed(std::string_view part);

  // The text of the member's value if it was an object and has ended; of the last one if there were
  // several. Empty otherwise.
  const std::string& value() const { return value_; }
  bool also_found() const { return also_found_; }
  // True once the outermost object has been closed.
  bool complete() const { return complete_; }

 private:
  void Structure(char c);
  void EndString();

  std::string_view name_;
  std::string_view also_;
  std::size_t bytes_max_;
  int depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool expecting_key_ = false;  // at depth 1, the next string is a key
  bool reading_key_ = false;
  bool matched_key_ = false;   // the key before the colon was ours
  bool matched_also_ = false;  // or the second one
  bool also_found_ = false;
  bool capturing_ = false;
  bool complete_ = false;
  std::string key_;
  std::string captured_;
  std::string value_;
};

}  // namespace weir::relay

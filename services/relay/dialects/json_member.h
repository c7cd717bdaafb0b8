// Finds one member of the outermost object in JSON that comes in parts, and keeps its text: how
// usage is read out of an answer of any size without holding the answer. Where that is an array, it
// finds the member in each of its objects. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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
  std::string_view value() const { return values_.empty() ? std::string_view() : values_.back(); }
  // All of them in their order; of more than kValuesMax the first ones and the last.
  const std::vector<std::string>& values() const { return values_; }
  static constexpr std::size_t kValuesMax = 4;
  bool also_found() const { return also_found_; }
  // How many objects began right inside an array (or object) that is a member of the outermost one.
  std::int64_t elements() const { return elements_; }
  // True once the outermost object, or array, has been closed.
  bool complete() const { return complete_; }

 private:
  std::size_t ReadString(std::string_view part, std::size_t at);
  std::size_t SkipString(std::string_view part, std::size_t at);
  std::size_t ReadStructure(std::string_view part, std::size_t at);
  void EndString();
  void NextMember();
  void Open(std::string_view part, std::size_t at);
  void Close(std::string_view part, std::size_t at);
  // Keeps what has not been kept of the part, up to `until`.
  void Capture(std::string_view part, std::size_t until);

  std::string_view name_;
  std::string_view also_;
  std::size_t bytes_max_;
  int depth_ = 0;
  bool in_array_ = false;  // the outermost array is not counted in depth_
  std::int64_t elements_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool expecting_key_ = false;  // at depth 1, the next string is a key
  bool reading_key_ = false;
  bool matched_key_ = false;   // the key before the colon was ours
  bool matched_also_ = false;  // or the second one
  bool also_found_ = false;
  bool capturing_ = false;
  bool complete_ = false;
  std::size_t kept_until_ = 0;  // of the part at hand, while capturing
  std::string key_;
  std::string captured_;
  std::vector<std::string> values_;
};

}  // namespace weir::relay

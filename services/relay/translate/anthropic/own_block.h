// A content block of Anthropic's that comes in pieces, whatever its type: its beginning as it came,
// with what is told of its members behind it. No I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::relay::anthropic {

class OwnBlock {
 public:
  // As it begins: whole JSON, an object. What was before it is forgotten.
  void Open(std::string_view json);
  bool is_open() const { return open_; }
  // Of the open one; "unknown" where it names none that could be told on.
  std::string_view type() const;

  // A piece of its member: JSON. A text goes on with it, a list gets one more item; the text of
  // `input` is itself JSON. False: there is no open block, or the member is of another kind.
  bool Add(std::string_view member, std::string_view piece);

  // Ends it: its JSON onto `out`, one more item.
  void Close(std::string& out);

 private:
  // As they stand in the JSON.
  struct Member {
    std::string name;
    std::string value;
  };

  Member& MemberOf(std::string_view name);

  bool open_ = false;
  std::vector<Member> members_;
  std::string input_;  // as inside a JSON string
};

}  // namespace weir::relay::anthropic

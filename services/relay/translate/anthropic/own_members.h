// What a message of Anthropic's says of itself beside its blocks, for a client that reads the same
// dialect: members as they came, whatever their names. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/common/cost.h"
#include "services/relay/translate/neutral/json_out.h"

namespace weir::relay::anthropic {

class OwnMembers {
 public:
  // Where a stream tells them; a whole message has all of them side by side.
  enum class Place : std::uint8_t { kMessage, kDelta, kEvent };

  // `json`: its value. What is told again takes the place of what was there, but null does not;
  // `usage` is told member by member.
  void Add(std::string_view name, std::string_view json);

  // Those of that place, as members.
  void Write(Place place, JsonOut& json) const;
  // The member `usage`: as the tokens were counted, and what else it says.
  void WriteUsage(const TokenCounts& tokens, JsonOut& json) const;

 private:
  struct Member {
    std::string name;
    std::string value;
  };
  using Members = std::vector<Member>;

  static void Put(std::string_view name, std::string_view json, Members& members);

  Members members_;
  Members usage_;
};

}  // namespace weir::relay::anthropic

// Tools that the client knows otherwise than by the one name that they have upstream: OpenAI
// Responses has groups of them, and some that take plain text. No I/O.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::relay {

struct ClientTool {
  std::string sent;         // its name upstream, before it is shortened; escaped, as all here
  std::string name;         // the client's name for it
  std::string name_space;   // the group's; empty = none
  bool takes_text = false;  // not JSON: upstream it is the one argument `input`
};

// By `sent`; of two that are told twice the first counts. Each call of an answer looks one up.
inline void SortClientTools(std::vector<ClientTool>& tools) {
  std::ranges::stable_sort(tools, {}, &ClientTool::sent);
}

// Null for a tool that is known by its name. They are sorted.
inline const ClientTool* FindClientTool(const std::vector<ClientTool>& tools,
                                        std::string_view sent) {
  const auto found = std::ranges::lower_bound(tools, sent, std::less<>(), &ClientTool::sent);
  return found == tools.end() || found->sent != sent ? nullptr : &*found;
}

}  // namespace weir::relay

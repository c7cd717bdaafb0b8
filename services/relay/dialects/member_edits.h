// Members of a JSON body, outermost or one level below, that an upstream does not take, or takes by
// another name. No I/O.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/dialects/body_edits.h"

namespace weir::relay {

struct MemberChange {
  std::string_view name;
  std::string_view renamed = {};  // empty = it is left out
  std::string_view within = {};   // the outermost member that it is a member of; empty = the body
};

// Adds what makes it so to `edits`, which are in the order of their places, and stay so. Other
// edits of what is left out are taken away, what they would have put into it too. One that is
// renamed to what is there too is left out. What is no JSON object is left as it is. A body that is
// left with no member at all is the caller's fault.
void PlanMemberEdits(std::string_view body, std::span<const MemberChange> changes,
                     std::vector<BodyEdit>& edits);

}  // namespace weir::relay

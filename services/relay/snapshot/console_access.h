// What pages of the console may do here: see ConsoleAccess in proto/weir/v1/console.proto.
#pragma once

#include <string>
#include <vector>

#include "libs/common/secret.h"

namespace weir::relay {

struct ConsoleAccess {
  Secret playground_secret;          // empty = no token is good
  std::vector<std::string> origins;  // as browsers write them
};

}  // namespace weir::relay

// Edits of a body as they are applied on its way upstream, each within the body and behind the one
// before it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/relay/dialects/body_edits.h"
#include "tests/fuzz/fuzz.h"

namespace weir::fuzz {

inline std::string Edited(std::string_view body, const std::vector<relay::BodyEdit>& edits) {
  std::string out;
  std::size_t at = 0;
  for (const relay::BodyEdit& edit : edits) {
    FUZZ_CHECK(edit.erased.begin >= at);
    FUZZ_CHECK(edit.erased.begin + edit.erased.size <= body.size());
    out.append(body.substr(at, edit.erased.begin - at));
    out.append(edit.text);
    at = edit.erased.begin + edit.erased.size;
  }
  out.append(body.substr(at));
  return out;
}

}  // namespace weir::fuzz

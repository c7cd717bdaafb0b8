// What of a body is text, and so can be kept: all of a JSON body or a stream, the fields of a form
// without its files, nothing of a picture. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "services/relay/bodies/body_masker.h"

namespace weir::relay {

struct BodyText {
  std::string text;  // valid UTF-8
  BodyShape shape = BodyShape::kText;
  bool binary = false;  // no text: nothing to keep
};

// `head` is the body's beginning; `all` says that it is all of it. Of a form each file becomes a
// line that says how large it was.
BodyText ReadBodyText(std::string_view content_type, std::string head, bool all);

}  // namespace weir::relay

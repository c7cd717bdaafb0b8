// One part of Gemini's contents: its members, which may come in any order. Views are into the body.
// For .cc files of readers alone. No I/O.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "services/relay/translate/neutral/json_read.h"

namespace weir::relay::gemini {

struct Media {
  std::string_view type;
  std::string_view data;
  std::string_view uri;
};

struct Function {
  std::string_view id;
  std::string_view name;
  std::string_view json;  // arguments, or the response
  std::vector<Media> media;
};

struct PartMembers {
  std::string_view text;
  std::string_view signature;
  bool thought = false;
  std::optional<Media> media;
  std::optional<Function> call;
  std::optional<Function> response;
};

// Refuses, through `in`, parts of which nothing is known and those that only Google's models read.
PartMembers ReadPart(ondemand::value value, JsonReader& in);

}  // namespace weir::relay::gemini

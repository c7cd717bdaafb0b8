// A request's outermost members, by a table of one dialect. For .cc files of readers alone.
#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/json_read.h"

namespace weir::relay {

struct RequestField {
  std::string_view name;
  void (*read)(ondemand::value, JsonReader&, ChatRequest&);
};

// Reads `body` (readable for 64 bytes behind its end) by the table; a member that is not in it is
// dropped by its name. InvalidArgument says what is wrong, `only_system` when nobody but the system
// speaks.
absl::Status ReadFields(std::string_view body, std::span<const RequestField> fields,
                        std::string_view only_system, ChatRequest& request);

// How hard to think. A word that is not known changes no meaning, so it is dropped by its name.
void ReadEffort(std::string_view word, JsonReader& in, ChatRequest& request);

// OpenAI's word for the form of the answer, in both of its protocols; others are refused.
OutputFormat::Kind OutputKindOf(std::string_view word, JsonReader& in);

}  // namespace weir::relay

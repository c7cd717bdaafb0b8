// The schema that an answer is to have, as Anthropic takes it. No I/O.
#pragma once

#include <string>
#include <string_view>

namespace weir::relay::anthropic {

// Appends a JSON Schema as Anthropic's SDKs put it: each object closed, which Anthropic insists on,
// and what it does not enforce (bounds, patterns, …) told to the model in the description. False,
// and nothing is appended: `schema` is not valid JSON.
bool AppendAnswerSchema(std::string_view schema, std::string& out);

}  // namespace weir::relay::anthropic

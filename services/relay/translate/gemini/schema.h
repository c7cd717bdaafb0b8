// Schemas of tools and of answers, between JSON Schema and what Gemini has for it. No I/O.
#pragma once

#include <string>
#include <string_view>

namespace weir::relay::gemini {

// Appends what Gemini takes of a JSON Schema (its fields *JsonSchema): keywords that it does not
// know are left out, by a table. False: `schema` is not valid JSON.
bool AppendForGemini(std::string_view schema, std::string& out);

// Appends a schema of Gemini's own kind (OpenAPI's, types in capitals) as JSON Schema. May be part
// of a document that is still being read. False as above.
bool AppendAsJsonSchema(std::string_view schema, std::string& out);

}  // namespace weir::relay::gemini

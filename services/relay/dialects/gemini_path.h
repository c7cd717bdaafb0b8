// Gemini's paths, which name the model and the verb: /v1beta/models/M:generateContent, also below
// /v1 and /v1alpha. M may hold slashes, plain or encoded. No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir::relay {

// Views into the path.
struct GeminiPath {
  std::string_view head;   // up to the model: "/v1beta/models/"
  std::string_view model;  // as it stands there, encoded
  std::string_view verb;   // behind the last colon
};

// Nothing: it is none.
std::optional<GeminiPath> ReadGeminiPath(std::string_view path);

// The name of a model that stands in a path, decoded. InvalidArgument: none, too long, or with
// characters that none has.
absl::StatusOr<std::string> DecodedModel(std::string_view encoded);
inline absl::StatusOr<std::string> ModelOf(const GeminiPath& path) {
  return DecodedModel(path.model);
}

// The query asks for a stream of events, where the verb streams; else it is one JSON array.
bool AsksForEvents(std::string_view query);

inline constexpr std::string_view kGenerateVerb = "generateContent";
inline constexpr std::string_view kStreamVerb = "streamGenerateContent";

// The path that asks for `model` by `verb`; the client's own bytes where nothing changes.
std::string GeminiPathFor(const GeminiPath& path, std::string_view asked_model,
                          std::string_view model, std::string_view verb);

}  // namespace weir::relay

// The few fields of a request body that matter to the relay, and where they stand; the body itself
// is never parsed into a tree and printed again. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "services/relay/dialects/dialect.h"

namespace weir::relay {

// A range of bytes of the body.
struct Span {
  std::size_t begin = 0;
  std::size_t size = 0;
};

struct RequestFacts {
  std::string model;
  Span model_token;  // with its quotes
  bool stream = false;
  // What sessions are told apart by: metadata.user_id, prompt_cache_key; empty = not given.
  std::string affinity;
  // OpenAI: what the client said about usage in streams.
  bool has_stream_options = false;
  bool include_usage = false;
  Span stream_options;       // with its braces, when has_stream_options
  Span include_usage_token;  // its value, when it is there
  Span object;               // the whole top-level object
};

// `body` must be readable for 64 bytes behind its end (PaddedBuffer). InvalidArgument says what is
// wrong and where: not JSON, not an object, no model, a field of the wrong type.
absl::StatusOr<RequestFacts> ScanRequest(Dialect dialect, std::string_view body);

// About how many tokens go in with this body, for when nobody tells: four bytes a token, but what
// stands in it as base64 (images, documents) counts as one picture each.
std::int64_t EstimateInputTokens(std::string_view body);

// A change of the body on its way: `erased` is replaced by `text`.
struct BodyEdit {
  Span erased;
  std::string text;
};

// The edits that make `upstream_model` the model and, for OpenAI streams, ask for usage; in the
// order of their places, none overlapping. Empty when nothing changes, so that the body stays as it
// was.
std::vector<BodyEdit> PlanBodyEdits(Dialect dialect, const RequestFacts& facts,
                                    std::string_view body, std::string_view upstream_model);

}  // namespace weir::relay

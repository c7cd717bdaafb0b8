// How a field of a request's body is read, and what all dialects have in common in that. For the
// tables of fields; the errors are those of ScanRequest. No I/O.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <span>
#include <string_view>

#include "absl/status/status.h"

#include "services/relay/dialects/request_scan.h"

namespace weir::relay {

// A field that is read; all others are skipped.
struct ScannedField {
  std::string_view name;
  absl::Status (*scan)(simdjson::ondemand::value value, std::string_view body, RequestFacts& facts);
};

std::span<const ScannedField> ResponsesFields();
std::span<const ScannedField> GeminiFields();

inline constexpr std::size_t kAffinityBytesMax = 512;

absl::Status WrongType(std::string_view field, std::string_view expected);
// Of two, the provider might take the other one than we do.
absl::Status StandsTwice(std::string_view field);

// Where the whole value stands, whatever its type. Nothing else can be read of it afterwards.
absl::Status ScanPlace(std::string_view field, simdjson::ondemand::value value,
                       std::string_view body, Span& place);
absl::Status ScanNumber(std::string_view field, simdjson::ondemand::value value,
                        std::string_view body, NumberField& out);
// What the answer's greatest cost hangs on: a value that we could not read, but a provider could,
// would be served without being paid for.
absl::Status ScanCount(std::string_view field, simdjson::ondemand::value value,
                       std::string_view body, NumberField& out);

absl::Status ScanModel(simdjson::ondemand::value value, std::string_view body, RequestFacts& facts);
absl::Status ScanStream(simdjson::ondemand::value value, std::string_view body,
                        RequestFacts& facts);
// {"include_usage": …}. Of several the last one counts, as in most JSON readers.
absl::Status ScanStreamOptions(simdjson::ondemand::value value, std::string_view body,
                               RequestFacts& facts);
absl::Status ScanTemperature(simdjson::ondemand::value value, std::string_view body,
                             RequestFacts& facts);
// `tools`, and the older `functions`.
absl::Status ScanTools(simdjson::ondemand::value value, std::string_view body, RequestFacts& facts);
absl::Status ScanReasoningEffort(simdjson::ondemand::value value, std::string_view body,
                                 RequestFacts& facts);
absl::Status ScanPromptCacheKey(simdjson::ondemand::value value, std::string_view body,
                                RequestFacts& facts);

}  // namespace weir::relay

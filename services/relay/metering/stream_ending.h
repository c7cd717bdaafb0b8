// The end of a stream that the relay cuts for want of money: what the protocol has for "no more
// tokens", so that the caller's SDK takes it for a whole answer. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libs/common/cost.h"

namespace weir::relay {

// Closes the block that is open (-1 = none), then message_delta with stop_reason "max_tokens", then
// message_stop.
std::string AnthropicStreamEnding(std::int64_t open_block, const TokenCounts& tokens);

// A chunk with finish_reason "length" for each of the `choices`, as the stream's first chunk
// (`first_chunk`, its JSON) names id and model; usage, if the caller asked for it; [DONE].
std::string OpenAiStreamEnding(std::string_view first_chunk, std::int64_t choices,
                               bool include_usage, const TokenCounts& tokens);

// response.incomplete, as number `sequence` of the events, of the response that `identity` names
// ({"id", "created_at", "model"}). What was said has been said: its output is not repeated.
std::string ResponsesStreamEnding(std::string_view identity, std::int64_t sequence,
                                  const TokenCounts& tokens);

// A chunk with finishReason "MAX_TOKENS" for each of the `open` candidates (a bit each), of the
// answer that `identity` names ({"modelVersion", "responseId"}).
std::string GeminiStreamEnding(std::string_view identity, std::uint64_t open,
                               const TokenCounts& tokens);

}  // namespace weir::relay

// The models that a key may use.
#pragma once

#include <string>

#include "services/relay/request_context.h"

namespace weir::relay {

// GET /v1/models in the shape of whoever asks: Anthropic's with an anthropic-version header,
// Gemini's at its own paths or with its header, a plain array below /api, else OpenAI's; only what
// the caller's key may use.
std::string ModelList(const RequestContext& context, const RequestHead& head);

}  // namespace weir::relay

// The path and query of a request upstream, as the account's platform has them. No I/O.
#pragma once

#include <string>

#include "services/relay/providers/upstream_request.h"

namespace weir::relay {

// Of Azure's accounts whose URL names none: the last that is not a preview.
inline constexpr std::string_view kDefaultAzureVersion = "2024-10-21";

// Appends "/v1/chat/completions?a=b".
//
// Azure: request_url is the resource ("https://R.openai.azure.com", with or without "/openai"; the
// deployment is the model's name), one deployment ("…/openai/deployments/D"), or the form without
// deployments ("…/openai/v1"). Ollama: with or without "/v1".
void WriteTarget(const UpstreamRequest& request, std::string& out);

}  // namespace weir::relay

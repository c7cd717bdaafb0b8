// OpenAI Chat Completions and Embeddings on the wire: bodies, chunks, errors and headers.
#ifndef WEIR_TESTS_FAKES_OPENAI_WIRE_H_
#define WEIR_TESTS_FAKES_OPENAI_WIRE_H_

#include <string>
#include <string_view>
#include <vector>

#include "tests/fakes/answer.h"
#include "tests/fakes/reply.h"

namespace weir::fakes::openai {

std::string CompletionBody(const Answer& answer);

// The whole chunk sequence with its [DONE]. The usage chunk is there only with `include_usage`;
// `usage_twice` puts smaller figures into the finish chunk as well.
std::vector<std::string> CompletionEvents(const Answer& answer, bool include_usage,
                                          bool usage_twice);

// `code`: another one than the status's usual; empty = that.
std::string ErrorBody(int status, std::string_view message, bool quota, std::string_view code = {});
std::string ErrorEvent(int status, std::string_view message);
std::string EmbeddingsBody(const ModelRequest& request, const TokenUsage& usage);
std::string ModelsBody(const std::vector<std::string>& models);

// Rate-limit headers as the API sends them.
Headers RateHeaders(const RateFigures& figures);

}  // namespace weir::fakes::openai

#endif  // WEIR_TESTS_FAKES_OPENAI_WIRE_H_

// OpenAI Responses on the wire: bodies, the events of a stream, errors.
#ifndef WEIR_TESTS_FAKES_RESPONSES_WIRE_H_
#define WEIR_TESTS_FAKES_RESPONSES_WIRE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fakes/answer.h"
#include "tests/fakes/model_request.h"

namespace weir::fakes::responses {

// `usage`: told; else null stands there.
std::string ResponseBody(const ModelRequest& request, const Answer& answer, bool usage);

// From response.created to response.completed (or response.incomplete), numbered from 0.
std::vector<std::string> ResponseEvents(const ModelRequest& request, const Answer& answer,
                                        bool usage);

// The two ways in which a stream fails; `sequence` is the event's number.
std::string ErrorEvent(std::string_view message, std::size_t sequence);
std::string FailedEvent(const Answer& answer, std::string_view message, std::size_t sequence);

std::string InputTokensBody(const TokenUsage& usage);

// What is wrong with what the request brings along of another family's: an answer that this one has
// not stored, or reasoning that it cannot decrypt. Empty = nothing; else OpenAI's words, and its
// code in `code`.
std::string ForeignProblem(std::int64_t family, std::string_view body, std::string& code);

}  // namespace weir::fakes::responses

#endif  // WEIR_TESTS_FAKES_RESPONSES_WIRE_H_

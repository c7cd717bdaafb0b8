// Anthropic Messages on the wire: bodies, events, errors and headers.
#ifndef WEIR_TESTS_FAKES_ANTHROPIC_WIRE_H_
#define WEIR_TESTS_FAKES_ANTHROPIC_WIRE_H_

#include <string>
#include <string_view>
#include <vector>

#include "tests/fakes/answer.h"
#include "tests/fakes/reply.h"

namespace weir::fakes::anthropic {

std::string MessageBody(const Answer& answer);

// The whole event sequence of a good stream; `usage_twice` sends a smaller cumulative count before
// the last one.
std::vector<std::string> MessageEvents(const Answer& answer, bool usage_twice);

std::string ErrorBody(int status, std::string_view message, bool quota);
std::string ErrorEvent(int status, std::string_view message);
std::string CountBody(const TokenUsage& usage);
std::string ModelsBody(const std::vector<std::string>& models);

// Rate-limit headers as the API sends them, a subscription's or an API key's.
Headers RateHeaders(const RateFigures& figures);

}  // namespace weir::fakes::anthropic

#endif  // WEIR_TESTS_FAKES_ANTHROPIC_WIRE_H_

// Gemini on the wire: bodies, chunks, errors, lists of models.
#ifndef WEIR_TESTS_FAKES_GEMINI_WIRE_H_
#define WEIR_TESTS_FAKES_GEMINI_WIRE_H_

#include <string>
#include <string_view>
#include <vector>

#include "tests/fakes/answer.h"
#include "tests/fakes/model_request.h"
#include "tests/fakes/reply.h"

namespace weir::fakes::gemini {

// Of a path "/v1beta/models/M:verb": the verb, and M, decoded; both empty when it is none.
struct Target {
  std::string model;
  std::string_view verb;
};
Target TargetOf(std::string_view path);

std::string AnswerBody(const Answer& answer, bool usage);
// Whole answers with what is new, as events with CRLF, or as the parts of one JSON array.
std::vector<std::string> AnswerEvents(const Answer& answer, bool usage);
std::vector<std::string> AnswerArray(const Answer& answer, bool usage);

std::string ErrorBody(int status, std::string_view message);
std::string ErrorEvent(int status, std::string_view message);
std::string CountBody(const TokenUsage& usage);
std::string EmbeddingBody(const ModelRequest& request, bool batch);
std::string ModelsBody(const std::vector<std::string>& models);

}  // namespace weir::fakes::gemini

#endif  // WEIR_TESTS_FAKES_GEMINI_WIRE_H_

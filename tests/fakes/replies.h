// Builds the answers: from a request and its scenario to a Reply in the right protocol. Pure.
#ifndef WEIR_TESTS_FAKES_REPLIES_H_
#define WEIR_TESTS_FAKES_REPLIES_H_

#include <string>
#include <string_view>

#include "tests/fakes/answer.h"
#include "tests/fakes/model_request.h"
#include "tests/fakes/reply.h"
#include "tests/fakes/scenario.h"

namespace weir::fakes {

enum class Endpoint {
  kMessages,
  kCountTokens,
  kChat,
  kResponses,
  kInputTokens,
  kGenerateContent,
  kGeminiCount,
  kEmbedContent,
  kBatchEmbedContents,
  kCompletions,
  kEmbeddings,
  kModerations,
  kRerank,
  kImages,
  kImageForm,
  kTranscription,
  kSpeech,
};

Protocol ProtocolOf(Endpoint endpoint);

// Its requests are multipart/form-data.
bool TakesForm(Endpoint endpoint);

// The header in which the protocol's service names a request.
const char* RequestIdHeader(Protocol protocol);

// The good answer of an endpoint, with the damage to its events that the scenario asks for.
Reply ReplyOf(Endpoint endpoint, const ModelRequest& request, const Scenario& scenario,
              const Answer& answer);

// A plain answer with the usual headers.
Reply PlainReply(Protocol protocol, const Scenario& scenario, std::string body);

// The answer with the scenario's error status; `code` as for openai::ErrorBody.
Reply RefusalReply(Protocol protocol, const Scenario& scenario, std::string_view message,
                   std::string_view code = {});

// Errors that only a stream can carry become a status where no stream was asked for.
void MoveStreamErrors(Protocol protocol, bool stream, Scenario& scenario);

// What is left of a scenario when its `first=N` failures are over.
Scenario Healed(Scenario scenario);

}  // namespace weir::fakes

#endif  // WEIR_TESTS_FAKES_REPLIES_H_

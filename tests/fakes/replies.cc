#include "tests/fakes/replies.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "tests/fakes/anthropic_wire.h"
#include "tests/fakes/gemini_wire.h"
#include "tests/fakes/media_wire.h"
#include "tests/fakes/openai_wire.h"
#include "tests/fakes/responses_wire.h"

namespace weir::fakes {
namespace {

constexpr int kOverloaded = 529;

std::string ErrorBody(Protocol protocol, int status, std::string_view message, bool quota,
                      std::string_view code = {}) {
  if (protocol == Protocol::kGemini) return gemini::ErrorBody(status, message);
  return protocol == Protocol::kAnthropic ? anthropic::ErrorBody(status, message, quota)
                                          : openai::ErrorBody(status, message, quota, code);
}

// The event number `sequence`. `failed`: Responses have a second way, the answer that failed.
std::string ErrorEvent(Protocol protocol, const Answer& answer, std::string_view message,
                       std::size_t sequence, bool failed) {
  switch (protocol) {
    case Protocol::kAnthropic:
      return anthropic::ErrorEvent(kOverloaded, message);
    case Protocol::kOpenAi:
      return openai::ErrorEvent(503, message);
    case Protocol::kGemini:
      return gemini::ErrorEvent(503, message);
    case Protocol::kResponses:
      break;
  }
  return failed ? responses::FailedEvent(answer, message, sequence)
                : responses::ErrorEvent(message, sequence);
}

Headers RateHeaders(Protocol protocol, const Scenario& scenario, bool exhausted = false) {
  const RateFigures figures{exhausted, scenario.unified, scenario.requests_left,
                            scenario.tokens_left, scenario.reset_in_seconds};
  if (protocol == Protocol::kAnthropic) return anthropic::RateHeaders(figures);
  if (protocol == Protocol::kGemini) return {{"server", "scaffolding on HTTPServer2"}};
  Headers headers = openai::RateHeaders(figures);
  headers.emplace_back("openai-processing-ms", "7");
  headers.emplace_back("openai-organization", "org-fake");
  return headers;
}

// Breaks one event in the middle of its data: the line ends where the JSON does not.
void BreakEvent(std::string& event) {
  const std::size_t data = event.find("data: ");
  if (data == std::string::npos) return;
  event = event.substr(0, data + (event.size() - data) / 2) + "\n\n";
}

void DamageEvents(Protocol protocol, const Scenario& scenario, const Answer& answer,
                  std::vector<std::string>& events) {
  if (scenario.overload_first) events = {ErrorEvent(protocol, answer, "Overloaded", 0, false)};
  if (scenario.error_behind_start) {
    events.resize(1);
    events.front() += ErrorEvent(protocol, answer, "Overloaded", 1, true);
  }
  if (scenario.stream_error) {
    const std::size_t half = std::max<std::size_t>(1, events.size() / 2);
    events.resize(half);
    events.push_back(
        ErrorEvent(protocol, answer, "The fake was told to fail half way.", half, true));
  }
  if (scenario.malformed) BreakEvent(events[events.size() / 2]);
  if (scenario.no_done && !events.empty()) events.pop_back();
}

std::vector<std::string> EventsOf(Endpoint endpoint, const ModelRequest& request,
                                  const Scenario& scenario, const Answer& answer) {
  switch (endpoint) {
    case Endpoint::kMessages:
      return anthropic::MessageEvents(answer, scenario.usage_twice);
    case Endpoint::kGenerateContent:
      return request.json_array ? gemini::AnswerArray(answer, !scenario.no_usage)
                                : gemini::AnswerEvents(answer, !scenario.no_usage);
    case Endpoint::kResponses:
      return responses::ResponseEvents(request, answer, !scenario.no_usage);
    case Endpoint::kCompletions:
      return media::CompletionEvents(answer, request.include_usage);
    case Endpoint::kImages:
      return media::ImageEvents(answer, "image_generation");
    case Endpoint::kImageForm:
      return media::ImageEvents(answer, "image_edit");
    case Endpoint::kTranscription:
      return media::TranscriptEvents(answer);
    default:
      return openai::CompletionEvents(answer, request.include_usage, scenario.usage_twice);
  }
}

Reply StreamReply(Endpoint endpoint, const ModelRequest& request, const Scenario& scenario,
                  const Answer& answer) {
  const Protocol protocol = ProtocolOf(endpoint);
  Reply reply;
  reply.is_stream = true;
  reply.content_type =
      request.json_array ? "application/json; charset=UTF-8" : "text/event-stream; charset=utf-8";
  reply.headers = RateHeaders(protocol, scenario);
  reply.headers.emplace_back("cache-control", "no-cache");
  reply.events = EventsOf(endpoint, request, scenario, answer);
  DamageEvents(protocol, scenario, answer, reply.events);
  return reply;
}

bool CarriesRetryAfter(int status) {
  return status == 429 || status == 503 || status == kOverloaded;
}

}  // namespace

Protocol ProtocolOf(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::kMessages:
    case Endpoint::kCountTokens:
      return Protocol::kAnthropic;
    case Endpoint::kResponses:
    case Endpoint::kInputTokens:
      return Protocol::kResponses;
    case Endpoint::kGenerateContent:
    case Endpoint::kGeminiCount:
    case Endpoint::kEmbedContent:
    case Endpoint::kBatchEmbedContents:
      return Protocol::kGemini;
    default:
      return Protocol::kOpenAi;
  }
}

bool TakesForm(Endpoint endpoint) {
  return endpoint == Endpoint::kImageForm || endpoint == Endpoint::kTranscription;
}

const char* RequestIdHeader(Protocol protocol) {
  return protocol == Protocol::kAnthropic ? "request-id" : "x-request-id";
}

Reply PlainReply(Protocol protocol, const Scenario& scenario, std::string body) {
  Reply reply;
  reply.headers = RateHeaders(protocol, scenario);
  reply.body = std::move(body);
  if (scenario.error_200) reply.body = ErrorBody(protocol, kOverloaded, "Overloaded", false);
  if (scenario.malformed) reply.body.resize(reply.body.size() / 2);
  return reply;
}

Reply RefusalReply(Protocol protocol, const Scenario& scenario, std::string_view message,
                   std::string_view code) {
  Reply reply;
  reply.status = static_cast<int>(scenario.status);
  reply.headers = RateHeaders(protocol, scenario, reply.status == 429);
  if (CarriesRetryAfter(reply.status) && !scenario.no_retry_after) {
    reply.headers.emplace_back("retry-after", std::to_string(scenario.retry_after_seconds));
  }
  if (scenario.no_body) return reply;
  if (scenario.html) {
    reply.content_type = "text/html";
    reply.body = "<html><head><title>" + std::to_string(reply.status) +
                 "</title></head><body><h1>The fake's front end says no</h1></body></html>\n";
    return reply;
  }
  reply.body = ErrorBody(protocol, reply.status, message, scenario.quota, code);
  return reply;
}

void MoveStreamErrors(Protocol protocol, bool stream, Scenario& scenario) {
  if (stream || scenario.status != 200) return;
  if (scenario.overload_first) scenario.status = protocol == Protocol::kAnthropic ? 529 : 503;
  if (scenario.stream_error) scenario.status = 500;
}

Scenario Healed(Scenario scenario) {
  const Scenario well;
  scenario.status = well.status;
  scenario.stall_ms = well.stall_ms;
  scenario.slow_ms = well.slow_ms;
  scenario.slow_headers_ms = well.slow_headers_ms;
  for (bool Scenario::*damage :
       {&Scenario::html, &Scenario::no_body, &Scenario::stream_error, &Scenario::overload_first,
        &Scenario::error_behind_start, &Scenario::error_200, &Scenario::malformed,
        &Scenario::no_done, &Scenario::cut, &Scenario::rst, &Scenario::nothing, &Scenario::garbage,
        &Scenario::cl_lie, &Scenario::huge_headers}) {
    scenario.*damage = false;
  }
  return scenario;
}

namespace {

std::string BodyOf(Endpoint endpoint, const ModelRequest& request, const Scenario& scenario,
                   const Answer& answer) {
  switch (endpoint) {
    case Endpoint::kMessages:
      return anthropic::MessageBody(answer);
    case Endpoint::kCountTokens:
      return anthropic::CountBody(answer.usage);
    case Endpoint::kChat:
      return openai::CompletionBody(answer);
    case Endpoint::kResponses:
      return responses::ResponseBody(request, answer, !scenario.no_usage);
    case Endpoint::kGenerateContent:
      return gemini::AnswerBody(answer, !scenario.no_usage);
    case Endpoint::kGeminiCount:
      return gemini::CountBody(answer.usage);
    case Endpoint::kEmbedContent:
      return gemini::EmbeddingBody(request, /*batch=*/false);
    case Endpoint::kBatchEmbedContents:
      return gemini::EmbeddingBody(request, /*batch=*/true);
    case Endpoint::kInputTokens:
      return responses::InputTokensBody(answer.usage);
    case Endpoint::kCompletions:
      return media::CompletionBody(answer);
    case Endpoint::kEmbeddings:
      return openai::EmbeddingsBody(request, answer.usage);
    case Endpoint::kModerations:
      return media::ModerationBody(answer);
    case Endpoint::kRerank:
      return media::RerankBody(answer, !scenario.no_usage);
    case Endpoint::kImages:
    case Endpoint::kImageForm:
      return media::ImageBody(request, answer, !scenario.no_usage);
    case Endpoint::kTranscription:
      return media::TranscriptBody(request, answer, !scenario.no_usage);
    case Endpoint::kSpeech:
      return media::SpeechBody(answer);
  }
  return {};
}

}  // namespace

Reply ReplyOf(Endpoint endpoint, const ModelRequest& request, const Scenario& scenario,
              const Answer& answer) {
  const Protocol protocol = ProtocolOf(endpoint);
  if (request.stream) return StreamReply(endpoint, request, scenario, answer);
  Reply reply = PlainReply(protocol, scenario, BodyOf(endpoint, request, scenario, answer));
  if (endpoint == Endpoint::kSpeech) reply.content_type = "audio/mpeg";
  if (endpoint == Endpoint::kTranscription && media::IsPlainText(request)) {
    reply.content_type = "text/plain; charset=utf-8";
  }
  return reply;
}

}  // namespace weir::fakes

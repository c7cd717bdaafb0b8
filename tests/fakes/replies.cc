#include "tests/fakes/replies.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "tests/fakes/anthropic_wire.h"
#include "tests/fakes/openai_wire.h"

namespace weir::fakes {
namespace {

constexpr int kOverloaded = 529;

std::string ErrorBody(Protocol protocol, int status, std::string_view message, bool quota) {
  return protocol == Protocol::kAnthropic ? anthropic::ErrorBody(status, message, quota)
                                          : openai::ErrorBody(status, message, quota);
}

std::string ErrorEvent(Protocol protocol, std::string_view message) {
  const int status = protocol == Protocol::kAnthropic ? kOverloaded : 503;
  return protocol == Protocol::kAnthropic ? anthropic::ErrorEvent(status, message)
                                          : openai::ErrorEvent(status, message);
}

Headers RateHeaders(Protocol protocol, bool exhausted, bool unified) {
  if (protocol == Protocol::kAnthropic) return anthropic::RateHeaders(exhausted, unified);
  Headers headers = openai::RateHeaders(exhausted);
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

void DamageEvents(Protocol protocol, const Scenario& scenario, std::vector<std::string>& events) {
  if (scenario.overload_first) events = {ErrorEvent(protocol, "Overloaded")};
  if (scenario.stream_error) {
    events.resize(std::max<std::size_t>(1, events.size() / 2));
    events.push_back(ErrorEvent(protocol, "The fake was told to fail half way."));
  }
  if (scenario.malformed) BreakEvent(events[events.size() / 2]);
  if (scenario.no_done && !events.empty()) events.pop_back();
}

Reply StreamReply(Protocol protocol, const ModelRequest& request, const Scenario& scenario,
                  const Answer& answer) {
  Reply reply;
  reply.is_stream = true;
  reply.content_type = "text/event-stream; charset=utf-8";
  reply.headers = RateHeaders(protocol, false, scenario.unified);
  reply.headers.emplace_back("cache-control", "no-cache");
  reply.events =
      protocol == Protocol::kAnthropic
          ? anthropic::MessageEvents(answer, scenario.usage_twice)
          : openai::CompletionEvents(answer, request.include_usage, scenario.usage_twice);
  DamageEvents(protocol, scenario, reply.events);
  return reply;
}

bool CarriesRetryAfter(int status) {
  return status == 429 || status == 503 || status == kOverloaded;
}

}  // namespace

Protocol ProtocolOf(Endpoint endpoint) {
  return endpoint == Endpoint::kMessages || endpoint == Endpoint::kCountTokens
             ? Protocol::kAnthropic
             : Protocol::kOpenAi;
}

const char* RequestIdHeader(Protocol protocol) {
  return protocol == Protocol::kAnthropic ? "request-id" : "x-request-id";
}

Reply PlainReply(Protocol protocol, const Scenario& scenario, std::string body) {
  Reply reply;
  reply.headers = RateHeaders(protocol, false, scenario.unified);
  reply.body = std::move(body);
  if (scenario.malformed) reply.body.resize(reply.body.size() / 2);
  return reply;
}

Reply RefusalReply(Protocol protocol, const Scenario& scenario, std::string_view message) {
  Reply reply;
  reply.status = static_cast<int>(scenario.status);
  reply.headers = RateHeaders(protocol, reply.status == 429, scenario.unified);
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
  reply.body = ErrorBody(protocol, reply.status, message, scenario.quota);
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
        &Scenario::malformed, &Scenario::no_done, &Scenario::cut, &Scenario::rst,
        &Scenario::nothing, &Scenario::garbage, &Scenario::cl_lie, &Scenario::huge_headers}) {
    scenario.*damage = false;
  }
  return scenario;
}

Reply ReplyOf(Endpoint endpoint, const ModelRequest& request, const Scenario& scenario,
              const Answer& answer) {
  const Protocol protocol = ProtocolOf(endpoint);
  switch (endpoint) {
    case Endpoint::kCountTokens:
      return PlainReply(protocol, scenario, anthropic::CountBody(answer.usage));
    case Endpoint::kEmbeddings:
      return PlainReply(protocol, scenario, openai::EmbeddingsBody(request, answer.usage));
    case Endpoint::kMessages:
    case Endpoint::kChat:
      break;
  }
  if (request.stream) return StreamReply(protocol, request, scenario, answer);
  return PlainReply(protocol, scenario,
                    protocol == Protocol::kAnthropic ? anthropic::MessageBody(answer)
                                                     : openai::CompletionBody(answer));
}

}  // namespace weir::fakes

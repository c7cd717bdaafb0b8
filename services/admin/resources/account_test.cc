// /api/v1/admin/accounts/{id}/test: one real request through one account, by a relay.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "libs/common/clock.h"
#include "libs/common/resource_rules.h"
#include "libs/common/text.h"
#include "services/admin/model/test_model.h"
#include "services/admin/model/validate.h"
#include "services/admin/publish/account_check.h"
#include "services/admin/publish/account_test_run.h"
#include "services/admin/resources/resource.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

using Event = v1::AccountTestEvent;
using Test = AccountTestBroker::Test;

constexpr std::string_view kEventsType = "text/event-stream";
constexpr std::int64_t kTimeoutMsMin = 1'000;
constexpr std::int64_t kTimeoutMsMax = 120'000;
constexpr std::int64_t kTokensMax = 4'096;
constexpr std::size_t kPromptBytesMax = std::size_t{16} * 1024;
constexpr std::size_t kRelayIdBytesMax = 512;
constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kComfortMs = 2'000;  // between signs of life, so that who left is noticed

constexpr std::array<std::string_view, 4> kProtocols = {"anthropic_messages", "openai_chat",
                                                        "openai_responses", "gemini"};

void ReadFields(BodyReader& reader, AccountTestAsk& ask) {
  reader.Text("model", ask.model);
  reader.Text("protocol", ask.protocol);
  reader.Text("prompt", ask.prompt);
  reader.Text("relay_id", ask.relay_id);
  reader.Flag("stream", ask.stream);
  reader.Integer("max_tokens", ask.max_tokens);
  reader.Integer("timeout_ms", ask.timeout_ms);
}

void DescribeBody(BodyReader& reader) {
  AccountTestAsk ask;
  ReadFields(reader, ask);
}

void Check(const AccountTestAsk& ask, FieldErrors& errors) {
  const bool known = ask.protocol.empty() || std::find(kProtocols.begin(), kProtocols.end(),
                                                       ask.protocol) != kProtocols.end();
  if (!known) {
    errors.Add("protocol",
               "must be one of anthropic_messages, openai_chat, openai_responses, gemini");
  }
  if (!ask.model.empty() && !CheckModelName(ask.model).ok()) {
    errors.Add("model", "is no name of a model");
  }
  if (ask.prompt.empty() || ask.prompt.size() > kPromptBytesMax) {
    errors.Add("prompt", StrCat("must be 1 to ", kPromptBytesMax, " bytes long"));
  }
  if (ask.relay_id.size() > kRelayIdBytesMax) errors.Add("relay_id", "is too long");
  if (ask.max_tokens < 1 || ask.max_tokens > kTokensMax) {
    errors.Add("max_tokens", StrCat("must be 1 to ", kTokensMax));
  }
  if (ask.timeout_ms < kTimeoutMsMin || ask.timeout_ms > kTimeoutMsMax) {
    errors.Add("timeout_ms", StrCat("must be ", kTimeoutMsMin, " to ", kTimeoutMsMax));
  }
}

absl::StatusOr<AccountTestAsk> ReadAsk(const Request& request, bool streams) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  AccountTestAsk ask;
  ask.stream = streams;
  FieldErrors errors;
  BodyReader reader(*body, errors);
  ReadFields(reader, ask);
  reader.Finish();
  Check(ask, errors);
  if (!errors.empty()) return errors.ToStatus();
  return ask;
}

// The model, and that the account may be asked at all.
absl::Status Complete(const Account& account, AccountTestAsk& ask) {
  FieldErrors errors;
  // As for saving: what was stored before a rule was made is not asked either.
  ValidateUpstreamUrl(account.request_url, "request_url", errors);
  if (ask.model.empty()) ask.model = TestModelOf(account);
  if (ask.model.empty()) errors.Add("model", "is needed: the account names none");
  return errors.empty() ? absl::OkStatus() : errors.ToStatus();
}

json::object TimingsJson(const AccountTestOutcome& outcome) {
  json::object timings;
  for (const std::string_view phase :
       {"resolve", "connect", "proxy", "tls", "first_byte", "first_text"}) {
    const auto found = outcome.phases.find(std::string(phase));
    timings[StrCat(phase, "_us")] =
        IntegerOrNull(found == outcome.phases.end() ? 0 : found->second);
  }
  timings["total_us"] = outcome.result.total_us();
  return timings;
}

json::object UsageJson(const v1::AccountTestResult& result) {
  return {{"input_tokens", result.input_tokens()},
          {"cache_read_tokens", result.cache_read_tokens()},
          {"cache_write_tokens", result.cache_write_tokens()},
          {"output_tokens", result.output_tokens()},
          {"source",
           OneWord({"reported", "estimated"}, result.usage_reported() ? "reported" : "estimated")}};
}

json::object OutcomeJson(std::int64_t account_id, const std::string& model,
                         const AccountTestOutcome& outcome) {
  const v1::AccountTestResult& result = outcome.result;
  json::object rate_limits;
  for (const auto& [name, value] : result.rate_limits()) rate_limits[name] = value;
  return {{"ok", result.reason().empty()},
          {"account_id", account_id},
          {"relay_id", outcome.relay_id},
          {"model", model},
          {"protocol", TextOrNull(result.protocol())},
          {"upstream_model", TextOrNull(result.upstream_model())},
          {"served_model", TextOrNull(result.served_model())},
          {"status", IntegerOrNull(result.status())},
          {"reason", TextOrNull(result.reason())},
          {"message", TextOrNull(result.message())},
          {"signal", TextOrNull(result.signal())},
          {"consequence", TextOrNull(result.consequence())},
          {"text", outcome.text},
          {"stop_reason", TextOrNull(result.stop_reason())},
          {"usage", UsageJson(result)},
          {"timings", TimingsJson(outcome)},
          {"upstream_request_id", TextOrNull(result.upstream_request_id())},
          {"request_id", TextOrNull(result.request_id())},
          {"rate_limits", ByName(std::move(rate_limits), [] { return json::value(""); })}};
}

json::value OutcomeShape() {
  return Named("AccountTest", OutcomeJson(0, "", AccountTestOutcome()));
}

std::string SseText(std::string_view name, const json::object& data) {
  return StrCat("event: ", name, "\ndata: ", json::serialize(data), "\n\n");
}

// A test that is told as it goes.
class Telling {
 public:
  Telling(std::int64_t account_id, std::string model, std::unique_ptr<Test> test,
          std::int64_t wait_ms)
      : account_id_(account_id),
        model_(std::move(model)),
        test_(std::move(test)),
        deadline_ns_(SteadyNs() + wait_ms * kNsPerMs) {
    outcome_.relay_id = test_->relay_id();
  }

  // The next piece; empty behind the result.
  std::string Next() {
    if (test_ == nullptr) return {};
    if (SteadyNs() >= deadline_ns_) {
      outcome_.TimeIsUp();
      return Result();
    }
    const auto event = test_->Next(kComfortMs);
    if (!event.ok()) {
      // The answer has begun: what is wrong can only be told in it.
      outcome_.RelayIsGone();
      return Result();
    }
    if (!event->has_value()) return ": \n\n";
    return outcome_.Add(**event) ? Result() : Part(**event);
  }

 private:
  static std::string Part(const Event& event) {
    if (event.has_text()) return SseText("text", {{"text", event.text()}});
    return SseText("phase", {{"phase", event.phase().name()}, {"at_us", event.phase().at_us()}});
  }

  std::string Result() {
    test_.reset();
    return SseText("result", OutcomeJson(account_id_, model_, outcome_));
  }

  const std::int64_t account_id_;
  const std::string model_;
  std::unique_ptr<Test> test_;
  const std::int64_t deadline_ns_;
  AccountTestOutcome outcome_;
};

Response ToldResponse(std::shared_ptr<Telling> telling) {
  Response response;
  response.content_type = kEventsType;
  response.source = [telling = std::move(telling)]() -> absl::StatusOr<std::string> {
    return telling->Next();
  };
  return response;
}

absl::StatusOr<Response> TestAccount(ResourceParts& parts, const Request& request) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  const bool streams = request.Header("accept").find(kEventsType) != std::string_view::npos;
  auto ask = ReadAsk(request, streams);
  if (!ask.ok()) return ask.status();
  const auto account = ReadServedAccount(parts.store, *id);
  if (!account.ok()) return account.status();
  if (absl::Status complete = Complete(*account, *ask); !complete.ok()) return complete;
  auto question = AccountTestRequestFor(*ask, *account, parts.vault);
  if (!question.ok()) return question.status();
  // Written down before it is sent: it costs money.
  absl::Status noted = NoteDeed(parts, {"account", account->id, account->name, "test", {}});
  if (!noted.ok()) return noted;
  auto test = parts.account_tests.Begin(ask->relay_id, *std::move(question));
  if (!test.ok()) return test.status();
  const std::int64_t wait_ms = AccountTestWaitMs(*ask);
  if (streams) {
    return ToldResponse(
        std::make_shared<Telling>(account->id, ask->model, *std::move(test), wait_ms));
  }
  const auto outcome = AwaitAccountTest(**test, wait_ms);
  if (!outcome.ok()) return outcome.status();
  return JsonResponse(200, OutcomeJson(account->id, ask->model, *outcome));
}

}  // namespace

Routes AccountTestRoutes(ResourceParts& parts) {
  return {
      {"POST",
       "/api/v1/admin/accounts/{id}/test",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return TestAccount(parts, request); },
       {.summary = "Send one real request through an account",
        .body = DescribeBody,
        .answers = {Answers(OutcomeShape), AnswersFile(kEventsType)},
        .about = "The provider bills it; no key is charged. A test that fails is a 200 whose ok is "
                 "false; 503 says that no relay is connected, or that it went. With accept: "
                 "text/event-stream it is told as it goes: events phase, text, and one result."}},
  };
}

}  // namespace weir::admin

#include "services/admin/publish/account_test_run.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "libs/common/clock.h"
#include "libs/common/reason.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/model/problem.h"
#include "services/admin/publish/to_proto.h"

namespace weir::admin {
namespace {

constexpr std::int64_t kGraceMs = 3'000;
constexpr std::int64_t kNsPerMs = 1'000'000;

void Fail(std::string_view reason, std::string_view message, v1::AccountTestResult& result) {
  result.set_reason(std::string(reason));
  result.set_message(std::string(message));
}

}  // namespace

bool AccountTestOutcome::Add(const v1::AccountTestEvent& event) {
  if (event.has_text()) text += event.text();
  if (event.has_phase()) phases[event.phase().name()] = event.phase().at_us();
  if (event.has_result()) result = event.result();
  return event.has_result();
}

void AccountTestOutcome::TimeIsUp() {
  Fail(reason::kUpstreamTimeout, "the relay did not end the test in time", result);
}

void AccountTestOutcome::RelayIsGone() {
  Fail(reason::kServiceAway, "the relay has gone in the middle of the test", result);
}

absl::StatusOr<v1::AccountTestRequest> AccountTestRequestFor(const AccountTestAsk& ask,
                                                             const Account& account,
                                                             const Vault& vault) {
  if (!OpenCredential(vault, account).ok() || !OpenProxyUrl(vault, account).ok()) {
    return Conflict("a secret of the account cannot be opened with the master keys at hand");
  }
  v1::Resource resource;
  ToProto(account, vault, resource);
  v1::AccountTestRequest request;
  request.set_account(resource.account().SerializeAsString());
  request.set_model(ask.model);
  request.set_protocol(ask.protocol);
  request.set_prompt(ask.prompt);
  request.set_stream(ask.stream);
  request.set_max_tokens(ask.max_tokens);
  request.set_timeout_ms(ask.timeout_ms);
  return request;
}

std::int64_t AccountTestWaitMs(const AccountTestAsk& ask) { return ask.timeout_ms + kGraceMs; }

absl::StatusOr<AccountTestOutcome> AwaitAccountTest(AccountTestBroker::Test& test,
                                                    std::int64_t wait_ms) {
  AccountTestOutcome outcome;
  outcome.relay_id = test.relay_id();
  const std::int64_t deadline_ms = SteadyNs() / kNsPerMs + wait_ms;
  for (;;) {
    const std::int64_t left_ms = deadline_ms - SteadyNs() / kNsPerMs;
    if (left_ms <= 0) {
      outcome.TimeIsUp();
      return outcome;
    }
    const absl::StatusOr<std::optional<v1::AccountTestEvent>> event = test.Next(left_ms);
    if (!event.ok()) return event.status();
    if (event->has_value() && outcome.Add(**event)) return outcome;
  }
}

absl::StatusOr<AccountTestOutcome> RunAccountTest(AccountTestBroker& broker,
                                                  const AccountTestAsk& ask,
                                                  v1::AccountTestRequest request) {
  const auto test = broker.Begin(ask.relay_id, std::move(request));
  if (!test.ok()) return test.status();
  return AwaitAccountTest(**test, AccountTestWaitMs(ask));
}

}  // namespace weir::admin

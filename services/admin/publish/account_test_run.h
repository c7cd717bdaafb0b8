// One test of an account from its question to its result.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"

#include "services/admin/credentials/vault.h"
#include "services/admin/model/types.h"
#include "services/admin/publish/account_test_broker.h"

namespace weir::admin {

struct AccountTestAsk {
  std::string model;
  std::string protocol;  // empty = the platform's own
  std::string prompt = "Say hello in one word.";
  std::string relay_id;  // empty = any
  bool stream = false;
  std::int64_t max_tokens = 64;
  std::int64_t timeout_ms = 30'000;
};

// What the events of a test come to.
struct AccountTestOutcome {
  std::string relay_id;
  std::string text;
  std::map<std::string, std::int64_t> phases;  // name -> µs since the test began
  v1::AccountTestResult result;

  // True: it was the last one.
  bool Add(const v1::AccountTestEvent& event);
  // The relay did not say how it ended.
  void TimeIsUp();
  void RelayIsGone();
};

// FailedPrecondition: a secret of the account does not open, so there is nothing to test.
absl::StatusOr<v1::AccountTestRequest> AccountTestRequestFor(const AccountTestAsk& ask,
                                                             const Account& account,
                                                             const Vault& vault);

// A relay is told to say that time is up; when it does not, nobody waits for longer than this.
std::int64_t AccountTestWaitMs(const AccountTestAsk& ask);

// Waits for the result. As AccountTestBroker::Begin; Unavailable when the relay goes meanwhile, for
// then nobody knows whether the request was sent.
absl::StatusOr<AccountTestOutcome> RunAccountTest(AccountTestBroker& broker,
                                                  const AccountTestAsk& ask,
                                                  v1::AccountTestRequest request);
// The same with a test that has begun.
absl::StatusOr<AccountTestOutcome> AwaitAccountTest(AccountTestBroker::Test& test,
                                                    std::int64_t wait_ms);

}  // namespace weir::admin

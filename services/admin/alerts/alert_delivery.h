// Sends what waits in the queue to the webhook: signed, tried again, never with a secret in it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "libs/common/secret.h"
#include "services/admin/credentials/vault.h"
#include "services/admin/outbound/web_client.h"
#include "services/admin/store/alert_store.h"
#include "services/admin/store/store.h"

namespace weir::admin {

struct AlertTarget {
  std::string url;  // empty = there is no webhook
  Secret secret;    // signs; never sent
  std::string site_name;
};

// What the settings say now. Errors of Vault::Open.
absl::StatusOr<AlertTarget> ReadAlertTarget(Store& store, const Vault& vault);

// Hex of HMAC-SHA256 under `secret` over "TIMESTAMP.BODY": what `weir-signature` has after "v1=".
std::string SignAlert(const Secret& secret, std::int64_t unix_s, std::string_view body);

// {"id", "event", "state", "subject", "text", "site", "at"}
std::string AlertBody(const AlertMessage& message, std::string_view site_name);

// When to try again after so many tries that failed; 0 = no more. From ten seconds to an hour,
// doubling; some twelve hours in all.
std::int64_t NextTryMs(std::int64_t tries, std::int64_t now_ms);

struct AlertTries {
  std::int64_t delivered = 0;
  std::int64_t failed = 0;
};

// Sends what is due, until `gone` says true. Whoever else looks meanwhile leaves it alone.
absl::StatusOr<AlertTries> DeliverDue(Store& store, const SendWebCall& send,
                                      const AlertTarget& target, const std::function<bool()>& gone);

// Sends a test at once and once; how it went stands in the message, which is kept like all others.
absl::StatusOr<AlertMessage> SendTest(Store& store, const SendWebCall& send,
                                      const AlertTarget& target, std::string_view who);

}  // namespace weir::admin

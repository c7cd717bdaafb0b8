// One pushed resource -> one checked value. What spans several resources is snapshot_edit's.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "services/relay/snapshot/previous_secrets.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::v1 {
class Account;
class ApiKey;
class Group;
class Price;
class RelaySettings;
class Route;
class User;
}  // namespace weir::v1

namespace weir::relay {

// InvalidArgument names the resource and the field, never a secret.
absl::StatusOr<ApiKey> ReadApiKey(const v1::ApiKey& in);
// Nothing when the key has none.
absl::StatusOr<std::optional<PreviousSecret>> ReadPreviousSecret(const v1::ApiKey& in);
absl::StatusOr<User> ReadUser(const v1::User& in);
absl::StatusOr<Group> ReadGroup(const v1::Group& in);
// Without `health` and with `configured_timeouts` only.
absl::StatusOr<Account> ReadAccount(const v1::Account& in);
absl::StatusOr<Price> ReadPrice(const v1::Price& in);
absl::StatusOr<ModelRoute> ReadRoute(const v1::Route& in);
absl::StatusOr<RelaySettings> ReadSettings(const v1::RelaySettings& in);

// Those of `own` that are set, else those of `defaults`.
Timeouts FilledIn(const Timeouts& own, const Timeouts& defaults);

}  // namespace weir::relay

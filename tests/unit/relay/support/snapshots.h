// Snapshots for tests, made without admin and without protobuf.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/snapshot/snapshot.h"

namespace weir::relay::testing {

// Fill in what the test is about, then Make; may be changed and made again.
struct SnapshotMaker {
  // An active key of user 1 and group 1 whose text is `text`; returns it for changes.
  ApiKey& AddKey(std::string_view text);
  // A normal account of group 1 that speaks Anthropic's protocol and serves all models.
  Account& AddAccount(std::int64_t id);

  std::shared_ptr<const Snapshot> Make() const;

  std::vector<ApiKey> keys;
  std::vector<User> users = {User{1, "ann", Availability::kActive, {}, {}}};
  std::vector<Group> groups = {MakeGroup(1)};
  std::vector<Account> accounts;
  std::vector<ModelRoute> routes;
  RelaySettings settings;

  static Group MakeGroup(std::int64_t id);
};

}  // namespace weir::relay::testing

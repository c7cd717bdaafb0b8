#include "services/relay/snapshot/previous_secrets.h"

#include <cstring>
#include <utility>

#include "libs/common/text.h"
#include "services/relay/snapshot/snapshot_tables.h"

namespace weir::relay {
namespace {

struct SamePrevious {
  const char* sha256;
  bool operator()(const PreviousSecret& secret) const {
    return std::memcmp(secret.sha256.data(), sha256, secret.sha256.size()) == 0;
  }
};

absl::Status Refused(std::int64_t id, std::string_view what) {
  return absl::InvalidArgumentError(StrCat("api_key ", id, ": ", what));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const PreviousSecrets>> EditedSecrets(
    const std::shared_ptr<const PreviousSecrets>& base, const ChangedSecrets& changed,
    const std::unordered_set<std::int64_t>& removed) {
  PreviousSecrets::ById::Editor by_id(base == nullptr ? nullptr : &base->by_id);
  PreviousSecrets::ByHash::Editor by_sha256(base == nullptr ? nullptr : &base->by_sha256);
  bool touched = base == nullptr;
  const auto forget = [&](std::int64_t id) {
    const std::shared_ptr<const PreviousSecret> known = by_id.Hold(id);
    if (known == nullptr) return;
    by_sha256.Erase(HashOfSha256(known->sha256.data()), SamePrevious{known->sha256.data()});
    by_id.Erase(id);
    touched = true;
  };
  // All that changes out first, so that two keys may exchange theirs in one revision.
  for (const std::int64_t id : removed) forget(id);
  for (const auto& [id, secret] : changed) forget(id);
  for (const auto& [id, secret] : changed) {
    if (!secret.has_value()) continue;
    const std::uint64_t hash = HashOfSha256(secret->sha256.data());
    const SamePrevious same{secret->sha256.data()};
    if (const auto* other = by_sha256.Find(hash, same); other != nullptr) {
      return Refused(id, StrCat("has the previous_sha256 of api_key ", (*other)->id));
    }
    const auto shared = std::make_shared<const PreviousSecret>(*secret);
    by_sha256.Upsert(hash, shared, same);
    by_id.Upsert(shared);
    touched = true;
  }
  if (!touched) return base;
  return std::make_shared<const PreviousSecrets>(
      PreviousSecrets{std::move(by_id).Done(), std::move(by_sha256).Done()});
}

const ApiKey* FindRotatedKey(const Snapshot& snapshot, std::string_view sha256,
                             std::int64_t now_unix_ms) {
  const SnapshotTables& tables = snapshot.tables();
  if (tables.previous_secrets == nullptr || sha256.size() != sizeof(PreviousSecret::sha256)) {
    return nullptr;
  }
  const auto* found = tables.previous_secrets->by_sha256.Find(HashOfSha256(sha256.data()),
                                                              SamePrevious{sha256.data()});
  if (found == nullptr || (*found)->until_unix_ms <= now_unix_ms) return nullptr;
  return tables.keys->Find((*found)->id);
}

}  // namespace weir::relay

#include "services/admin/publish/snapshot_builder.h"

#include <functional>
#include <utility>

#include "services/admin/model/session_rules.h"
#include "services/admin/publish/to_proto.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/api_key_store.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/price_store.h"
#include "services/admin/store/route_store.h"
#include "services/admin/store/settings_store.h"
#include "services/admin/store/user_store.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

// Beyond this many changed resources everything is sent: single look-ups would cost more.
constexpr std::size_t kDifferenceMax = 20'000;
constexpr std::int64_t kRowsAtOnce = 1000;

// Cuts an update into chunks.
class Chunker {
 public:
  Chunker(std::int64_t base, const Revision& revision, SnapshotUpdate& update)
      : base_(base), revision_(revision), update_(update) {
    update_.base_revision = base;
    update_.revision = revision.number;
    Begin();
  }

  void Upsert(v1::Resource resource) {
    const std::size_t bytes = resource.ByteSizeLong() + 8;
    MakeRoom(bytes);
    *chunk().add_upserts() = std::move(resource);
    bytes_ += bytes;
  }

  void Remove(const ResourceName& name) {
    MakeRoom(16);
    v1::ResourceRef& removal = *chunk().add_removals();
    removal.set_kind(static_cast<v1::ResourceKind>(name.kind));
    removal.set_id(name.id);
    bytes_ += 16;
  }

  void Finish() { chunk().set_last(true); }

 private:
  v1::SnapshotChunk& chunk() { return update_.chunks.back(); }

  void Begin() {
    v1::SnapshotChunk& next = update_.chunks.emplace_back();
    next.set_base_revision(static_cast<std::uint64_t>(base_));
    next.set_revision(static_cast<std::uint64_t>(revision_.number));
    next.set_lineage(revision_.lineage);
    bytes_ = 128;
  }

  void MakeRoom(std::size_t bytes) {
    const int held = chunk().upserts_size() + chunk().removals_size();
    if (held > 0 && (held >= kChunkResourcesMax || bytes_ + bytes > kChunkBytesMax)) Begin();
  }

  const std::int64_t base_;
  const Revision& revision_;
  SnapshotUpdate& update_;
  std::size_t bytes_ = 0;
};

// Walks a whole table, page by page.
template <class T, class After, class Convert>
absl::Status AddAll(sql::Transaction& transaction, After after, Convert convert, Chunker& chunker) {
  std::int64_t last_id = 0;
  while (true) {
    absl::StatusOr<std::vector<T>> items = after(transaction, last_id, kRowsAtOnce);
    if (!items.ok()) return items.status();
    for (const T& item : *items) {
      v1::Resource resource;
      convert(item, resource);
      chunker.Upsert(std::move(resource));
      last_id = item.id;
    }
    if (static_cast<std::int64_t>(items->size()) < kRowsAtOnce) return absl::OkStatus();
  }
}

// One resource as it is now, or its removal.
template <class T, class Convert>
absl::Status AddOne(const absl::StatusOr<T>& item, const ResourceName& name, Convert convert,
                    Chunker& chunker) {
  if (absl::IsNotFound(item.status())) {
    chunker.Remove(name);
    return absl::OkStatus();
  }
  if (!item.ok()) return item.status();
  v1::Resource resource;
  convert(*item, resource);
  chunker.Upsert(std::move(resource));
  return absl::OkStatus();
}

constexpr auto kConvert = [](const auto& item, v1::Resource& resource) { ToProto(item, resource); };

// With the models that its tier is good for. Who changes those names the accounts as changed, too
// (store/settings_store).
void ConvertAccount(const Account& account, const Settings& settings, const Vault& vault,
                    v1::Resource& resource) {
  ToProto(account, vault, resource);
  const std::vector<std::string>& models = ServedModels(account, settings);
  resource.mutable_account()->mutable_models()->Assign(models.begin(), models.end());
}

absl::Status AddEverything(sql::Transaction& transaction, const Vault& vault, Chunker& chunker) {
  const absl::StatusOr<Settings> settings = settings_store::Get(transaction);
  if (!settings.ok()) return settings.status();
  const auto convert_account = [&](const Account& account, v1::Resource& resource) {
    ConvertAccount(account, *settings, vault, resource);
  };
  const auto convert_settings = [&](const Settings& item, v1::Resource& resource) {
    ToProto(item, vault, resource);
  };
  absl::Status status = AddOne(settings, {ResourceKind::kSettings, 0}, convert_settings, chunker);
  if (status.ok()) status = AddAll<Group>(transaction, group_store::After, kConvert, chunker);
  if (status.ok()) status = AddAll<User>(transaction, user_store::After, kConvert, chunker);
  if (status.ok()) {
    status = AddAll<Account>(transaction, account_store::After, convert_account, chunker);
  }
  if (status.ok()) status = AddAll<Price>(transaction, price_store::After, kConvert, chunker);
  if (status.ok()) status = AddAll<ModelRoute>(transaction, route_store::After, kConvert, chunker);
  if (status.ok()) status = AddAll<ApiKey>(transaction, api_key_store::After, kConvert, chunker);
  return status;
}

absl::Status AddAccount(sql::Transaction& transaction, const Vault& vault, const ResourceName& name,
                        Chunker& chunker) {
  const absl::StatusOr<Settings> settings = settings_store::Get(transaction);
  if (!settings.ok()) return settings.status();
  return AddOne(
      account_store::Get(transaction, name.id), name,
      [&](const Account& account, v1::Resource& resource) {
        ConvertAccount(account, *settings, vault, resource);
      },
      chunker);
}

absl::Status AddNamed(sql::Transaction& transaction, const Vault& vault, const ResourceName& name,
                      Chunker& chunker) {
  switch (name.kind) {
    case ResourceKind::kApiKey:
      return AddOne(api_key_store::Get(transaction, name.id), name, kConvert, chunker);
    case ResourceKind::kUser:
      return AddOne(user_store::Get(transaction, name.id), name, kConvert, chunker);
    case ResourceKind::kGroup:
      return AddOne(group_store::Get(transaction, name.id), name, kConvert, chunker);
    case ResourceKind::kPrice:
      return AddOne(price_store::Get(transaction, name.id), name, kConvert, chunker);
    case ResourceKind::kRoute:
      return AddOne(route_store::Get(transaction, name.id), name, kConvert, chunker);
    case ResourceKind::kSettings:
      return AddOne(
          settings_store::Get(transaction), name,
          [&](const Settings& item, v1::Resource& resource) { ToProto(item, vault, resource); },
          chunker);
    case ResourceKind::kAccount:
      return AddAccount(transaction, vault, name, chunker);
  }
  return absl::InternalError("unknown kind of resource in changes");
}

bool CanDiffer(const Revision& revision, std::int64_t have, std::string_view lineage) {
  return have > 0 && lineage == revision.lineage && have >= revision.covers_from &&
         have <= revision.number;
}

}  // namespace

absl::StatusOr<SnapshotUpdate> SnapshotBuilder::Build(std::int64_t have_revision,
                                                      std::string_view lineage) {
  SnapshotUpdate update;
  absl::Status status = store_.Read([&](sql::Transaction& transaction) -> absl::Status {
    update = {};
    auto revision = ReadRevision(transaction);
    if (!revision.ok()) return revision.status();
    if (CanDiffer(*revision, have_revision, lineage)) {
      auto changed = ChangedSince(transaction, have_revision);
      if (!changed.ok()) return changed.status();
      if (changed->size() <= kDifferenceMax) {
        update.base_revision = have_revision;
        update.revision = revision->number;
        if (have_revision == revision->number) return absl::OkStatus();
        Chunker chunker(have_revision, *revision, update);
        for (const ResourceName& name : *changed) {
          absl::Status added = AddNamed(transaction, vault_, name, chunker);
          if (!added.ok()) return added;
        }
        chunker.Finish();
        return absl::OkStatus();
      }
    }
    Chunker chunker(0, *revision, update);
    absl::Status added = AddEverything(transaction, vault_, chunker);
    if (added.ok()) chunker.Finish();
    return added;
  });
  if (!status.ok()) return status;
  return update;
}

}  // namespace weir::admin

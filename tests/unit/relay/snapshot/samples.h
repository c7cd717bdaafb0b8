// Small valid resources and revisions to start tests from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/common/api_key_hash.h"
#include "libs/common/text.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay::testing {

using Chunks = std::vector<v1::SnapshotChunk>;

inline std::string HashOfKey(std::int64_t id) { return ApiKeyHash(StrCat("ck_", id)); }

inline v1::Resource KeyOf(std::int64_t id, std::int64_t user, std::int64_t group) {
  v1::Resource resource;
  v1::ApiKey& key = *resource.mutable_api_key();
  key.set_id(id);
  key.set_sha256(HashOfKey(id));
  key.set_name(StrCat("key ", id));
  key.set_user_id(user);
  key.set_group_id(group);
  key.set_availability(v1::AVAILABILITY_ACTIVE);
  return resource;
}

inline v1::Resource UserOf(std::int64_t id) {
  v1::Resource resource;
  resource.mutable_user()->set_id(id);
  resource.mutable_user()->set_username(StrCat("user ", id));
  resource.mutable_user()->set_availability(v1::AVAILABILITY_ACTIVE);
  return resource;
}

inline v1::Resource GroupOf(std::int64_t id) {
  v1::Resource resource;
  resource.mutable_group()->set_id(id);
  resource.mutable_group()->set_name(StrCat("group ", id));
  resource.mutable_group()->set_availability(v1::AVAILABILITY_ACTIVE);
  resource.mutable_group()->set_price_multiplier_ppm(1'000'000);
  return resource;
}

inline v1::Resource AccountOf(std::int64_t id, const std::vector<std::int64_t>& groups,
                              std::uint32_t priority = 10) {
  v1::Resource resource;
  v1::Account& account = *resource.mutable_account();
  account.set_id(id);
  account.set_name(StrCat("account ", id));
  account.set_platform(v1::PLATFORM_CLAUDE);
  account.set_provider("anthropic");
  account.set_request_url("https://api.anthropic.com");
  account.set_credential_type(v1::CREDENTIAL_TYPE_API_KEY);
  account.set_credential("sk-very-secret");
  for (const std::int64_t group : groups) account.add_group_ids(group);
  account.set_priority(priority);
  account.set_weight(1);
  account.set_status(v1::ACCOUNT_STATUS_NORMAL);
  return resource;
}

inline v1::Resource PriceOf(std::int64_t id, std::string_view provider, std::string_view model) {
  v1::Resource resource;
  v1::Price& price = *resource.mutable_price();
  price.set_id(id);
  price.set_provider(std::string(provider));
  price.set_model(std::string(model));
  price.set_input_pico_usd(3'000'000);
  price.set_output_pico_usd(15'000'000);
  price.set_cache_read_pico_usd(-1);
  price.set_cache_write_5m_pico_usd(3'750'000);
  price.set_cache_write_1h_pico_usd(-1);
  return resource;
}

inline v1::Resource RouteOf(std::int64_t id, std::string_view model) {
  v1::Resource resource;
  resource.mutable_route()->set_id(id);
  resource.mutable_route()->set_model(std::string(model));
  resource.mutable_route()->set_enabled(true);
  return resource;
}

inline v1::ResourceRef RefTo(v1::ResourceKind kind, std::int64_t id) {
  v1::ResourceRef ref;
  ref.set_kind(kind);
  ref.set_id(id);
  return ref;
}

inline v1::SnapshotChunk ChunkOf(std::uint64_t base, std::uint64_t revision,
                                 const std::vector<v1::Resource>& upserts,
                                 const std::vector<v1::ResourceRef>& removals = {}) {
  v1::SnapshotChunk chunk;
  chunk.set_base_revision(base);
  chunk.set_revision(revision);
  chunk.set_last(true);
  chunk.set_lineage("lineage-a");
  for (const v1::Resource& resource : upserts) *chunk.add_upserts() = resource;
  for (const v1::ResourceRef& ref : removals) *chunk.add_removals() = ref;
  return chunk;
}

// A user, a group, two keys, two accounts and a price.
inline std::vector<v1::Resource> SmallWorld() {
  return {UserOf(1),
          GroupOf(1),
          KeyOf(1, 1, 1),
          KeyOf(2, 1, 1),
          AccountOf(1, {1}, 20),
          AccountOf(2, {1}, 10),
          PriceOf(1, "anthropic", "claude-sonnet-4")};
}

inline Chunks SmallRevision(std::uint64_t revision = 1) {
  return {ChunkOf(0, revision, SmallWorld())};
}

}  // namespace weir::relay::testing

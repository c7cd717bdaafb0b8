#include "services/relay/snapshot/chunk_merger.h"

#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

constexpr int kResourcesPerChunk = 1'000;

std::pair<int, std::int64_t> NameOf(const v1::Resource& resource) {
  switch (resource.kind_case()) {
    case v1::Resource::kApiKey:
      return {v1::RESOURCE_KIND_API_KEY, resource.api_key().id()};
    case v1::Resource::kUser:
      return {v1::RESOURCE_KIND_USER, resource.user().id()};
    case v1::Resource::kGroup:
      return {v1::RESOURCE_KIND_GROUP, resource.group().id()};
    case v1::Resource::kAccount:
      return {v1::RESOURCE_KIND_ACCOUNT, resource.account().id()};
    case v1::Resource::kPrice:
      return {v1::RESOURCE_KIND_PRICE, resource.price().id()};
    case v1::Resource::kSettings:
      return {v1::RESOURCE_KIND_SETTINGS, 0};
    case v1::Resource::kRoute:
      return {v1::RESOURCE_KIND_ROUTE, resource.route().id()};
    case v1::Resource::KIND_NOT_SET:
      break;
  }
  return {v1::RESOURCE_KIND_UNSPECIFIED, 0};
}

}  // namespace

ChunkMerger::ChunkMerger() = default;
ChunkMerger::~ChunkMerger() = default;

void ChunkMerger::Add(const v1::SnapshotChunk& chunk) {
  if (chunk.base_revision() == 0 && chunk.revision() != revision_) resources_.clear();
  for (const v1::ResourceRef& ref : chunk.removals()) {
    resources_.erase({ref.kind(), ref.kind() == v1::RESOURCE_KIND_SETTINGS ? 0 : ref.id()});
  }
  for (const v1::Resource& resource : chunk.upserts()) {
    resources_[NameOf(resource)] = resource.SerializeAsString();
  }
  revision_ = chunk.revision();
  lineage_ = chunk.lineage();
}

std::vector<v1::SnapshotChunk> ChunkMerger::Finish() {
  std::vector<v1::SnapshotChunk> chunks;
  const auto start = [&] {
    chunks.emplace_back().set_revision(revision_);
    chunks.back().set_lineage(lineage_);
  };
  start();
  for (const auto& [name, bytes] : resources_) {
    if (chunks.back().upserts_size() == kResourcesPerChunk) start();
    chunks.back().add_upserts()->ParseFromString(bytes);
  }
  resources_.clear();
  chunks.back().set_last(true);
  return chunks;
}

}  // namespace weir::relay

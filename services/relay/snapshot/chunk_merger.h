// One full revision out of a full one and the differences after it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace weir::v1 {
class SnapshotChunk;
}

namespace weir::relay {

class ChunkMerger {
 public:
  ChunkMerger();
  ~ChunkMerger();
  // In the order of the revisions.
  void Add(const v1::SnapshotChunk& chunk);
  std::vector<v1::SnapshotChunk> Finish();

 private:
  std::map<std::pair<int, std::int64_t>, std::string> resources_;  // (kind, id) -> serialized
  std::uint64_t revision_ = 0;
  std::string lineage_;
};

}  // namespace weir::relay

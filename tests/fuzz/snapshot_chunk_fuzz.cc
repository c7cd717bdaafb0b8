// What admin pushes, as bytes: taken whole or refused whole, and looked up without harm.
#include <memory>
#include <vector>

#include <google/protobuf/stubs/logging.h>

#include "services/relay/snapshot/account_health_registry.h"
#include "services/relay/snapshot/chunk_merger.h"
#include "services/relay/snapshot/snapshot_builder.h"
#include "tests/fuzz/fuzz.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

constexpr std::size_t kBytesMax = 4'096;

using Chunks = std::vector<v1::SnapshotChunk>;

// The chunk as a revision of its own: the frame is not what is looked for here.
v1::SnapshotChunk Framed(v1::SnapshotChunk chunk, std::uint64_t revision, std::uint64_t base) {
  chunk.set_revision(revision);
  chunk.set_base_revision(base);
  chunk.set_lineage("fuzz");
  chunk.set_last(true);
  return chunk;
}

}  // namespace
}  // namespace weir::relay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::relay;  // NOLINT(google-build-using-namespace)
  if (size > kBytesMax) return weir::fuzz::kRefused;
  google::protobuf::SetLogHandler(nullptr);  // it would tell of each text that is no UTF-8
  weir::v1::SnapshotChunk chunk;
  if (!chunk.ParseFromArray(bytes, static_cast<int>(size))) return weir::fuzz::kTaken;
  AccountHealthRegistry health;
  const auto full = ApplyChunks(nullptr, Chunks{Framed(chunk, 1, 0)}, health);
  if (!full.ok()) return weir::fuzz::kTaken;
  // The same resources again as a difference change nothing that counts, and merge to one revision.
  const auto again = ApplyChunks(full->get(), Chunks{Framed(chunk, 2, 1)}, health);
  FUZZ_CHECK(again.ok() && (*again)->revision() == 2);
  ChunkMerger merger;
  merger.Add(Framed(chunk, 1, 0));
  merger.Add(Framed(chunk, 2, 1));
  const Chunks merged = merger.Finish();
  const auto rebuilt = ApplyChunks(nullptr, merged, health);
  FUZZ_CHECK(rebuilt.ok() && (*rebuilt)->revision() == 2);
  return weir::fuzz::kTaken;
}

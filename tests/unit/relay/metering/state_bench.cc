// What the relay's own state costs: spool, events, and a snapshot of a million keys.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "libs/common/api_key_hash.h"
#include "libs/common/text.h"
#include "services/relay/metering/usage_event.h"
#include "services/relay/metering/usage_spool.h"
#include "services/relay/snapshot/snapshot_builder.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kKeys = 1'000'000;

UsageRecord UsualRecord() {
  UsageRecord record;
  record.id = std::string(16, 'i');
  record.started_at_unix_ms = 1'763'700'000'123;
  record.user_id = record.key_id = record.group_id = record.account_id = 12'345;
  record.key_name = "claude code of a developer";
  record.account_name = "anthropic main";
  record.operation = "messages";
  record.model = record.served_model = "claude-sonnet-4-5-20250929";
  record.status = 200;
  record.tokens = {1'234, 45'678, 2'345, 0, 987, 0};
  record.prices = {3'000'000, 15'000'000, 300'000, 3'750'000, 6'000'000};
  record.cost_nano_usd = 45'678'901;
  record.attempts = {{12'345, 200, "", 1'763'700'000'125, 4'321, "claude-sonnet-4-5"}};
  record.client_ip = "203.0.113.77";
  record.user_agent = "claude-cli/2.0.1 (external, cli)";
  record.upstream_request_id = "req_011CTxxxxxxxxxxxxxxxxxxx";
  return record;
}

void BM_EncodeUsageEvent(benchmark::State& state) {
  const UsageRecord record = UsualRecord();
  std::string bytes;
  for (auto _ : state) EncodeUsageEvent(record, "relay-1", bytes);
  state.counters["bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(BM_EncodeUsageEvent);

// Files are taken away as fast as they fill; that is done outside of the time that counts.
void BM_SpoolAppend(benchmark::State& state) {
  std::string folder = "/tmp/weir-bench-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return state.SkipWithError("no folder");
  {
    SpoolOptions options;
    options.folder = folder;
    auto spool = UsageSpool::Open(options);
    auto writer = (*spool)->NewWriter();
    std::string bytes;
    EncodeUsageEvent(UsualRecord(), "relay-1", bytes);
    std::int64_t count = 0;
    for (auto _ : state) {
      if (!(*writer)->Append(bytes)) state.SkipWithError("full");
      if (++count % 100'000 == 0) {
        state.PauseTiming();
        (*spool)->MarkAcked((*spool)->Read(1'000'000, 1 << 30, [](std::string_view) {}));
        state.ResumeTiming();
      }
    }
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(BM_SpoolAppend);

std::int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t size = 0;
  std::int64_t resident = 0;
  statm >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

v1::Resource KeyOf(std::int64_t id) {
  v1::Resource resource;
  v1::ApiKey& key = *resource.mutable_api_key();
  key.set_id(id);
  key.set_sha256(ApiKeyHash(StrCat("ck_", id)));
  key.set_name(StrCat("key ", id));
  key.set_user_id(id % 1'000 + 1);
  key.set_group_id(1);
  key.set_availability(v1::AVAILABILITY_ACTIVE);
  return resource;
}

struct Million {
  AccountHealthRegistry health;
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<std::string> hashes;
  double bytes_per_key = 0;
  double apply_seconds = 0;
};

std::vector<v1::SnapshotChunk> MillionChunks() {
  std::vector<v1::SnapshotChunk> chunks(1);
  v1::Resource& group = *chunks[0].add_upserts();
  group.mutable_group()->set_id(1);
  group.mutable_group()->set_availability(v1::AVAILABILITY_ACTIVE);
  for (std::int64_t id = 1; id <= 1'000; ++id) {
    v1::User& user = *chunks[0].add_upserts()->mutable_user();
    user.set_id(id);
    user.set_availability(v1::AVAILABILITY_ACTIVE);
  }
  for (std::int64_t id = 1; id <= kKeys; ++id) {
    if (id % 1'000 == 0) chunks.emplace_back();
    *chunks.back().add_upserts() = KeyOf(id);
  }
  for (v1::SnapshotChunk& chunk : chunks) chunk.set_revision(1);
  chunks.back().set_last(true);
  return chunks;
}

// A separate process would tell memory best; what the chunks took is in use before and after.
Million& TheMillion() {
  static Million* million = [] {
    auto* made = new Million;
    const std::vector<v1::SnapshotChunk> chunks = MillionChunks();
    const std::int64_t before = ResidentBytes();
    const auto begin = std::chrono::steady_clock::now();
    made->snapshot = *ApplyChunks(nullptr, chunks, made->health);
    made->apply_seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    made->bytes_per_key = static_cast<double>(ResidentBytes() - before) / kKeys;
    for (std::int64_t id = 1; id <= 65'536; ++id) {
      made->hashes.push_back(ApiKeyHash(StrCat("ck_", id * 15 % kKeys + 1)));
    }
    return made;
  }();
  return *million;
}

void BM_FindKey(benchmark::State& state) {
  const Million& million = TheMillion();
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(million.snapshot->FindKey(million.hashes[i++ & 65'535])->id);
  }
  state.counters["bytes_per_key"] = million.bytes_per_key;
  state.counters["apply_all_s"] = million.apply_seconds;
}
BENCHMARK(BM_FindKey);

void BM_ApplyOneKey(benchmark::State& state) {
  Million& million = TheMillion();
  std::shared_ptr<const Snapshot> snapshot = million.snapshot;
  std::vector<v1::SnapshotChunk> change(1);
  change[0].set_last(true);
  *change[0].add_upserts() = KeyOf(1);
  std::int64_t id = 0;
  for (auto _ : state) {
    change[0].set_base_revision(snapshot->revision());
    change[0].set_revision(snapshot->revision() + 1);
    id = (id + 7'919) % kKeys;
    *change[0].mutable_upserts(0) = KeyOf(id + 1);
    snapshot = *ApplyChunks(snapshot.get(), change, million.health);
  }
}
BENCHMARK(BM_ApplyOneKey);

}  // namespace
}  // namespace weir::relay

BENCHMARK_MAIN();

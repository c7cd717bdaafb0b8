// weir-watch-load: many relays' streams from weir-admin. The first takes the whole snapshot, the
// others say that they hold it too, so that a million keys cross the wire once. Then it writes a
// line of JSON for each revision that all of them have.
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "libs/common/clock.h"
#include "libs/common/grpc_security.h"
#include "libs/common/secret.h"
#include "libs/common/settings.h"
#include "libs/common/text.h"
#include "tests/bench/load_program.h"
#include "weir/v1/snapshot.grpc.pb.h"

namespace weir::bench {
namespace {

Settings MakeSettings() {
  return Settings("weir-watch-load", "WEIR_WATCH_LOAD", "Watches an admin as many relays do.",
                  {{"targets", SettingKind::kText, "127.0.0.1:9081",
                    "host:port of each weir-admin, separated by commas; streams take turns"},
                   {"internal_token_file", SettingKind::kText, "", "file with the services' token"},
                   {"relays", SettingKind::kInteger, "200", "streams", 1, 1'000}});
}

struct Held {
  std::uint64_t revision = 0;
  std::string lineage = {};
};

// Tells when the last stream has a revision. Thread-safe.
class Arrivals {
 public:
  explicit Arrivals(std::size_t streams) : streams_(streams) {}

  void Note(std::uint64_t revision) {
    const std::lock_guard lock(mutex_);
    if (++counts_[revision] < streams_) return;
    std::printf("{\"revision\": %llu, \"last_unix_ms\": %lld}\n",
                static_cast<unsigned long long>(revision), static_cast<long long>(UnixMs()));
    std::fflush(stdout);
    counts_.erase(counts_.begin(), counts_.upper_bound(revision));
  }

 private:
  const std::size_t streams_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::size_t> counts_;  // of streams, by revision; guarded by mutex_
};

// Relays share none.
std::shared_ptr<grpc::Channel> OwnConnection(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

// One relay, as far as admin sees. For one thread.
class Stream {
 public:
  Stream(const std::string& target, const GrpcSecurity& security)
      : stub_(v1::SnapshotService::NewStub(OwnConnection(target))) {
    AddToken(context_, security);
    stream_ = stub_->Watch(&context_);
  }

  void Hello(int number, const Held& held) {
    v1::WatchRequest request;
    request.mutable_hello()->set_relay_id(StrCat("bench-", number));
    request.mutable_hello()->set_version("bench");
    request.mutable_hello()->set_have_revision(held.revision);
    request.mutable_hello()->set_lineage(held.lineage);
    stream_->Write(request);
  }

  // Reads one revision whole and answers it; false when the stream has ended.
  bool Next(Held& held) {
    v1::WatchResponse response;
    while (stream_->Read(&response)) {
      if (!response.has_chunk() || !response.chunk().last()) continue;
      held = {response.chunk().revision(), response.chunk().lineage()};
      v1::WatchRequest request;
      request.mutable_ack()->set_revision(held.revision);
      return stream_->Write(request);
    }
    return false;
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::SnapshotService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::WatchRequest, v1::WatchResponse>> stream_;
};

absl::Status Run(const Settings& settings) {
  absl::StatusOr<Secret> token = ReadSecretFile(settings.Text("internal_token_file"));
  if (!token.ok()) return token.status();
  GrpcSecurity security;
  security.token = *std::move(token);
  const std::vector<std::string_view> targets = Split(settings.Text("targets"), ',');
  const auto relays = static_cast<std::size_t>(settings.Integer("relays"));
  Arrivals arrivals(relays);
  Held held;
  std::vector<std::unique_ptr<Stream>> streams;
  for (std::size_t i = 0; i < relays; ++i) {
    streams.push_back(std::make_unique<Stream>(std::string(targets[i % targets.size()]), security));
    streams.back()->Hello(static_cast<int>(i), held);
    if (i == 0 && !streams.back()->Next(held)) return absl::UnavailableError("no snapshot came");
  }
  std::puts("{\"ready\": true}");
  std::fflush(stdout);
  std::vector<std::thread> threads;
  threads.reserve(relays);
  for (const auto& stream : streams) {
    threads.emplace_back([&arrivals, one = stream.get()] {
      for (Held now; one->Next(now);) arrivals.Note(now.revision);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  return RunProgram("weir-watch-load", MakeSettings(), Run, argc, argv);
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) { return weir::bench::Main(argc, argv); }

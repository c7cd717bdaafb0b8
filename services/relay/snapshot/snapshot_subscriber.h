// Keeps the snapshot in force up to date: admin's Watch stream, from the relay's side.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "libs/common/grpc_security.h"
#include "services/relay/snapshot/account_figures_teller.h"

namespace weir {
class Metrics;
}
namespace weir::v1 {
class AccountTestEvent;
class ExplainRequest;
class Explanation;
class RelayFigures;
class WatchResponse;
}  // namespace weir::v1

namespace weir::relay {

class AccountHealthRegistry;
class SnapshotFile;
class SnapshotHolder;

enum class AccountSignal {
  kRateLimited,
  kOverloaded,
  kCredentialRejected,
  kRecovered,
  kQuotaExhausted,
  kModelRefused,
};

// Something this relay learned about an account; admin stores it and pushes it to all.
struct AccountObservation {
  std::int64_t account_id = 0;
  AccountSignal signal = AccountSignal::kRateLimited;
  std::int64_t observed_at_unix_ms = 0;
  std::int64_t cooldown_until_unix_ms = 0;  // 0 = none
  int http_status = 0;                      // 0 = no answer
  std::string reason;                       // in words, without secrets; cut to 512 bytes
  std::string request_id;
  std::string model;  // upstream model it is about; empty = the whole account
};

struct SubscriberOptions {
  std::string admin_target;  // host:port
  GrpcSecurity security;
  std::string relay_id;
  std::string version;
  std::int64_t reconnect_initial_ms = 100;
  std::int64_t reconnect_max_ms = 5'000;
  std::size_t observations_max = 1'024;
};

// Owns one thread from Start() to Stop(). `holder`, `health`, `metrics` and `file` (which may be
// nullptr: nothing on disk) must outlive it.
class SnapshotSubscriber {
 public:
  SnapshotSubscriber(SubscriberOptions options, SnapshotHolder& holder,
                     AccountHealthRegistry& health, SnapshotFile* file, Metrics& metrics);
  ~SnapshotSubscriber();  // stops

  // Takes admin's questions which accounts would serve a request; runs on the thread of the stream,
  // which must not wait. Before Start().
  using Explainer = std::function<void(const v1::ExplainRequest&)>;
  void SetExplainer(Explainer explainer);
  // An answer, with its question's id. Any thread.
  void Answer(const v1::Explanation& answer);

  // The same for tests of accounts: takes those messages that ask for one, or end it. A stream that
  // ends takes its tests with it: `ended` is told.
  struct Tester {
    std::function<void(const v1::WatchResponse&)> take;
    std::function<void()> ended;
  };
  void SetTester(Tester tester);
  void Answer(const v1::AccountTestEvent& event);

  // Asked once a second on the subscriber's thread, told to admin now and then; nothing = there are
  // none yet. Before Start().
  void SetFigures(std::function<std::optional<v1::RelayFigures>()> figures);

  // What is counted against an account's limits (snapshot/minute_use.h); asked on the subscriber's
  // thread, told to admin with what else there is of accounts. Before Start().
  void SetMinuteUse(AccountFiguresTeller::MinuteUseOf minute_use);

  // Puts the copy on disk in force, if there is a good one; true when it did. Before Start().
  bool LoadFromFile();

  void Start();
  // Ends the stream and the thread, in milliseconds; observations not yet sent are lost.
  void Stop();

  // Thread-safe, does not block. False when the queue is full: the observation is dropped and
  // counted. While admin is away they wait in the queue.
  bool Report(AccountObservation observation);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::relay

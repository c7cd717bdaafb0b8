// Tests of accounts that admin asks for: takes them from the thread of its stream to a loop, and
// ends them when nobody waits for them any more.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>

#include "services/relay/account_test.h"
#include "services/relay/snapshot/snapshot_holder.h"

namespace weir::v1 {
class AccountTestRequest;
class WatchResponse;
}  // namespace weir::v1

namespace weir::relay {

struct RelayEnvironment;

// Thread-safe.
class AccountTestDesk {
 public:
  // As many as admin has under way at once; more are refused.
  static constexpr std::size_t kTestsMax = 16;

  // Runs work on one of the loops.
  using OnLoop = std::function<void(std::function<void(RelayEnvironment&)>)>;

  // `tell` sends an event to admin, from any thread; it must not call the desk. `snapshots` must
  // outlive the desk.
  AccountTestDesk(const SnapshotHolder& snapshots, TellAccountTest tell);
  ~AccountTestDesk();  // stops

  // Tests are refused before.
  void Start(OnLoop on_loop);
  // Ends all and waits for them, for a second at most; the loops must still run.
  void Stop();

  // A message that asks for a test, or ends one.
  void Take(const v1::WatchResponse& message);
  void EndAll();

 private:
  struct Running;

  void Begin(const v1::AccountTestRequest& request);
  void End(std::uint64_t id);
  void Refuse(std::uint64_t id, std::string_view reason, std::string_view message) const;
  static void HangUp(Running& test);
  void Done(const std::shared_ptr<Running>& test);

  const SnapshotHolder& snapshots_;
  const TellAccountTest tell_;
  std::mutex mutex_;
  std::condition_variable ended_;
  OnLoop on_loop_;                                           // these by mutex_
  std::map<std::uint64_t, std::shared_ptr<Running>> tests_;  // by id
  std::size_t running_ = 0;                                  // also those that were told to end
};

}  // namespace weir::relay

#include "services/relay/account_test_desk.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "libs/common/utf8.h"
#include "services/relay/account_test_record.h"
#include "services/relay/metering/usage_event.h"
#include "services/relay/metering/usage_spool.h"
#include "services/relay/net/stream.h"
#include "services/relay/relay_environment.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

constexpr auto kStopWait = std::chrono::seconds(1);

void Keep(RelayEnvironment& environment, const UsageRecord& record) {
  std::string bytes;
  EncodeUsageEvent(record, environment.relay_id, bytes);
  if (environment.spool_writer.Append(bytes)) return;
  LoopCounters::Add(environment.counters.events_unrecorded);
  LogError("usage event of a test could not be written: the spool is full",
           {{"account_id", record.account_id}, {"cost_nano_usd", record.cost_nano_usd}});
}

// On the loop. The other end of the pair is the desk's: when it closes, the test is over.
DetachedTask Serve(RelayEnvironment& environment, std::shared_ptr<const Snapshot> snapshot,
                   std::shared_ptr<AccountTestPlan> plan, int stop_fd, TellAccountTest tell,
                   std::function<void()> done) {
  EventLoop& loop = environment.upstream.loop;
  const std::int64_t began_ms = loop.now_ms();
  const std::int64_t began_unix_ms = loop.now_unix_ms();
  AccountTestUse use;
  {
    Stream stop(loop, stop_fd);
    if (stop.usable()) {
      co_await RunAccountTest(environment.upstream, *plan, stop.watch(), tell, use);
    }
  }
  if (use.sent) {
    Keep(environment, RecordOf(*plan, use, *snapshot, began_unix_ms, loop.now_ms() - began_ms));
  }
  done();
}

}  // namespace

// By the desk's mutex, once others know it.
struct AccountTestDesk::Running {
  std::uint64_t id = 0;
  int fd = -1;           // hangs up on the test when it is closed
  bool is_over = false;  // nothing is told any more
};

AccountTestDesk::AccountTestDesk(const SnapshotHolder& snapshots, TellAccountTest tell)
    : snapshots_(snapshots), tell_(std::move(tell)) {}

AccountTestDesk::~AccountTestDesk() { Stop(); }

void AccountTestDesk::Start(OnLoop on_loop) {
  const std::lock_guard<std::mutex> lock(mutex_);
  on_loop_ = std::move(on_loop);
}

void AccountTestDesk::Stop() {
  EndAll();
  std::unique_lock<std::mutex> lock(mutex_);
  on_loop_ = nullptr;
  ended_.wait_for(lock, kStopWait, [this] { return running_ == 0; });
}

void AccountTestDesk::Take(const v1::WatchResponse& message) {
  if (message.has_account_test()) Begin(message.account_test());
  if (message.has_account_test_cancel()) End(message.account_test_cancel().id());
}

void AccountTestDesk::Refuse(std::uint64_t id, std::string_view reason,
                             std::string_view message) const {
  v1::AccountTestEvent event;
  event.set_id(id);
  event.mutable_result()->set_reason(std::string(reason));
  event.mutable_result()->set_message(ValidUtf8(message));
  tell_(event);
}

void AccountTestDesk::Begin(const v1::AccountTestRequest& request) {
  const std::shared_ptr<const Snapshot> snapshot = snapshots_.Get();
  if (snapshot == nullptr) return Refuse(request.id(), reason::kNotReady, "the relay is starting");
  absl::StatusOr<AccountTestPlan> plan = PlanAccountTest(request, snapshot->settings().timeouts);
  if (!plan.ok()) {
    return Refuse(request.id(), reason::kBadParameter, View(plan.status().message()));
  }
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    return Refuse(request.id(), reason::kInternal, "the relay has no descriptors left");
  }
  auto test = std::make_shared<Running>();
  test->id = request.id();
  test->fd = pair[0];
  OnLoop on_loop;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (running_ < kTestsMax && !tests_.contains(test->id)) on_loop = on_loop_;
    if (on_loop != nullptr) {
      tests_[test->id] = test;
      ++running_;
    }
  }
  if (on_loop == nullptr) {
    ::close(pair[1]);
    HangUp(*test);
    return Refuse(request.id(), reason::kNotReady, "the relay is busy or ending; try again");
  }
  const TellAccountTest tell = [this, test](v1::AccountTestEvent& event) {
    event.set_id(test->id);
    const std::lock_guard<std::mutex> lock(mutex_);
    // Not behind the end of its stream: tests of the next one may have the same numbers.
    if (!test->is_over) tell_(event);
  };
  on_loop(
      [this, test, tell, snapshot, stop_fd = pair[1],
       held = std::make_shared<AccountTestPlan>(*std::move(plan))](RelayEnvironment& environment) {
        Serve(environment, snapshot, held, stop_fd, tell, [this, test] { Done(test); });
      });
}

void AccountTestDesk::HangUp(Running& test) {
  test.is_over = true;
  const int fd = std::exchange(test.fd, -1);
  if (fd >= 0) ::close(fd);
}

void AccountTestDesk::End(std::uint64_t id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = tests_.find(id);
  if (found == tests_.end()) return;
  HangUp(*found->second);
  tests_.erase(found);
}

void AccountTestDesk::EndAll() {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [id, test] : tests_) HangUp(*test);
  tests_.clear();
}

void AccountTestDesk::Done(const std::shared_ptr<Running>& test) {
  const std::lock_guard<std::mutex> lock(mutex_);
  HangUp(*test);
  const auto found = tests_.find(test->id);
  if (found != tests_.end() && found->second == test) tests_.erase(found);
  --running_;
  ended_.notify_all();
}

}  // namespace weir::relay

// Tests of accounts that admin asks relays for over their streams, and what comes back of them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "weir/v1/snapshot.pb.h"

namespace weir::admin {

// Thread-safe. A test belongs to one stream and is over when that ends.
class AccountTestBroker {
 public:
  // Under way at once, over all relays: each holds one of the server's threads.
  static constexpr std::size_t kTestsMax = 8;
  // Of one test, not yet read; texts beyond it are joined, other parts left out.
  static constexpr std::size_t kEventsMax = 256;
  // Of one test; more is more than relays read, and left out.
  static constexpr std::size_t kTextBytesMax = std::size_t{128} * 1024;

  // `wake` makes the streams look whether there is something to send.
  void SetWake(std::function<void()> wake);

  // A stream begins and ends; the number names it.
  void Join(std::uint64_t stream, std::string_view relay_id);
  void Leave(std::uint64_t stream);
  // The next message for this stream.
  std::optional<v1::WatchResponse> Take(std::uint64_t stream);
  // What a relay says of a test; of one that is none of this stream's, nothing becomes.
  void Tell(std::uint64_t stream, const v1::AccountTestEvent& event);

  // One test, to be read by one thread. When it is destroyed before its result has come, the relay
  // is told to stop.
  class Test {
   public:
    Test(AccountTestBroker& broker, std::uint64_t id, std::string relay_id)
        : broker_(broker), id_(id), relay_id_(std::move(relay_id)) {}
    ~Test() { broker_.Forget(id_); }
    Test(const Test&) = delete;
    Test& operator=(const Test&) = delete;

    const std::string& relay_id() const { return relay_id_; }
    // The next event; nothing when none came within `wait_ms`. Unavailable: the relay is gone.
    absl::StatusOr<std::optional<v1::AccountTestEvent>> Next(std::int64_t wait_ms) {
      return broker_.Next(id_, wait_ms);
    }

   private:
    AccountTestBroker& broker_;
    const std::uint64_t id_;
    const std::string relay_id_;
  };

  // On `relay_id`, or on any that is connected when it is empty. NotFound: no such relay is;
  // Unavailable: none is, or too many tests are under way. The broker must outlive the test.
  absl::StatusOr<std::unique_ptr<Test>> Begin(std::string_view relay_id,
                                              v1::AccountTestRequest request);

 private:
  struct Stream {
    std::string relay_id;
    std::deque<v1::WatchResponse> messages;
  };
  struct Pending {
    std::uint64_t stream = 0;
    bool is_over = false;  // its result has come
    std::size_t text_bytes = 0;
    std::deque<v1::AccountTestEvent> events = {};
  };

  absl::StatusOr<std::uint64_t> StreamOf(std::string_view relay_id) const;
  absl::StatusOr<std::optional<v1::AccountTestEvent>> Next(std::uint64_t id, std::int64_t wait_ms);
  void Forget(std::uint64_t id);
  void Wake();

  std::mutex mutex_;
  std::condition_variable told_;
  std::function<void()> wake_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Stream> streams_;
  std::map<std::uint64_t, Pending> tests_;  // by id
};

}  // namespace weir::admin

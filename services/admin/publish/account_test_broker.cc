#include "services/admin/publish/account_test_broker.h"

#include <chrono>
#include <utility>

#include "libs/common/reason.h"
#include "services/admin/model/problem.h"

namespace weir::admin {
namespace {

absl::Status Away(std::string_view message) {
  return Problem(absl::StatusCode::kUnavailable, reason::kServiceAway, message);
}

}  // namespace

void AccountTestBroker::SetWake(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void AccountTestBroker::Join(std::uint64_t stream, std::string_view relay_id) {
  const std::lock_guard lock(mutex_);
  streams_[stream].relay_id = relay_id;
}

void AccountTestBroker::Leave(std::uint64_t stream) {
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
  told_.notify_all();  // who waits for it waits in vain
}

std::optional<v1::WatchResponse> AccountTestBroker::Take(std::uint64_t stream) {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(stream);
  if (found == streams_.end() || found->second.messages.empty()) return std::nullopt;
  v1::WatchResponse message = std::move(found->second.messages.front());
  found->second.messages.pop_front();
  return message;
}

void AccountTestBroker::Tell(std::uint64_t stream, const v1::AccountTestEvent& event) {
  const std::lock_guard lock(mutex_);
  const auto found = tests_.find(event.id());
  if (found == tests_.end() || found->second.stream != stream || found->second.is_over) return;
  Pending& test = found->second;
  test.is_over = event.has_result();
  if (event.has_text()) {
    test.text_bytes += event.text().size();
    if (test.text_bytes > kTextBytesMax) return;
  }
  const bool full = test.events.size() >= kEventsMax;
  if (full && event.has_text() && test.events.back().has_text()) {
    test.events.back().mutable_text()->append(event.text());
  } else if (!full || event.has_result()) {
    test.events.push_back(event);
  }
  told_.notify_all();
}

// The newest stream of that relay: an old one may not be seen to be dead yet.
absl::StatusOr<std::uint64_t> AccountTestBroker::StreamOf(std::string_view relay_id) const {
  if (streams_.empty()) return Away("no relay is connected; tests go through one");
  for (auto entry = streams_.rbegin(); entry != streams_.rend(); ++entry) {
    if (relay_id.empty() || entry->second.relay_id == relay_id) return entry->first;
  }
  return NotFound("connected relay");
}

absl::StatusOr<std::unique_ptr<AccountTestBroker::Test>> AccountTestBroker::Begin(
    std::string_view relay_id, v1::AccountTestRequest request) {
  std::unique_lock lock(mutex_);
  const auto stream = StreamOf(relay_id);
  if (!stream.ok()) return stream.status();
  if (tests_.size() >= kTestsMax) return Away("too many tests are under way; try again");
  const std::uint64_t id = ++last_id_;
  request.set_id(id);
  Stream& to = streams_.at(*stream);
  *to.messages.emplace_back().mutable_account_test() = std::move(request);
  tests_[id].stream = *stream;
  auto test = std::make_unique<Test>(*this, id, to.relay_id);
  lock.unlock();
  Wake();
  return test;
}

absl::StatusOr<std::optional<v1::AccountTestEvent>> AccountTestBroker::Next(std::uint64_t id,
                                                                            std::int64_t wait_ms) {
  std::unique_lock lock(mutex_);
  Pending& test = tests_.at(id);
  told_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                 [&] { return !test.events.empty() || !streams_.contains(test.stream); });
  if (!test.events.empty()) {
    std::optional<v1::AccountTestEvent> event = std::move(test.events.front());
    test.events.pop_front();
    return event;
  }
  if (!streams_.contains(test.stream)) return Away("the relay has gone; try again");
  return std::optional<v1::AccountTestEvent>();
}

void AccountTestBroker::Forget(std::uint64_t id) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = tests_.find(id);
    const auto stream = streams_.find(found->second.stream);
    if (!found->second.is_over && stream != streams_.end()) {
      stream->second.messages.emplace_back().mutable_account_test_cancel()->set_id(id);
    }
    tests_.erase(found);
  }
  Wake();
}

void AccountTestBroker::Wake() {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    wake = wake_;
  }
  if (wake) wake();
}

}  // namespace weir::admin

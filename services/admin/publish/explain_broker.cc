#include "services/admin/publish/explain_broker.h"

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

void ExplainBroker::SetWake(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

std::uint64_t ExplainBroker::Join(std::string_view relay_id) {
  const std::lock_guard lock(mutex_);
  streams_[++last_stream_] = relay_id;
  return last_stream_;
}

void ExplainBroker::Leave(std::uint64_t stream) {
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
  answered_.notify_all();  // who waits for it waits in vain
}

std::optional<v1::ExplainRequest> ExplainBroker::Take(std::uint64_t stream) {
  const std::lock_guard lock(mutex_);
  for (auto& [id, question] : questions_) {
    if (question.stream != stream || question.sent) continue;
    question.sent = true;
    return question.request;
  }
  return std::nullopt;
}

void ExplainBroker::Answer(std::uint64_t stream, const v1::Explanation& answer) {
  const std::lock_guard lock(mutex_);
  const auto found = questions_.find(answer.id());
  if (found == questions_.end() || found->second.stream != stream) return;
  found->second.answer = answer;
  answered_.notify_all();
}

// The newest stream of that relay: an old one may not be seen to be dead yet.
absl::StatusOr<std::uint64_t> ExplainBroker::StreamOf(std::string_view relay_id) const {
  if (streams_.empty()) return Away("no relay is connected; try again");
  for (auto entry = streams_.rbegin(); entry != streams_.rend(); ++entry) {
    if (relay_id.empty() || entry->second == relay_id) return entry->first;
  }
  return NotFound("connected relay");
}

absl::StatusOr<ExplainBroker::Answered> ExplainBroker::Ask(std::string_view relay_id,
                                                           v1::ExplainRequest question,
                                                           std::int64_t timeout_ms) {
  std::unique_lock lock(mutex_);
  const auto stream = StreamOf(relay_id);
  if (!stream.ok()) return stream.status();
  if (questions_.size() >= kQuestionsMax) return Away("too many questions wait; try again");
  const std::string relay = streams_.at(*stream);
  const std::uint64_t id = ++last_question_;
  question.set_id(id);
  questions_[id] = {.stream = *stream, .sent = false, .request = std::move(question), .answer = {}};
  const std::function<void()> wake = wake_;
  lock.unlock();
  if (wake) wake();
  lock.lock();
  answered_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] {
    return questions_.at(id).answer.has_value() || !streams_.contains(*stream);
  });
  Question asked = std::move(questions_.at(id));
  questions_.erase(id);
  if (!asked.answer.has_value()) return Away("the relay did not answer; try again");
  return Answered{relay, *std::move(asked.answer)};
}

}  // namespace weir::admin

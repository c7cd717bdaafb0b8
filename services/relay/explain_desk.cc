#include "services/relay/explain_desk.h"

#include <utility>

#include "weir/v1/snapshot.pb.h"

namespace weir::relay {

ExplainDesk::ExplainDesk(Explainer explainer) : explainer_(std::move(explainer)) {}

ExplainDesk::~ExplainDesk() { Stop(); }

void ExplainDesk::Start() {
  thread_ = std::thread([this] { Run(); });
}

void ExplainDesk::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wakes_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ExplainDesk::Ask(const v1::ExplainRequest& question) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (questions_.size() >= kQuestionsMax) return;
    questions_.push_back(std::make_unique<v1::ExplainRequest>(question));
  }
  wakes_.notify_all();
}

void ExplainDesk::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wakes_.wait(lock, [this] { return stopping_ || !questions_.empty(); });
    if (stopping_) return;
    const std::unique_ptr<v1::ExplainRequest> question = std::move(questions_.front());
    questions_.pop_front();
    lock.unlock();
    explainer_(*question);
    lock.lock();
  }
}

}  // namespace weir::relay

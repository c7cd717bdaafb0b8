// Admin's questions which accounts would serve a request, answered one after the other on a thread
// of their own: an answer may wait for Redis and usage, and the configuration must not.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace weir::v1 {
class ExplainRequest;
}

namespace weir::relay {

// Thread-safe. Owns one thread from Start to Stop.
class ExplainDesk {
 public:
  // As many as admin has under way at once; more are dropped, and admin says that nobody answered.
  static constexpr std::size_t kQuestionsMax = 64;

  // Answers a question; on the desk's thread.
  using Explainer = std::function<void(const v1::ExplainRequest&)>;
  explicit ExplainDesk(Explainer explainer);
  ~ExplainDesk();  // stops

  // Does not wait; questions from before Start wait for it.
  void Ask(const v1::ExplainRequest& question);
  void Start();
  void Stop();

 private:
  void Run();

  const Explainer explainer_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  bool stopping_ = false;  // both by mutex_
  std::deque<std::unique_ptr<v1::ExplainRequest>> questions_;
  std::thread thread_;
};

}  // namespace weir::relay

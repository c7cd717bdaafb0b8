// Questions that admin asks relays over their streams, and the answers that come back.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "weir/v1/snapshot.pb.h"

namespace weir::admin {

// Thread-safe. A question belongs to one stream and is gone when that ends.
class ExplainBroker {
 public:
  // At most so many questions wait at once, over all relays.
  static constexpr std::size_t kQuestionsMax = 64;

  // `wake` makes the streams look whether there is a question for them.
  void SetWake(std::function<void()> wake);

  // A stream begins and ends; the number names it.
  std::uint64_t Join(std::string_view relay_id);
  void Leave(std::uint64_t stream);
  // The next question for this stream, to be sent.
  std::optional<v1::ExplainRequest> Take(std::uint64_t stream);
  // An answer to one that was sent; others are ignored.
  void Answer(std::uint64_t stream, const v1::Explanation& answer);

  struct Answered {
    std::string relay_id;
    v1::Explanation explanation;
  };
  // Asks `relay_id`, or any that is connected when it is empty, and waits. NotFound: no such relay
  // is connected; Unavailable: none is, or it did not answer in time.
  absl::StatusOr<Answered> Ask(std::string_view relay_id, v1::ExplainRequest question,
                               std::int64_t timeout_ms);

 private:
  struct Question {
    std::uint64_t stream = 0;
    bool sent = false;
    v1::ExplainRequest request;
    std::optional<v1::Explanation> answer;
  };

  absl::StatusOr<std::uint64_t> StreamOf(std::string_view relay_id) const;

  std::mutex mutex_;
  std::condition_variable answered_;
  std::function<void()> wake_;
  std::uint64_t last_stream_ = 0;
  std::uint64_t last_question_ = 0;
  std::map<std::uint64_t, std::string> streams_;  // number -> relay id
  std::map<std::uint64_t, Question> questions_;   // by id
};

}  // namespace weir::admin

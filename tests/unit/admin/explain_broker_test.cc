#include "services/admin/publish/explain_broker.h"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

v1::ExplainRequest About(const std::string& model) {
  v1::ExplainRequest request;
  request.set_model(model);
  return request;
}

// A relay that answers each question with its model's name as the reason.
class FakeRelay {
 public:
  FakeRelay(ExplainBroker& broker, const std::string& id)
      : broker_(broker), stream_(broker.Join(id)), thread_([this] { Run(); }) {}
  ~FakeRelay() {
    stop_ = true;
    thread_.join();
    broker_.Leave(stream_);
  }
  std::uint64_t stream() const { return stream_; }

 private:
  void Run() {
    while (!stop_) {
      if (const auto question = broker_.Take(stream_)) {
        v1::Explanation answer;
        answer.set_id(question->id());
        answer.set_reason(question->model());
        broker_.Answer(stream_, answer);
      }
      std::this_thread::yield();
    }
  }

  ExplainBroker& broker_;
  const std::uint64_t stream_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

TEST(ExplainBroker, AsksARelayAndWaits) {
  ExplainBroker broker;
  int woken = 0;
  broker.SetWake([&woken] { ++woken; });
  const FakeRelay relay(broker, "a");
  const auto answered = broker.Ask("", About("m"), 20'000);
  ASSERT_TRUE(answered.ok()) << answered.status();
  EXPECT_EQ(answered->relay_id, "a");
  EXPECT_EQ(answered->explanation.reason(), "m");
  EXPECT_EQ(woken, 1);
  EXPECT_FALSE(broker.Take(relay.stream()).has_value()) << "it is gone";
}

TEST(ExplainBroker, TheRelayMayBeChosen) {
  ExplainBroker broker;
  const FakeRelay a(broker, "a");
  const FakeRelay b(broker, "b");
  for (const std::string id : {"a", "b"}) {
    const auto answered = broker.Ask(id, About("m"), 20'000);
    ASSERT_TRUE(answered.ok());
    EXPECT_EQ(answered->relay_id, id);
  }
  EXPECT_TRUE(absl::IsNotFound(broker.Ask("c", About("m"), 20'000).status()));
}

TEST(ExplainBroker, WithoutARelayOrAnAnswerItSaysSo) {
  ExplainBroker broker;
  EXPECT_TRUE(absl::IsUnavailable(broker.Ask("", About("m"), 20'000).status()));
  const std::uint64_t silent = broker.Join("a");
  EXPECT_TRUE(absl::IsUnavailable(broker.Ask("", About("m"), 1).status()));
  EXPECT_FALSE(broker.Take(silent).has_value()) << "nobody waits for it any more";
  std::thread leaves([&broker, silent] { broker.Leave(silent); });
  // Long before its time is up, or at once when the stream is gone already.
  EXPECT_TRUE(absl::IsUnavailable(broker.Ask("", About("m"), 600'000).status()));
  leaves.join();
}

TEST(ExplainBroker, AnAnswerOfAnotherStreamCountsForNothing) {
  ExplainBroker broker;
  const std::uint64_t asked = broker.Join("a");
  const std::uint64_t other = broker.Join("b");
  std::thread answers([&] {
    std::optional<v1::ExplainRequest> question;
    while (!question.has_value()) question = broker.Take(asked);
    v1::Explanation answer;
    answer.set_id(question->id());
    answer.set_reason("forged");
    broker.Answer(other, answer);
    answer.set_id(question->id() + 1);
    broker.Answer(asked, answer);
    answer.set_id(question->id());
    answer.set_reason("true");
    broker.Answer(asked, answer);
    broker.Answer(asked, answer);  // again: nobody waits
  });
  const auto answered = broker.Ask("a", About("m"), 20'000);
  answers.join();
  ASSERT_TRUE(answered.ok());
  EXPECT_EQ(answered->explanation.reason(), "true");
}

TEST(ExplainBroker, ManyAskAtOnce) {
  ExplainBroker broker;
  const FakeRelay relay(broker, "a");
  std::atomic<int> right = 0;
  std::vector<std::thread> askers;
  for (int i = 0; i < 16; ++i) {
    askers.emplace_back([&broker, &right, i] {
      const std::string model = "m" + std::to_string(i);
      const auto answered = broker.Ask("", About(model), 20'000);
      if (answered.ok() && answered->explanation.reason() == model) ++right;
    });
  }
  for (std::thread& asker : askers) asker.join();
  EXPECT_EQ(right, 16);
}

}  // namespace
}  // namespace weir::admin

#include "services/relay/net/task.h"

#include <coroutine>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

// GCC makes a jump of a symmetric transfer only when it optimizes fully; otherwise each one takes
// stack, as in the builds with sanitizers.
#ifdef NDEBUG
constexpr int kManyTransfers = 300'000;
#else
constexpr int kManyTransfers = 500;
#endif

// A place to stop at until somebody goes on.
struct Gate {
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> caller) { waiting = caller; }
  void await_resume() { waiting = nullptr; }
  std::coroutine_handle<> waiting;
};

struct Tracked {
  explicit Tracked(int& count) : count_(count) { ++count_; }
  ~Tracked() { --count_; }
  Tracked(const Tracked&) = delete;
  Tracked& operator=(const Tracked&) = delete;
  int& count_;
};

Task<int> Number(int value) { co_return value; }
Task<std::unique_ptr<std::string>> MoveOnly(std::string text) {
  co_return std::make_unique<std::string>(std::move(text));
}

Task<int> Sum(int depth) {
  if (depth == 0) co_return 0;
  const int below = co_await Sum(depth - 1);
  co_return below + 1;
}

Task<int> Through(Gate& gate, int& alive, int depth) {
  const Tracked tracked(alive);
  if (depth > 0) co_return co_await Through(gate, alive, depth - 1) + 1;
  co_await gate;
  co_return 1;
}

template <typename T>
DetachedTask Store(Task<T> task, std::vector<T>& out) {
  out.push_back(co_await task);
}

TEST(TaskTest, RunsOnlyWhenAwaited) {
  bool ran = false;
  const auto body = [&ran]() -> Task<void> {
    ran = true;
    co_return;
  };
  { const Task<void> never = body(); }
  EXPECT_FALSE(ran);
}

TEST(TaskTest, GivesItsValue) {
  std::vector<int> numbers;
  Store(Number(7), numbers);
  EXPECT_EQ(numbers, std::vector<int>{7});
  std::vector<std::unique_ptr<std::string>> texts;
  Store(MoveOnly("moved"), texts);
  EXPECT_EQ(*texts.at(0), "moved");
}

TEST(TaskTest, ChainsGoDeep) {
  std::vector<int> out;
  Store(Sum(kManyTransfers), out);
  EXPECT_EQ(out, std::vector<int>{kManyTransfers});
}

TEST(TaskTest, LongLoopsOfFinishedTasks) {
  std::vector<int> out;
  const auto loop = []() -> Task<int> {
    int sum = 0;
    for (int i = 0; i < kManyTransfers; ++i) sum += co_await Number(1);
    co_return sum;
  };
  Store(loop(), out);
  EXPECT_EQ(out, std::vector<int>{kManyTransfers});
}

TEST(TaskTest, GoesOnWhereItStopped) {
  Gate gate;
  int alive = 0;
  std::vector<int> out;
  Store(Through(gate, alive, 5), out);
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(alive, 6);
  gate.waiting.resume();
  EXPECT_EQ(out, std::vector<int>{6});
  EXPECT_EQ(alive, 0);
}

TEST(TaskTest, DestroyedWhileItWaitsItDestroysAllThatItAwaits) {
  Gate gate;
  int alive = 0;
  {
    Task<int> task = Through(gate, alive, 9);
    task.await_suspend(std::noop_coroutine()).resume();
    EXPECT_EQ(alive, 10);
    const Task<int> moved = std::move(task);
    EXPECT_EQ(alive, 10);
  }
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace weir::relay

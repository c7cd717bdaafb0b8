#include "libs/common/sql/postgres_listener.h"

#include <atomic>
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "libs/common/sql/database.h"
#include "tests/unit/support/postgres_server.h"

namespace weir::sql {
namespace {

template <class Condition>
bool Eventually(Condition condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST(PostgresListenerTest, HearsACommitAndComesBackAfterARestart) {
  auto server = testing::PostgresServer::Create();
  ASSERT_TRUE(server.ok()) << server.status();
  const auto url = (*server)->NewDatabase();
  ASSERT_TRUE(url.ok()) << url.status();
  std::atomic<int> heard = 0;
  PostgresListener listener(*url, "weir_test", [&] { ++heard; });
  ASSERT_TRUE(Eventually([&] { return listener.listening() && heard == 1; })) << "told to look";

  auto database = OpenDatabase(*url);
  ASSERT_TRUE(database.ok()) << database.status();
  const absl::Status rolled_back = (*database)->Transact([](Transaction& transaction) {
    auto sent = transaction.Execute("SELECT pg_notify('weir_test', '')");
    return sent.ok() ? absl::CancelledError("no") : sent.status();
  });
  EXPECT_EQ(rolled_back.code(), absl::StatusCode::kCancelled);
  ASSERT_TRUE((*database)->Execute("SELECT pg_notify('weir_test', '')").ok());
  ASSERT_TRUE(Eventually([&] { return heard >= 2; }));
  EXPECT_EQ(heard, 2) << "what is rolled back is not told";

  (*server)->Stop();
  ASSERT_TRUE(Eventually([&] { return !listener.listening(); }));
  ASSERT_TRUE((*server)->Start().ok());
  ASSERT_TRUE(Eventually([&] { return heard >= 3; })) << "told to look again";
}

TEST(PostgresListenerTest, EndsWhileThereIsNoServer) {
  const auto began = std::chrono::steady_clock::now();
  {
    const PostgresListener listener("postgresql://127.0.0.1:1/none", "weir_test", [] {});
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
}

}  // namespace
}  // namespace weir::sql

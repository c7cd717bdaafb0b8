#include "libs/common/ops_probe.h"

#include <string>

#include <gtest/gtest.h>

#include "libs/common/log.h"
#include "libs/common/ops_server.h"
#include "libs/common/text.h"

namespace weir {
namespace {

// A free port: had, and given back.
int FreePort() {
  for (int port = 21'000; port < 32'000; port += 7) {
    const Metrics metrics;
    OpsServer probe(metrics, [] { return absl::OkStatus(); });
    if (probe.Start(StrCat("127.0.0.1:", port)).ok()) return port;
  }
  return 0;
}

TEST(OpsProbeTest, TellsAliveFromReadyFromGone) {
  const Metrics metrics;
  absl::Status ready = absl::UnavailableError("the database does not answer");
  const int port = FreePort();
  {
    OpsServer server(metrics, [&ready] { return ready; });
    ASSERT_TRUE(server.Start(StrCat("0.0.0.0:", port)).ok());
    const std::string everywhere = StrCat("0.0.0.0:", port);
    EXPECT_TRUE(ProbeOps(everywhere, "/health").ok());
    const absl::Status not_ready = ProbeOps(everywhere, "/ready");
    EXPECT_EQ(not_ready.code(), absl::StatusCode::kUnavailable);
    EXPECT_NE(std::string(not_ready.message()).find("the database does not answer"),
              std::string::npos);
    ready = absl::OkStatus();
    EXPECT_TRUE(ProbeOps(everywhere, "/ready").ok());
  }
  EXPECT_EQ(ProbeOps(StrCat("127.0.0.1:", port), "/health").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ProbeOps("nonsense", "/health").code(), absl::StatusCode::kInvalidArgument);
}

TEST(OpsProbeTest, OnlyItsTwoWordsAreCommands) {
  const auto loaded = [](std::vector<const char*> words) {
    Settings settings("weir-test", "WEIR_TEST", "A test.",
                      {{"ops_listen", SettingKind::kText, "127.0.0.1:1", "where"}});
    words.insert(words.begin(), "weir-test");
    EXPECT_TRUE(
        settings.Load(static_cast<int>(words.size()), const_cast<char**>(words.data())).ok());
    return ProbeCommand(settings);
  };
  EXPECT_FALSE(loaded({}).has_value());
  EXPECT_FALSE(loaded({"backup"}).has_value());
  EXPECT_FALSE(loaded({"health", "ready"}).has_value());
  ASSERT_TRUE(loaded({"health"}).has_value());
  EXPECT_EQ(loaded({"ready"})->code(), absl::StatusCode::kUnavailable);  // port 1: nobody
}

TEST(OpsProbeTest, TheLogLevelIsAskedForAndSet) {
  const LogLevel before = CurrentLogLevel();
  const Metrics metrics;
  const std::string listen = StrCat("127.0.0.1:", FreePort());
  OpsServer server(metrics, [] { return absl::OkStatus(); });
  ASSERT_TRUE(server.Start(listen).ok());
  const auto command = [&listen](std::vector<const char*> words) {
    Settings settings("weir-test", "WEIR_TEST", "A test.",
                      {{"ops_listen", SettingKind::kText, listen, "where"}});
    words.insert(words.begin(), "weir-test");
    EXPECT_TRUE(
        settings.Load(static_cast<int>(words.size()), const_cast<char**>(words.data())).ok());
    return ProbeCommand(settings);
  };
  EXPECT_TRUE(command({"log-level", "error"})->ok());
  EXPECT_EQ(CurrentLogLevel(), LogLevel::kError);
  const absl::Status refused = *command({"log-level", "loud"});
  EXPECT_NE(std::string(refused.message()).find("debug, info, warning or error"),
            std::string::npos);
  EXPECT_EQ(CurrentLogLevel(), LogLevel::kError);
  EXPECT_TRUE(command({"log-level"})->ok());
  EXPECT_FALSE(command({"log-level", "info", "now"}).has_value()) << "no such command";
  SetLogLevel(before);
}

}  // namespace
}  // namespace weir

#include "libs/common/ops_server.h"

#include <string>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(ParseHostPortTest, SplitsHostAndPort) {
  const auto expect = [](std::string_view text, std::string_view host, int port) {
    const absl::StatusOr<HostPort> address = ParseHostPort(text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_EQ(address->host, host);
    EXPECT_EQ(address->port, port);
  };
  expect("127.0.0.1:8080", "127.0.0.1", 8080);
  expect("localhost:0", "localhost", 0);
  expect("[::1]:80", "::1", 80);
  expect("[2001:db8::1]:65535", "2001:db8::1", 65535);
}

TEST(ParseHostPortTest, RefusesTheRest) {
  for (const char* text :
       {"",        ":",       "host",       "host:",       ":80",       "host:65536",
        "host:-1", "host:+1", "host: 80",   "host:80 ",    "host:8o",   "host:99999999999",
        "[]:80",   "::1",     "::1:80",     "2001:db8::1", "[::1]",     "[::1]80",
        "[::1:80", "::1]:80", "[[::1]]:80", "a:b:80",      "host:80:90"}) {
    EXPECT_FALSE(ParseHostPort(text).ok()) << text;
  }
}

TEST(OpsServerTest, RefusesAddressesItCannotHave) {
  const Metrics metrics;
  OpsServer wrong(metrics, [] { return absl::OkStatus(); });
  EXPECT_EQ(wrong.Start("nonsense").code(), absl::StatusCode::kInvalidArgument);
  OpsServer foreign(metrics, [] { return absl::OkStatus(); });
  EXPECT_EQ(foreign.Start("203.0.113.1:9").code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace weir

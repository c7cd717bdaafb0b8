#include "libs/common/ops_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
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

// Any free port, on which somebody listens until the returned socket is closed.
int ListenSomewhere(std::string& address) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  SetListenerOptions(fd);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(name);
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&name), size), 0);
  EXPECT_EQ(::listen(fd, 1), 0);
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size), 0);
  address = "127.0.0.1:" + std::to_string(ntohs(name.sin_port));
  return fd;
}

// A connection of ours to it, closed from the listener's side first: its end stays in TIME_WAIT.
void LeaveAClosingConnection(int listener, const std::string& address) {
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name.sin_port = htons(static_cast<std::uint16_t>(ParseHostPort(address)->port));
  ASSERT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  ::close(::accept(listener, nullptr, nullptr));
  char byte = 0;
  EXPECT_EQ(::read(client, &byte, 1), 0);
  ::close(client);
}

TEST(OpsServerTest, APortInUseIsRefusedAndAClosingOneIsHad) {
  const Metrics metrics;
  std::string address;
  const int listener = ListenSomewhere(address);
  OpsServer second(metrics, [] { return absl::OkStatus(); });
  EXPECT_EQ(second.Start(address).code(), absl::StatusCode::kUnavailable);
  LeaveAClosingConnection(listener, address);
  ::close(listener);
  OpsServer third(metrics, [] { return absl::OkStatus(); });
  EXPECT_TRUE(third.Start(address).ok()) << "a restart need not wait for what is closing";
  OpsServer fourth(metrics, [] { return absl::OkStatus(); });
  EXPECT_EQ(fourth.Start(address).code(), absl::StatusCode::kUnavailable)
      << "two services must not share a port";
}

}  // namespace
}  // namespace weir

#include "libs/common/proxy_url.h"

#include <string>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(ParseProxyUrl, TakesApart) {
  struct Row {
    const char* text;
    ProxyKind kind;
    const char* host;
    int port;
    const char* username;
    const char* password;
  };
  const Row table[] = {
      {"http://proxy", ProxyKind::kHttpConnect, "proxy", 3128, "", ""},
      {"http://proxy:80", ProxyKind::kHttpConnect, "proxy", 80, "", ""},
      {"http://u:p@proxy:8080/", ProxyKind::kHttpConnect, "proxy", 8080, "u", "p"},
      {"socks5://proxy", ProxyKind::kSocks5, "proxy", 1080, "", ""},
      {"SOCKS5H://[2001:db8::1]", ProxyKind::kSocks5, "2001:db8::1", 1080, "", ""},
      {"socks5://[::1]:80", ProxyKind::kSocks5, "::1", 80, "", ""},
      {"http://u%40x:a%2Fb@proxy", ProxyKind::kHttpConnect, "proxy", 3128, "u@x", "a/b"},
  };
  for (const Row& row : table) {
    const absl::StatusOr<ProxyUrl> proxy = ParseProxyUrl(row.text);
    ASSERT_TRUE(proxy.ok()) << row.text << ": " << proxy.status();
    EXPECT_EQ(proxy->kind, row.kind) << row.text;
    EXPECT_EQ(proxy->host, row.host) << row.text;
    EXPECT_EQ(proxy->port, row.port) << row.text;
    EXPECT_EQ(proxy->username, row.username) << row.text;
    EXPECT_EQ(proxy->password.Reveal(), row.password) << row.text;
  }
}

TEST(ParseProxyUrl, RefusesWithoutRepeating) {
  for (const char* text : {"", "proxy:1", "https://u:secret@proxy:1", "http://", "http://u:secret@",
                           "http://h:1/secret", "http://u:secret%zz@h", "http://:secret@h",
                           "http://h:0", "http://h:"}) {
    const absl::StatusOr<ProxyUrl> proxy = ParseProxyUrl(text);
    EXPECT_TRUE(absl::IsInvalidArgument(proxy.status())) << text;
    EXPECT_EQ(proxy.status().ToString().find("secret"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace weir

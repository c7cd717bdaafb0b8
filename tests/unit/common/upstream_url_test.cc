#include "libs/common/upstream_url.h"

#include <string>

#include <gtest/gtest.h>

#include "libs/common/text.h"

namespace weir {
namespace {

struct Good {
  const char* text;
  bool tls;
  const char* host;
  int port;
  const char* host_header;
  const char* base_path;
  const char* pool_key;
};

TEST(ParseUpstreamUrl, TakesApart) {
  const Good table[] = {
      {"https://api.anthropic.com", true, "api.anthropic.com", 443, "api.anthropic.com", "",
       "https://api.anthropic.com:443"},
      {"https://API.OpenAI.com/v1/", true, "api.openai.com", 443, "api.openai.com", "/v1",
       "https://api.openai.com:443"},
      {"HTTP://127.0.0.1:9090", false, "127.0.0.1", 9090, "127.0.0.1:9090", "",
       "http://127.0.0.1:9090"},
      {"http://fake_provider/", false, "fake_provider", 80, "fake_provider", "",
       "http://fake_provider:80"},
      {"https://host:443/a/b//", true, "host", 443, "host", "/a/b", "https://host:443"},
      {"http://host:443", false, "host", 443, "host:443", "", "http://host:443"},
      {"https://[2001:DB8::1]/x", true, "2001:db8::1", 443, "[2001:db8::1]", "/x",
       "https://[2001:db8::1]:443"},
      {"http://[::1]:8080", false, "::1", 8080, "[::1]:8080", "", "http://[::1]:8080"},
      {"https://r.openai.azure.com/openai/deployments/a%20b", true, "r.openai.azure.com", 443,
       "r.openai.azure.com", "/openai/deployments/a%20b", "https://r.openai.azure.com:443"},
  };
  for (const Good& row : table) {
    const absl::StatusOr<UpstreamUrl> url = ParseUpstreamUrl(row.text);
    ASSERT_TRUE(url.ok()) << row.text << ": " << url.status();
    EXPECT_EQ(url->tls, row.tls) << row.text;
    EXPECT_EQ(url->host, row.host) << row.text;
    EXPECT_EQ(url->port, row.port) << row.text;
    EXPECT_EQ(url->host_header, row.host_header) << row.text;
    EXPECT_EQ(url->base_path, row.base_path) << row.text;
    EXPECT_EQ(url->pool_key, row.pool_key) << row.text;
  }
}

TEST(ParseUpstreamUrl, Refuses) {
  for (const char* text : {"",
                           "api.openai.com",
                           "ftp://host",
                           "https://",
                           "https:///path",
                           "https://:443",
                           "https://user:secret@host/",
                           "https://host?key=secret",
                           "https://host/#part",
                           "https://host:0",
                           "https://host:65536",
                           "https://host:",
                           "https://host:12a",
                           "https://host name",
                           "https://host\r\nx: y",
                           "https://[::1",
                           "https://[::1]x",
                           "https://[127.0.0.1]",
                           "https://[zz]",
                           "https://a:b:c",
                           "https://.host",
                           "https://h\xc3\xb6st",
                           "https://ho$t",
                           "http://2852039166",
                           "http://0xA9FEA9FE/",
                           "http://127.1",
                           "http://127.0.0.1.",
                           "javascript:alert(1)",
                           "https://::1/"}) {
    const absl::StatusOr<UpstreamUrl> url = ParseUpstreamUrl(text);
    EXPECT_TRUE(absl::IsInvalidArgument(url.status())) << text;
    EXPECT_EQ(url.status().ToString().find("secret"), std::string::npos);
  }
  EXPECT_FALSE(ParseUpstreamUrl("https://host/" + std::string(3'000, 'a')).ok());
}

TEST(ParseAccountUrl, TakesAzuresVersionAlone) {
  const auto with = ParseAccountUrl("https://r.openai.azure.com/openai?api-version=2024-10-21");
  ASSERT_TRUE(with.ok()) << with.status();
  EXPECT_EQ(with->base_path, "/openai");
  EXPECT_EQ(with->api_version, "2024-10-21");
  EXPECT_EQ(ParseAccountUrl("https://r.openai.azure.com")->api_version, "");
  for (const std::string_view query :
       {"?api-version=", "?a=b", "?api-version=1&a=b", "?api-version=1#x", "?api-version=a b",
        "?api-version=1?api-version=2"}) {
    EXPECT_FALSE(ParseAccountUrl("https://host" + std::string(query)).ok()) << query;
  }
}

}  // namespace
}  // namespace weir

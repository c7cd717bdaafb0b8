#include "services/relay/http/endpoints.h"

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

TEST(EndpointsTest, FindsWhatIsServed) {
  const EndpointMatch messages = FindEndpoint("POST", "/v1/messages");
  ASSERT_NE(messages.endpoint, nullptr);
  EXPECT_EQ(messages.endpoint->dialect, Dialect::kAnthropicMessages);
  EXPECT_EQ(messages.endpoint->operation, Operation::kGenerate);
  EXPECT_EQ(FindEndpoint("POST", "/v1/messages/count_tokens").endpoint->operation,
            Operation::kCountTokens);
  EXPECT_EQ(FindEndpoint("POST", "/v1/chat/completions").endpoint->dialect, Dialect::kOpenAiChat);
  EXPECT_EQ(FindEndpoint("GET", "/v1/models").endpoint->operation, Operation::kListModels);
  EXPECT_EQ(FindEndpoint("HEAD", "/").endpoint->operation, Operation::kAlive);
}

TEST(EndpointsTest, TellsAWrongMethodFromAWrongPath) {
  for (const char* method : {"GET", "PUT", "post", "POSTX", ""}) {
    const EndpointMatch match = FindEndpoint(method, "/v1/messages");
    EXPECT_EQ(match.endpoint, nullptr) << method;
    EXPECT_TRUE(match.path_known) << method;
  }
  for (const char* path : {"", "/v1", "/v1/messages/", "/v1/Messages", "//v1/messages",
                           "/v1/messages/x", "/v1/../v1/messages", "/v1/messages%2f", "*"}) {
    const EndpointMatch match = FindEndpoint("POST", path);
    EXPECT_EQ(match.endpoint, nullptr) << path;
    EXPECT_FALSE(match.path_known) << path;
  }
}

TEST(EndpointsTest, ErrorsSpeakTheDialectOfThePathsKin) {
  EXPECT_EQ(DialectOfPath("/v1/messages/batches"), Dialect::kAnthropicMessages);
  EXPECT_EQ(DialectOfPath("/v1/embeddings"), Dialect::kOpenAiChat);
  EXPECT_EQ(DialectOfPath(""), Dialect::kOpenAiChat);
}

}  // namespace
}  // namespace weir::relay

#include "services/relay/http/endpoints.h"

#include <string_view>

#include <gtest/gtest.h>

#include "libs/common/text.h"

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
  EXPECT_EQ(FindEndpoint("POST", "/api/event_logging/batch").endpoint->operation, Operation::kDrop);
}

TEST(EndpointsTest, PassesTheOtherEndpointsOfOpenAiWithAndWithoutTheVersion) {
  for (const std::string_view path :
       {"/completions", "/embeddings", "/moderations", "/rerank", "/images/generations",
        "/images/edits", "/images/variations", "/audio/transcriptions", "/audio/translations",
        "/audio/speech", "/chat/completions"}) {
    const Endpoint* bare = FindEndpoint("POST", path).endpoint;
    const Endpoint* versioned = FindEndpoint("POST", StrCat("/v1", path)).endpoint;
    ASSERT_NE(bare, nullptr) << path;
    ASSERT_NE(versioned, nullptr) << path;
    EXPECT_EQ(bare->upstream_path, path);
    EXPECT_EQ(versioned->upstream_path, path);
    EXPECT_EQ(bare->name, versioned->name);
    EXPECT_EQ(bare->operation, Operation::kGenerate) << "all are metered";
    EXPECT_EQ(bare->dialect, Dialect::kOpenAiChat);
    const bool form =
        path.starts_with("/audio/tran") || path == "/images/edits" || path == "/images/variations";
    EXPECT_EQ(bare->body, form ? BodyForm::kMultipart : BodyForm::kJson) << path;
    EXPECT_EQ(bare->usage_on_request, path.ends_with("completions")) << path;
  }
}

TEST(EndpointsTest, ServesResponsesAndTurnsTheirSocketsAway) {
  for (const std::string_view path : {"/v1/responses", "/responses"}) {
    const Endpoint* post = FindEndpoint("POST", path).endpoint;
    ASSERT_NE(post, nullptr) << path;
    EXPECT_EQ(post->dialect, Dialect::kOpenAiResponses);
    EXPECT_EQ(post->operation, Operation::kGenerate);
    EXPECT_EQ(post->upstream_path, "/responses");
    EXPECT_FALSE(post->usage_on_request) << "it tells without being asked";
    EXPECT_EQ(FindEndpoint("GET", path).endpoint->operation, Operation::kWebSocket);
    EXPECT_EQ(FindEndpoint("POST", StrCat(path, "/input_tokens")).endpoint->operation,
              Operation::kCountTokens);
    EXPECT_FALSE(FindEndpoint("GET", StrCat(path, "/resp_1")).path_known);
  }
}

TEST(EndpointsTest, ThePathMayNameTheModel) {
  for (const std::string_view model : {"gpt-4o", "org/m:1", "a%2Fb", "chat"}) {
    const std::string path = StrCat("/api/v1/models/", model, "/chat");
    const Endpoint* endpoint = FindEndpoint("POST", path).endpoint;
    ASSERT_NE(endpoint, nullptr) << path;
    EXPECT_EQ(endpoint->upstream_path, "/chat/completions");
    EXPECT_TRUE(endpoint->translates && endpoint->usage_on_request);
    EXPECT_EQ(ModelInPath(*endpoint, path), model);
    EXPECT_TRUE(HasPlainErrors(path));
  }
  for (const std::string_view path : {"/api/v1/models/chat", "/api/v1/models//chat",
                                      "/api/v1/models", "/api/v1/models/m", "/v1/models/m/chat"}) {
    EXPECT_EQ(FindEndpoint("POST", path).endpoint, nullptr) << path;
  }
  const Endpoint* chat = FindEndpoint("POST", "/v1/chat/completions").endpoint;
  EXPECT_EQ(ModelInPath(*chat, "/v1/chat/completions"), "");
  EXPECT_FALSE(HasPlainErrors("/v1/chat/completions"));
}

TEST(EndpointsTest, GeminisAreKnownByTheirVerb) {
  for (const std::string_view version : {"v1", "v1beta", "v1alpha"}) {
    for (const std::string_view model : {"gemini-x", "a/b", "a%2Fb%40c", "m:1"}) {
      const std::string path = StrCat("/", version, "/models/", model, ":streamGenerateContent");
      const Endpoint* endpoint = FindEndpoint("POST", path).endpoint;
      ASSERT_NE(endpoint, nullptr) << path;
      EXPECT_EQ(endpoint->dialect, Dialect::kGemini);
      EXPECT_EQ(endpoint->name, "stream_generate_content");
    }
  }
  EXPECT_EQ(FindEndpoint("POST", "/v1/models/m:countTokens").endpoint->operation,
            Operation::kCountTokens);
  for (const std::string_view path : {"/v1/models/:generateContent", "/v2/models/m:generateContent",
                                      "/v1/models/m:generate", "/v1/models/mgenerateContent"}) {
    EXPECT_EQ(FindEndpoint("POST", path).endpoint, nullptr) << path;
  }
  EXPECT_EQ(FindEndpoint("GET", "/v1beta/models").endpoint->dialect, Dialect::kGemini);
  EXPECT_EQ(DialectOfPath("/v1beta/files"), Dialect::kGemini);
  EXPECT_EQ(DialectOfPath("/v1/models/m:unknown"), Dialect::kGemini);
  EXPECT_EQ(DialectOfPath("/v1/models"), Dialect::kOpenAiChat);
}

TEST(EndpointsTest, AStreamIsNamedByOneSegment) {
  const std::string_view id = "0192f1a0-0000-7000-8000-000000000000";
  EXPECT_EQ(FindEndpoint("GET", StrCat("/v1/streams/", id)).endpoint->operation,
            Operation::kResume);
  EXPECT_EQ(FindEndpoint("GET", StrCat("/v1/streams/relay-1.", id)).endpoint->operation,
            Operation::kResume);
  EXPECT_TRUE(FindEndpoint("POST", StrCat("/v1/streams/", id)).path_known);
  for (const std::string_view path : {"/v1/streams", "/v1/streams/a/b", "/v1/streams/a/"}) {
    EXPECT_EQ(FindEndpoint("GET", path).endpoint, nullptr) << path;
  }
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

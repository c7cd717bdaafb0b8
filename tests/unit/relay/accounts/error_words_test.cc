#include "services/relay/accounts/error_words.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::string_view kStart =
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\"}}\n\n";
constexpr std::string_view kError =
    "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n";
constexpr std::string_view kChunk =
    "data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"\\\"error\\\":{\"}}]}\n\n";

Opening Of(std::string_view bytes) { return ReadStreamOpening(bytes).opening; }

TEST(StreamOpening, AnAnswerIsKnownByItsFirstEvent) {
  EXPECT_EQ(Of(kStart), Opening::kAnswer);
  EXPECT_EQ(Of(kChunk), Opening::kAnswer);
  EXPECT_EQ(Of("data: [DONE]\n\n"), Opening::kAnswer);
  EXPECT_EQ(Of("event: ping\ndata: {}\n\n"), Opening::kAnswer);
  EXPECT_EQ(Of("data: {}\n\n"), Opening::kAnswer);
  EXPECT_EQ(Of("data: {\"id\":1,\"error\":{\"code\":1}}\n\n"), Opening::kAnswer)
      << "usage or text came with it";
}

TEST(StreamOpening, AnErrorIsFoundAlsoBehindTheStart) {
  EXPECT_EQ(Of(kError), Opening::kError);
  EXPECT_EQ(Of(StrCat(kStart, kError)), Opening::kError);
  EXPECT_EQ(Of(StrCat(kStart, "event: ping\ndata: {\"type\":\"ping\"}\n\n", kError)),
            Opening::kError);
  EXPECT_EQ(Of(StrCat(": OPENROUTER PROCESSING\n\n", kError)), Opening::kError);
  const std::string later = StrCat(
      kStart, "event: content_block_start\ndata: {\"type\":\"content_block_start\"}\n\n", kError);
  EXPECT_EQ(Of(later), Opening::kAnswer) << "content has begun";
  EXPECT_EQ(ReadStreamOpening(kError).error,
            "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}");
}

TEST(StreamOpening, AResponseThatFailsAtOnceIsAnError) {
  constexpr std::string_view kCreated =
      "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{}}\n\n"
      "event: response.in_progress\ndata: {\"type\":\"response.in_progress\"}\n\n";
  constexpr std::string_view kFailed =
      "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"metadata\":{"
      "\"error\":{\"code\":\"insufficient_quota\"}},\"error\":{\"code\":\"server_is_overloaded\","
      "\"message\":\"m\"}}}\n\n";
  constexpr std::string_view kText =
      "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\"}\n\n";
  EXPECT_EQ(Of(kCreated), Opening::kAnswer);
  EXPECT_EQ(Of(kFailed), Opening::kError);
  EXPECT_EQ(Of(StrCat(kCreated, kFailed)), Opening::kError);
  EXPECT_EQ(Of(StrCat(kCreated, kText, kFailed)), Opening::kAnswer);
  // Servers that leave out the names say it in the data.
  EXPECT_EQ(
      Of("data: {\"type\": \"response.created\"}\n\ndata: {\"type\":\"response.failed\"}\n\n"),
      Opening::kError);
  // What the caller wrote into the metadata does not speak for the provider.
  EXPECT_EQ(WordOf(ReadErrorObject(ReadStreamOpening(kFailed).error)), ErrorWord::kOverload);
}

TEST(StreamOpening, EverySplitWaitsOrTells) {
  for (const std::string_view line_end : {"\n", "\r\n", "\r"}) {
    std::string bytes;
    for (const char c : kError) {
      if (c == '\n') {
        bytes += line_end;
      } else {
        bytes += c;
      }
    }
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const Opening opening = Of(std::string_view(bytes).substr(0, size));
      // A lone \r might be half of \r\n, so its event is whole with the next byte only.
      if (opening != Opening::kUnknown) {
        EXPECT_EQ(opening, Opening::kError) << size;
        EXPECT_EQ(size + 1, bytes.size());
      }
    }
    EXPECT_NE(Of(bytes), Opening::kAnswer);
    EXPECT_EQ(Of(bytes + "x"), Opening::kError);
  }
  EXPECT_EQ(Of(": comment\n\n: another\n\n"), Opening::kUnknown);
  EXPECT_EQ(Of(""), Opening::kUnknown);
  EXPECT_EQ(Of("\n\n\n"), Opening::kUnknown);
}

TEST(JsonOpening, OnlyAnErrorInFirstPlaceCounts) {
  const auto of = [](std::string_view json) { return ReadJsonOpening(json).opening; };
  EXPECT_EQ(of(R"({"error":{"message":"x"}})"), Opening::kError);
  EXPECT_EQ(of(R"({"type":"error","error":{}})"), Opening::kError);
  EXPECT_EQ(of(R"({"error":null,"id":"x"})"), Opening::kAnswer);
  EXPECT_EQ(of(R"({"type":"message"})"), Opening::kAnswer);
  EXPECT_EQ(of(R"({"id":"x","error":{}})"), Opening::kAnswer);
  EXPECT_EQ(of(R"([{"error":{}}])"), Opening::kError);
  EXPECT_EQ(of("not json"), Opening::kAnswer);
  const std::string_view whole = R"({"type":"error")";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(of(whole.substr(0, size)), Opening::kUnknown) << size;
  }
}

ErrorWord Word(std::string_view json) { return WordOf(ReadErrorObject(json)); }

TEST(ErrorWords, CutAnywhereItNeverSaysSomethingElse) {
  const std::string_view json =
      R"({"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}})";
  for (std::size_t size = 0; size <= json.size(); ++size) {
    const ErrorWord word = Word(json.substr(0, size));
    EXPECT_TRUE(word == ErrorWord::kNone || word == ErrorWord::kQuota) << size;
  }
  EXPECT_EQ(Word(json), ErrorWord::kQuota);
  EXPECT_EQ(Word(R"({"error":{"code": null,"type":"overloaded"}})"), ErrorWord::kOverload);
  EXPECT_EQ(Word(R"({"error":{"code":)"), ErrorWord::kNone);
  EXPECT_EQ(Word(R"({"error":{"code":402)"), ErrorWord::kNone) << "perhaps 4022";
  EXPECT_EQ(Word("\"code\":"), ErrorWord::kNone);
  EXPECT_EQ(Word(""), ErrorWord::kNone);
}

TEST(ErrorWords, ASentenceCountsWholeAndAtItsPlaceAlone) {
  const std::vector<std::string_view> spent = {
      "Your credit balance is too low to access the Anthropic API.",
      "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to "
      "upgrade or purchase credits.",
      "You have reached your specified API usage limits. You will regain access on 2026-12-01 at "
      "00:00 UTC.",
  };
  for (const std::string_view sentence : spent) {
    const auto of = [](std::string_view message) {
      return Word(StrCat(R"({"type":"error","error":{"type":"invalid_request_error","message":")",
                         message, "\"}}"));
    };
    EXPECT_EQ(of(sentence), ErrorWord::kQuota);
    EXPECT_EQ(of(StrCat(sentence, " is no name of a tool")), ErrorWord::kCaller);
    EXPECT_EQ(of(StrCat("tools.0.name: ", sentence)), ErrorWord::kCaller);
    EXPECT_EQ(of(sentence.substr(0, sentence.size() - 1)), ErrorWord::kCaller);
    EXPECT_EQ(Word(StrCat(R"({"detail":[{"message":")", sentence, "\"}]}")), ErrorWord::kNone);
  }
  EXPECT_EQ(Word(R"({"error":{"message":"This organization has been disabled."}})"),
            ErrorWord::kCredential);
}

TEST(ErrorWords, AMissingModelIsNamedAtTheBeginning) {
  const auto names = [](std::string_view json) { return NamesModel(ReadErrorObject(json)); };
  EXPECT_TRUE(names(R"({"error":{"type":"not_found_error","message":"model: claude-x"}})"));
  EXPECT_TRUE(names(R"({"error":{"message":"no","code":"model_not_found"}})"));
  EXPECT_TRUE(names(R"({"object":"error","message":"The model `x` does not exist.","code":404})"));
  EXPECT_TRUE(names(R"({"error":{"message":"model \"x\" not found","type":"api_error"}})"));
  EXPECT_FALSE(
      names(R"({"error":{"type":"not_found_error","message":"File not found: model: x"}})"));
  EXPECT_FALSE(names(R"({"error":{"message":"Previous response not found","code":null}})"));
  EXPECT_FALSE(names(""));
}

TEST(ErrorWords, OnlyTheProvidersOwnSentenceRefusesThinking) {
  const auto refuses = [](std::string_view message, std::string_view type) {
    return RefusesThinking(ReadErrorObject(
        StrCat(R"({"type":"error","error":{"type":")", type, R"(","message":")", message, "\"}}")));
  };
  constexpr std::string_view kType = "invalid_request_error";
  constexpr std::string_view kModified =
      "messages.1.content.2: `thinking` or `redacted_thinking` blocks in the latest assistant "
      "message cannot be modified.";
  const std::vector<std::string_view> refusals = {
      "messages.1.content.0: Invalid `signature` in `thinking` block",
      "messages.13.content.27: Invalid `data` in `redacted_thinking` block",
      "messages.1.content.0: Invalid `signature` in `thinking` block. It is another one's.",
      "messages.3.content.0.thinking.signature: Field required",
      "messages.5.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`.",
      kModified,
  };
  for (const std::string_view message : refusals) {
    EXPECT_TRUE(refuses(message, kType)) << message;
    EXPECT_FALSE(refuses(message, "overloaded_error")) << message;
    EXPECT_FALSE(refuses(StrCat("tools.0.name: '", message), kType)) << message;
  }
  for (const std::string_view message :
       {"tools.0.name: 'signature' is taken", "messages.0.content.0.text: signature of `thinking`",
        "messages.0.content.0.input: Invalid `signature` in `thinking` block",
        "max_tokens: must be greater than `thinking.budget_tokens`",
        "messages.: Invalid `signature` in `thinking` block", "messages.1.content.", ""}) {
    EXPECT_FALSE(refuses(message, kType)) << message;
  }
}

}  // namespace
}  // namespace weir::relay

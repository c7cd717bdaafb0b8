#include "services/relay/dialects/signature_finder.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

std::uint64_t HashOf(std::string_view signature) {
  SignatureHash hash;
  hash.Add(signature);
  return hash.value();
}

std::vector<std::uint64_t> Found(std::string_view text, std::size_t part,
                                 Dialect dialect = Dialect::kAnthropicMessages) {
  SignatureFinder finder(dialect);
  for (std::size_t at = 0; at < text.size(); at += part) finder.Feed(text.substr(at, part));
  return finder.TakeFound();
}

TEST(SignatureFinder, FindsThemHoweverTheyAreCut) {
  const std::string answer =
      R"({"content":[{"type":"thinking","thinking":"a \"signature\":\"no\" b","signature":"sigA=="},)"
      R"({"type":"redacted_thinking","data" : "dataB"},{"type":"text","text":"signature"},)"
      R"({"signature":null,"data":{"signature":"sigC"}}],"x":"\\","signature":""})";
  const std::vector<std::uint64_t> wanted = {HashOf("sigA=="), HashOf("dataB"), HashOf("sigC")};
  for (std::size_t part = 1; part <= answer.size(); ++part) {
    EXPECT_EQ(Found(answer, part), wanted) << "in parts of " << part;
  }
}

TEST(SignatureFinder, FindsWhatOpenAiHasStoredOrEncrypted) {
  const std::string answer =
      R"({"id":"resp_1","object":"response","output":[{"id":"rs_1","type":"reasoning",)"
      R"("encrypted_content":"gAAA","data":"no"},{"call_id":"call_1","id":"fc_1"}]})";
  const std::vector<std::uint64_t> wanted = {HashOf("resp_1"), HashOf("rs_1"), HashOf("gAAA"),
                                             HashOf("fc_1")};
  for (std::size_t part = 1; part <= answer.size(); ++part) {
    EXPECT_EQ(Found(answer, part, Dialect::kOpenAiResponses), wanted) << "in parts of " << part;
  }
}

TEST(SignatureFinder, FindsThemInStreams) {
  const std::string stream =
      "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
      "\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n"
      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
      "\"delta\":{\"type\":\"signature_delta\",\"signature\":\"sigA\"}}\n\n";
  EXPECT_EQ(Found(stream, 7), std::vector<std::uint64_t>{HashOf("sigA")});
}

TEST(SignatureFinder, AreTakenOnce) {
  SignatureFinder finder(Dialect::kAnthropicMessages);
  finder.Feed(R"("signature":"a")");
  EXPECT_EQ(finder.TakeFound().size(), 1U);
  EXPECT_TRUE(finder.TakeFound().empty());
}

}  // namespace
}  // namespace weir::relay

// Requests as real clients send them, and what must go upstream: tests/golden/anthropic_messages.
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "services/relay/dialects/signed_blocks.h"
#include "tests/unit/relay/dialects/scanned.h"

namespace weir::relay {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrompt =
    "Answer in the words of the house.\n\"Gr\xC3\xBC\xC3\x9F"
    "e\"";

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

fs::path Golden(const std::string& name) {
  return fs::path(WEIR_GOLDEN_DIR) / "anthropic_messages" / name;
}

std::vector<std::string> Cases() {
  constexpr std::string_view kEnd = ".request.json";
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(Golden(""))) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(kEnd)) names.push_back(name.substr(0, name.size() - kEnd.size()));
  }
  return names;
}

std::string WithoutThinking(std::string_view body) {
  const std::unique_ptr<char[]> padded(new char[body.size() + 64]());
  std::copy(body.begin(), body.end(), padded.get());
  const std::string_view held(padded.get(), body.size());
  const RequestFacts facts = ScanRequest(testing::kAnthropic, held).value();
  const SignedBlocks blocks = SignedBlocks::Find(testing::kAnthropic, facts, held);
  EXPECT_FALSE(blocks.hashes().empty());
  SignedBlocks::Drop drop =
      blocks.Without(std::vector<bool>(blocks.hashes().size(), true), facts, held);
  BodyChanges changes;
  changes.upstream_model = facts.model;
  changes.disable_thinking = drop.disable_thinking;
  std::vector<BodyEdit> edits = PlanBodyEdits(testing::kAnthropic, facts, held, changes);
  edits.insert(edits.end(), drop.edits.begin(), drop.edits.end());
  std::sort(edits.begin(), edits.end(),
            [](const BodyEdit& a, const BodyEdit& b) { return a.erased.begin < b.erased.begin; });
  return testing::Applied(held, edits);
}

TEST(GoldenEdits, ForeignThinkingIsLeftOut) {
  ASSERT_GE(Cases().size(), 6U);
  for (const std::string& name : Cases()) {
    EXPECT_EQ(WithoutThinking(Read(Golden(name + ".request.json"))),
              Read(Golden(name + ".without_thinking.json")))
        << name;
  }
}

TEST(GoldenEdits, ThePromptGoesBeforeTheClients) {
  BodyChanges changes;
  changes.system_prompt = kPrompt;
  for (const std::string& name : Cases()) {
    EXPECT_EQ(testing::Changed(testing::kAnthropic, Read(Golden(name + ".request.json")), changes),
              Read(Golden(name + ".with_prompt.json")))
        << name;
  }
}

TEST(GoldenEdits, NothingAskedForNothingChanged) {
  for (const std::string& name : Cases()) {
    const std::string body = Read(Golden(name + ".request.json"));
    EXPECT_EQ(testing::Changed(testing::kAnthropic, body, {}), body) << name;
  }
}

}  // namespace
}  // namespace weir::relay

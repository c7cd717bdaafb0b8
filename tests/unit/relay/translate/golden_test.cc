// Each pair of dialects over files: tests/golden/translate/CLIENT_to_UPSTREAM. What goes in, and
// what must come out; streams are cut at every byte.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "tests/unit/relay/translate/translated.h"

namespace weir::relay {
namespace {

namespace fs = std::filesystem;

using testing::MakeTranslation;
using testing::Parsed;

struct Pair {
  const char* folder;
  Dialect client;
  Dialect upstream;
};

constexpr Pair kPairs[] = {
    {"anthropic_to_openai_chat", testing::kAnthropic, testing::kChat},
    {"anthropic_to_openai_responses", testing::kAnthropic, testing::kResponses},
    {"openai_chat_to_openai_responses", testing::kChat, testing::kResponses},
    {"openai_chat_to_anthropic", testing::kChat, testing::kAnthropic},
    {"openai_responses_to_openai_chat", testing::kResponses, testing::kChat},
    {"openai_responses_to_anthropic", testing::kResponses, testing::kAnthropic},
    {"anthropic_to_gemini", testing::kAnthropic, testing::kGemini},
    {"openai_chat_to_gemini", testing::kChat, testing::kGemini},
    {"openai_responses_to_gemini", testing::kResponses, testing::kGemini},
    {"gemini_to_anthropic", testing::kGemini, testing::kAnthropic},
    {"gemini_to_openai_chat", testing::kGemini, testing::kChat},
    {"gemini_to_openai_responses", testing::kGemini, testing::kResponses},
};

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

// The files of a pair whose names end so, without that end.
std::vector<std::string> Cases(const Pair& pair, std::string_view end) {
  std::vector<std::string> names;
  const fs::path folder = fs::path(WEIR_GOLDEN_DIR) / "translate" / pair.folder;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().string();
    if (name.ends_with(end)) names.push_back(name.substr(0, name.size() - end.size()));
  }
  EXPECT_FALSE(names.empty()) << pair.folder << " " << end;
  return names;
}

// WEIR_GOLDEN_WRITE=1 writes what is expected from now on; read the difference before it is kept.
bool Writes(const std::string& path, std::string_view text) {
  if (std::getenv("WEIR_GOLDEN_WRITE") == nullptr) return false;
  std::ofstream(path, std::ios::binary) << text;
  return true;
}

void ExpectJson(const std::string& path, std::string_view made) {
  if (Writes(path, StrCat(made, "\n"))) return;
  EXPECT_EQ(Parsed(made), Parsed(StripSpace(Read(path)))) << path << "\n" << made;
}

TEST(TranslateGolden, Requests) {
  for (const Pair& pair : kPairs) {
    for (const std::string& name : Cases(pair, ".request.json")) {
      const auto translation = MakeTranslation(pair.client, pair.upstream);
      const absl::Status status =
          testing::TranslateRequest(*translation, StripSpace(Read(name + ".request.json")),
                                    testing::ChangesTo("upstream-model"), /*stream=*/true);
      ASSERT_TRUE(status.ok()) << name << " " << status;
      ExpectJson(name + ".upstream_request.json", translation->request());
    }
  }
}

TEST(TranslateGolden, Streams) {
  for (const Pair& pair : kPairs) {
    for (const std::string& name : Cases(pair, ".stream.sse")) {
      const std::string stream = Read(name + ".stream.sse");
      const auto whole = MakeTranslation(pair.client, pair.upstream);
      const std::string made = testing::TranslatedStream(*whole, stream, stream.size());
      EXPECT_FALSE(whole->failed()) << name;
      if (Writes(name + ".client.sse", made)) continue;
      EXPECT_EQ(made, Read(name + ".client.sse")) << name;
    }
  }
}

// The figures of usage in the first event are those known when it came, so they may differ.
std::string WithoutFirstUsage(std::string text) {
  const std::size_t begin = text.find("\"usage\":{");
  if (text.find("message_start") != 7 || begin == std::string::npos) return text;
  return text.erase(begin, text.find('}', begin) - begin);
}

TEST(TranslateGolden, StreamsCutAnywhere) {
  for (const Pair& pair : kPairs) {
    for (const std::string& name : Cases(pair, ".stream.sse")) {
      const std::string stream = Read(name + ".stream.sse");
      const std::string expected = WithoutFirstUsage(Read(name + ".client.sse"));
      for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        const auto translation = MakeTranslation(pair.client, pair.upstream);
        ASSERT_EQ(WithoutFirstUsage(testing::TranslatedStream(*translation, stream, cut)), expected)
            << name << " cut at " << cut;
      }
    }
  }
}

TEST(TranslateGolden, Answers) {
  for (const Pair& pair : kPairs) {
    for (const std::string& name : Cases(pair, ".answer.json")) {
      const auto translation = MakeTranslation(pair.client, pair.upstream);
      const std::string made =
          testing::TranslatedAnswer(*translation, StripSpace(Read(name + ".answer.json")));
      EXPECT_FALSE(translation->failed()) << name;
      ExpectJson(name + ".client.json", made);
    }
  }
}

// NAME.STATUS.error.json
TEST(TranslateGolden, Errors) {
  for (const Pair& pair : kPairs) {
    for (const std::string& name : Cases(pair, ".error.json")) {
      int status = 0;
      ASSERT_TRUE(ParseInteger(std::string_view(name).substr(name.size() - 3), status)) << name;
      const auto translation = MakeTranslation(pair.client, pair.upstream);
      const std::string made =
          testing::TranslatedAnswer(*translation, Read(name + ".error.json"), status);
      ExpectJson(name + ".client_error.json", made);
    }
  }
}

}  // namespace
}  // namespace weir::relay

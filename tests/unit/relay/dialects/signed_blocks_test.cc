#include "services/relay/dialects/signed_blocks.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/dialects/signature_hash.h"
#include "tests/unit/relay/dialects/scanned.h"

namespace weir::relay {
namespace {

using testing::Applied;
using testing::kAnthropic;
using testing::kOpenAi;
using testing::Parsed;

std::uint64_t HashOf(std::string_view signature) {
  SignatureHash hash;
  hash.Add(signature);
  return hash.value();
}

// A body in memory as the relay's, with what the scan found in it.
struct Held {
  explicit Held(std::string_view text) : bytes(new char[text.size() + 64]) {
    std::memcpy(bytes.get(), text.data(), text.size());
    std::memset(bytes.get() + text.size(), '}', 64);
    body = {bytes.get(), text.size()};
    facts = ScanRequest(kAnthropic, body).value();
    blocks = SignedBlocks::Find(kAnthropic, facts, body);
  }

  std::unique_ptr<char[]> bytes;
  std::string_view body;
  RequestFacts facts;
  SignedBlocks blocks;
};

// Without all, or without those whose number is in `drop`.
SignedBlocks::Drop Without(const Held& held, const std::vector<bool>& drop) {
  return held.blocks.Without(drop, held.facts, held.body);
}

std::string Dropped(std::string_view body) {
  const Held held(body);
  const std::vector<bool> all(held.blocks.hashes().size(), true);
  std::string edited = Applied(held.body, Without(held, all).edits);
  Parsed(edited);
  return edited;
}

constexpr std::string_view kThinking =
    R"({"type":"thinking","thinking":"hm, \"signature\"","signature":"sigA"})";
constexpr std::string_view kRedacted = R"({"data":"dataB","type":"redacted_thinking"})";
constexpr std::string_view kText = R"({"type":"text","text":"hi"})";
constexpr std::string_view kCall =
    R"({"type":"tool_use","id":"t1","name":"n","input":{"type":"thinking","signature":"x"}})";
constexpr std::string_view kResult = R"({"type":"tool_result","tool_use_id":"t1","content":"r"})";

std::string User(std::string_view blocks) {
  return StrCat(R"({"role":"user","content":[)", blocks, "]}");
}
std::string Assistant(std::string_view blocks) {
  return StrCat(R"({"role":"assistant","content":[)", blocks, "]}");
}
std::string Body(std::string_view messages, std::string_view thinking = R"({"type":"enabled"})") {
  return StrCat(R"({"model":"m","messages":[)", messages, R"(],"thinking":)", thinking, "}");
}

TEST(SignedBlocks, AreFoundInTheirOrder) {
  const Held held(
      Body(StrCat(User(kText), ",", Assistant(StrCat(kThinking, ",", kRedacted, ",", kCall)))));
  EXPECT_EQ(held.blocks.hashes(), (std::vector<std::uint64_t>{HashOf("sigA"), HashOf("dataB")}));
}

TEST(SignedBlocks, AreNotFoundWhereNoneAre) {
  for (const char* body :
       {R"({"model":"m"})", R"({"model":"m","messages":"thinking\""})",
        R"({"model":"m","messages":[{"role":"user","content":"{\"type\":\"thinking\"}"}]})",
        R"({"model":"m","messages":[5,null,{"content":[5,"thinking",{"type":5}]}]})",
        (R"({"model":"m","messages":[{"role":"assistant","content":[{"type":"tool_use",)"
         R"("input":{"type":"thinking"}}]}],"x":{"type":"thinking"}})")}) {
    EXPECT_TRUE(Held(body).blocks.hashes().empty()) << body;
  }
  const Held held(Body(Assistant(kThinking)));
  EXPECT_TRUE(SignedBlocks::Find(kOpenAi, held.facts, held.body).hashes().empty());
}

// Below the outermost object nobody has checked it.
TEST(SignedBlocks, BrokenJsonStaysAsItIs) {
  for (const char* broken : {R"({"role":"a","content":[%,5 5]})", R"({"role":"a" "content":[%]})",
                             R"({"content":[%],bad})", R"({"content":[%]},{"role":5 6})",
                             R"({"content":[%,{"type" 5}]})"}) {
    std::string message = broken;
    message.replace(message.find('%'), 1, kThinking);
    const Held held(Body(message));
    const auto drop = Without(held, std::vector<bool>(held.blocks.hashes().size(), true));
    EXPECT_TRUE(drop.edits.empty()) << message;
  }
}

TEST(SignedBlocks, GoWithTheirCommas) {
  const std::string user = User(kText);
  EXPECT_EQ(Dropped(Body(StrCat(user, ",", Assistant(StrCat(kThinking, " , ", kText))))),
            Body(StrCat(user, ",", Assistant(kText))));
  EXPECT_EQ(Dropped(Body(StrCat(user, ",", Assistant(StrCat(kText, ",", kThinking))))),
            Body(StrCat(user, ",", Assistant(kText))));
  EXPECT_EQ(Dropped(Body(StrCat(user, ",",
                                Assistant(StrCat(kThinking, ",", kRedacted, ",", kText, ",",
                                                 kThinking, ",", kCall))))),
            Body(StrCat(user, ",", Assistant(StrCat(kText, ",", kCall)))));
}

TEST(SignedBlocks, AMessageWithoutContentGoesToo) {
  const std::string user = User(kText);
  const std::string only = Assistant(StrCat(kThinking, ",", kRedacted));
  EXPECT_EQ(Dropped(Body(StrCat(user, ", ", only, " ,", user))), Body(StrCat(user, " ,", user)));
  EXPECT_EQ(Dropped(Body(StrCat(user, ",", only))), Body(user));
  EXPECT_EQ(Dropped(Body(StrCat(only, ",", user))), Body(user));
  EXPECT_EQ(Dropped(Body(only)), Body(""));
}

TEST(SignedBlocks, OnlyTheForeignOnesGo) {
  const Held held(Body(StrCat(Assistant(StrCat(kThinking, ",", kText)), ",", User(kText), ",",
                              Assistant(StrCat(kRedacted, ",", kText)))));
  const auto drop = Without(held, {false, true});
  EXPECT_EQ(Applied(held.body, drop.edits), Body(StrCat(Assistant(StrCat(kThinking, ",", kText)),
                                                        ",", User(kText), ",", Assistant(kText))));
  EXPECT_TRUE(Without(held, {false, false}).edits.empty());
}

TEST(SignedBlocks, CallsThatLoseTheirThinkingTurnItOff) {
  const std::string calls = Assistant(StrCat(kThinking, ",", kText, ",", kCall));
  const auto off = [](const std::string& messages, const std::vector<bool>& drop,
                      std::string_view thinking = R"({"type":"enabled"})") {
    const Held held(Body(messages, thinking));
    return Without(held, drop).disable_thinking;
  };
  const std::string answered = StrCat(User(kText), ",", calls, ",", User(kResult));
  EXPECT_TRUE(off(answered, {true}));
  EXPECT_FALSE(off(answered, {false}));
  EXPECT_FALSE(off(answered, {true}, R"({"type":"adaptive","display":"omitted"})"));
  EXPECT_FALSE(off(answered, {true}, R"({"type":"disabled"})"));
  // Another question: a turn of its own.
  EXPECT_FALSE(off(StrCat(answered, ",", Assistant(kText), ",", User(kText)), {true}));
  EXPECT_FALSE(off(StrCat(User(kText), ",", calls, ",", User(kText)), {true}));
  // Some of it stays in front.
  EXPECT_FALSE(
      off(StrCat(Assistant(StrCat(kRedacted, ",", kThinking, ",", kCall)), ",", User(kResult)),
          {false, true}));
  // It had none before.
  EXPECT_FALSE(
      off(StrCat(Assistant(kThinking), ",", Assistant(kCall), ",", User(kResult)), {true}));
}

TEST(SignedBlocks, OfTwoContentsEachIsCutOnItsOwn) {
  const std::string body = Body(
      StrCat(R"({"role":"assistant","content":[)", kThinking, R"(],"content":[)", kText, "]}"));
  const std::string left =
      Body(StrCat(R"({"role":"assistant","content":[],"content":[)", kText, "]}"));
  EXPECT_EQ(Dropped(body), left);
}

// What no provider takes, but may stand beside what goes.
constexpr std::string_view kStrays[] = {
    "5", "-1.5e3", "null", "true", R"("a, ]b}")", "[1,2]", R"(["]",[{}]])", "{}", R"({"a":[]})"};

// Puts elements into an array, with spaces here and there.
class ArrayText {
 public:
  explicit ArrayText(std::mt19937& random) : random_(random) {}
  void Add(std::string_view element) {
    if (!text_.empty()) StrAppend(text_, Space(), ",", Space());
    text_ += element;
  }
  const std::string& text() const { return text_; }

 private:
  std::string_view Space() { return random_() % 3 == 0 ? " \n" : ""; }

  std::mt19937& random_;
  std::string text_;
};

// Whatever goes and whatever stands beside it, the rest is the same conversation, in JSON.
TEST(SignedBlocks, WhatStaysIsUnchanged) {
  constexpr std::string_view kKinds[] = {kThinking, kRedacted, kText, kCall};
  for (unsigned seed = 0; seed < 4'000; ++seed) {
    std::mt19937 random(seed);
    const auto stray = [&random] { return kStrays[random() % std::size(kStrays)]; };
    const auto one_in_three_is_stray = [&random, seed] {
      return seed % 2 == 0 && random() % 3 == 0;
    };
    ArrayText messages(random);
    std::vector<bool> drop;
    boost::json::array wanted;
    const std::size_t count = 1 + random() % 5;
    for (std::size_t m = 0; m < count; ++m) {
      if (one_in_three_is_stray()) {
        const std::string_view element = stray();
        messages.Add(element);
        wanted.push_back(Parsed(element));
        continue;
      }
      ArrayText blocks(random);
      boost::json::array kept;
      const std::size_t size = 1 + random() % 4;
      for (std::size_t b = 0; b < size; ++b) {
        const std::size_t kind = random() % std::size(kKinds);
        const std::string_view element = one_in_three_is_stray() ? stray() : kKinds[kind];
        const bool is_signed = element == kThinking || element == kRedacted;
        const bool gone = is_signed && random() % 2 == 0;
        blocks.Add(element);
        if (is_signed) drop.push_back(gone);
        if (!gone) kept.push_back(Parsed(element));
      }
      messages.Add(Assistant(blocks.text()));
      if (!kept.empty()) wanted.push_back({{"role", "assistant"}, {"content", kept}});
    }
    const Held held(Body(messages.text()));
    ASSERT_EQ(held.blocks.hashes().size(), drop.size());
    const std::string edited = Applied(held.body, Without(held, drop).edits);
    EXPECT_EQ(Parsed(edited).at("messages"), boost::json::value(wanted)) << edited;
  }
}

}  // namespace
}  // namespace weir::relay

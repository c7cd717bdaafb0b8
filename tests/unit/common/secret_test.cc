#include "libs/common/secret.h"

#include <new>
#include <sstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(SecretTest, PrintsStars) {
  const Secret secret("sk-very-secret");
  std::ostringstream out;
  out << secret << Secret();
  EXPECT_EQ(out.str(), "******");
  EXPECT_EQ(::testing::PrintToString(secret), "***");
  EXPECT_EQ(secret.Reveal(), "sk-very-secret");
}

TEST(SecretTest, CopiesAndMoves) {
  Secret a("one");
  Secret b = a;
  EXPECT_EQ(b.Reveal(), "one");
  b = Secret("two");
  EXPECT_EQ(a.Reveal(), "one");
  a = std::move(b);
  EXPECT_EQ(a.Reveal(), "two");
  EXPECT_TRUE(b.empty());  // NOLINT(bugprone-use-after-move): that it is empty is the point
  Secret& same = a;
  a = same;
  EXPECT_EQ(a.Reveal(), "two");
  EXPECT_TRUE(Secret().empty());
}

// A short text lives within the object itself, where a move leaves it standing.
TEST(SecretTest, LeavesNothingWhereItWas) {
  const std::string text = "short-secret";
  alignas(Secret) unsigned char place[sizeof(Secret)] = {};
  const auto holds = [&place, &text] {
    return std::string(place, place + sizeof(place)).find(text) != std::string::npos;
  };
  auto* secret = new (place) Secret(text);
  EXPECT_TRUE(holds());
  const Secret elsewhere = std::move(*secret);
  EXPECT_FALSE(holds());
  EXPECT_EQ(elsewhere.Reveal(), text);
  secret->~Secret();
  secret = new (place) Secret(text);
  secret->~Secret();
  EXPECT_FALSE(holds());
}

TEST(SecretTest, SameSecretComparesAll) {
  EXPECT_TRUE(SameSecret("", ""));
  EXPECT_TRUE(SameSecret("abc", "abc"));
  EXPECT_FALSE(SameSecret("abc", "abd"));
  EXPECT_FALSE(SameSecret("abc", "ab"));
  EXPECT_FALSE(SameSecret("", "a"));
  EXPECT_FALSE(SameSecret(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

}  // namespace
}  // namespace weir

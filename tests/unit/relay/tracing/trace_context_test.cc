#include "services/relay/tracing/trace_context.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::string_view kGood = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContextTest, ReadsTheExampleOfTheRecommendation) {
  const auto parent = ParseTraceParent(kGood);
  ASSERT_TRUE(parent.has_value());
  EXPECT_EQ(parent->trace_id[0], 0x0A);
  EXPECT_EQ(parent->trace_id[15], 0x9C);
  EXPECT_EQ(parent->span_id[0], 0xB7);
  EXPECT_EQ(parent->span_id[7], 0x31);
  EXPECT_TRUE(parent->sampled);
  EXPECT_EQ(TraceParentText(*parent), kGood);
}

TEST(TraceContextTest, OnlyTheFirstFlagIsKnown) {
  const auto with_flags = [](std::string_view flags) {
    return ParseTraceParent(std::string(kGood.substr(0, 53)) + std::string(flags));
  };
  EXPECT_FALSE(with_flags("00")->sampled);
  EXPECT_FALSE(with_flags("fe")->sampled);
  EXPECT_TRUE(with_flags("ff")->sampled);
  EXPECT_EQ(TraceParentText(*with_flags("ff")), kGood) << "unknown ones are not passed on";
}

TEST(TraceContextTest, RefusesWhatIsMalformed) {
  const std::string_view refused[] = {
      "",
      "00",
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",       // no flags
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",     // half of them
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",   // version 00 ends before
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",  // likewise
      "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",    // upper case
      "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
      "00-00000000000000000000000000000000-b7ad6b7169203331-01",  // no trace
      "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",  // no span
      "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",  // forbidden
      "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
      "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01",  // a dash elsewhere
      "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
      " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  };
  for (const std::string_view value : refused) {
    EXPECT_FALSE(ParseTraceParent(value).has_value()) << value;
  }
}

TEST(TraceContextTest, ReadsLaterVersionsByWhatIsOurs) {
  const std::string rest(kGood.substr(2));
  EXPECT_EQ(ParseTraceParent("01" + rest), ParseTraceParent(kGood));
  EXPECT_EQ(ParseTraceParent("cc" + rest + "-what-the-future-adds"), ParseTraceParent(kGood));
  EXPECT_FALSE(ParseTraceParent("cc" + rest + ".what").has_value());
  EXPECT_FALSE(ParseTraceParent("cc" + rest + "0").has_value());
}

TEST(TraceContextTest, TakesTraceStatesThatAreWellFormed) {
  const std::string_view taken[] = {
      "rojo=00f067aa0ba902b7",
      "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
      "rojo=1 ,\tcongo=2",
      "a=1,,b=2,",  // empty members are allowed
      "tenant-1@weir=x y!\"#$%&'()*+-./:;<>?@[]^_`{|}~",
      "1tenant@sys=1",
      "a_-*/0=z",
  };
  for (const std::string_view value : taken) EXPECT_TRUE(IsTraceState(value)) << value;
}

TEST(TraceContextTest, RefusesTraceStatesThatAreNot) {
  const std::string_view refused[] = {
      "",     " ",     ",",     "a",       "a=",     "=1",          "A=1",
      "1a=1", "a=b=c", "a\t=1", "a =1",    "a=\x7f", "a=\x01",      "a=ü",
      "@b=1", "a@=1",  "a@1=1", "a@b@c=1", "a=1,b",  "a=1;b=2,B=3", "a\r\nhost: evil=1",
  };
  for (const std::string_view value : refused) EXPECT_FALSE(IsTraceState(value)) << value;
}

TEST(TraceContextTest, BoundsTraceStates) {
  const auto of_members = [](std::size_t count) {
    std::string state;
    for (std::size_t i = 0; i < count; ++i) state += "k=1,";
    return state;
  };
  EXPECT_TRUE(IsTraceState(of_members(kTraceStateMembersMax)));
  EXPECT_FALSE(IsTraceState(of_members(kTraceStateMembersMax + 1)));
  EXPECT_TRUE(IsTraceState("k=" + std::string(256, 'v')));
  EXPECT_FALSE(IsTraceState("k=" + std::string(257, 'v')));
  EXPECT_TRUE(IsTraceState(std::string(256, 'k') + "=v"));
  EXPECT_FALSE(IsTraceState(std::string(257, 'k') + "=v"));
  EXPECT_TRUE(IsTraceState(std::string(241, 't') + "@" + std::string(14, 's') + "=v"));
  EXPECT_FALSE(IsTraceState(std::string(242, 't') + "@s=v"));
  EXPECT_FALSE(IsTraceState("t@" + std::string(15, 's') + "=v"));
  const std::string longest = "a=" + std::string(254, 'v') + ",b=" + std::string(253, 'v');
  EXPECT_TRUE(IsTraceState(longest)) << longest.size();
  EXPECT_FALSE(IsTraceState(longest + ","));
}

}  // namespace
}  // namespace weir::relay

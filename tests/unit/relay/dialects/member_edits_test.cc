#include "services/relay/dialects/member_edits.h"

#include <gtest/gtest.h>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

std::string Applied(std::string_view body, const std::vector<BodyEdit>& edits) {
  std::string out;
  std::size_t at = 0;
  for (const BodyEdit& edit : edits) {
    EXPECT_GE(edit.erased.begin, at) << "in order, none over another";
    StrAppend(out, body.substr(at, edit.erased.begin - at), edit.text);
    at = edit.erased.begin + edit.erased.size;
  }
  StrAppend(out, body.substr(at));
  return out;
}

std::string Edited(std::string_view body, const std::vector<MemberChange>& changes,
                   std::vector<BodyEdit> edits = {}) {
  PlanMemberEdits(body, changes, edits);
  return Applied(body, edits);
}

TEST(MemberEditsTest, LeavesOutWithOneComma) {
  const std::vector<MemberChange> a_and_c = {{"a", {}}, {"c", {}}};
  EXPECT_EQ(Edited(R"({"a":1,"b":2,"c":3})", a_and_c), R"({"b":2})");
  EXPECT_EQ(Edited(R"({ "b" : [1,{"a":2}], "a":{"x":","} , "c" : 3 })", a_and_c),
            R"({ "b" : [1,{"a":2}] })");
  EXPECT_EQ(Edited(R"({"a":1,"c":3,"b":2,"a":4})", a_and_c), R"({"b":2})");
  EXPECT_EQ(Edited(R"({"b":2})", a_and_c), R"({"b":2})");
  EXPECT_EQ(Edited(R"({"a":1})", a_and_c), R"({})");
}

TEST(MemberEditsTest, Renames) {
  const std::vector<MemberChange> rename = {{"old", "new_one"}};
  EXPECT_EQ(Edited(R"({"x":1, "old" : 5})", rename), R"({"x":1, "new_one" : 5})");
  EXPECT_EQ(Edited(R"({"new_one":6,"old":5,"x":1})", rename), R"({"new_one":6,"x":1})")
      << "never two of a name";
}

TEST(MemberEditsTest, OtherEditsGoWithWhatIsLeftOut) {
  const std::string_view body = R"({"x":1,"a":{"y":2},"old":3})";
  const std::vector<MemberChange> changes = {{"a", {}}, {"old", "new_one"}};
  EXPECT_EQ(Edited(body, changes, {{{1, 0}, R"("first":0,)"}, {{16, 1}, "9"}, {{25, 1}, "7"}}),
            R"({"first":0,"x":1,"new_one":7})");
}

TEST(MemberEditsTest, WhatIsPutIntoWhatIsLeftOutGoesWithIt) {
  const std::string_view body = R"({"a":{},"x":1})";
  const BodyEdit into_a{{6, 0}, R"("y":2)"};
  EXPECT_EQ(Edited(body, {{"a", {}}}, {into_a}), R"({"x":1})");
  EXPECT_EQ(Edited(R"({"x":1,"a":{}})", {{"a", {}}}, {{{12, 0}, R"("y":2)"}}), R"({"x":1})");
  EXPECT_EQ(Edited(body, {{"x", {}}}, {into_a}), R"({"a":{"y":2}})");
}

TEST(MemberEditsTest, WhatIsPutInFrontStaysInFront) {
  const BodyEdit front{{1, 0}, R"("n":0,)"};
  EXPECT_EQ(Edited(R"({"a":1,"x":1})", {{"a", {}}}, {front}), R"({"n":0,"x":1})");
  EXPECT_EQ(Edited(R"({"a":1,"b":2})", {{"a", {}}, {"b", {}}}, {front}), R"({"n":0})");
  EXPECT_EQ(Edited(R"({ "a":1})", {{"a", {}}}, {front}), R"({"n":0 })");
  EXPECT_EQ(Edited(R"(  {"a":1})", {{"a", {}}}, {{{3, 0}, R"("n":0,)"}}), R"(  {"n":0})");
}

TEST(MemberEditsTest, AnInsertionComesBeforeADeletionAtTheSamePlace) {
  std::vector<BodyEdit> edits;
  for (std::size_t i = 0; i < 40; ++i) edits.push_back({{40 - i, 1}, {}});
  edits.push_back({{7, 0}, "first"});
  edits.push_back({{7, 0}, "second"});
  SortEdits(edits);
  EXPECT_EQ(edits[6].text, "first");
  EXPECT_EQ(edits[7].text, "second");
  EXPECT_EQ(edits[8].erased.begin, 7U);
  EXPECT_EQ(edits[8].erased.size, 1U);
}

TEST(MemberEditsTest, LeavesOutWithinAMember) {
  const std::vector<MemberChange> changes = {
      {"t", {}, "config"}, {"p", {}, "config"}, {"o", {}, "other"}};
  EXPECT_EQ(Edited(R"({"t":1,"config":{"t":1,"k":2,"p":{"t":3}}})", changes),
            R"({"t":1,"config":{"k":2}})");
  EXPECT_EQ(Edited(R"({"config":{"t":1},"x":{"t":1}})", changes), R"({"config":{},"x":{"t":1}})");
  for (const std::string_view same : {R"({"config":null})", R"({"config":"t"})", R"({"config":[]})",
                                      R"({"x":{"config":{"t":1}}})"}) {
    EXPECT_EQ(Edited(same, changes), same);
  }
  EXPECT_EQ(Edited(R"({"config":{"t":1}})", changes, {{{11, 0}, R"("n":0,)"}}),
            R"({"config":{"n":0}})")
      << "no comma is left behind it";
  EXPECT_EQ(Edited(R"({"config":{"t":1},"x":2})", {{"t", {}, "config"}, {"config", {}}}),
            R"({"x":2})");
}

TEST(MemberEditsTest, HoweverDeepItIsNestedItIsLeftOut) {
  const std::string deep = std::string(2'000, '[') + "1" + std::string(2'000, ']');
  const std::string body = StrCat(R"({"a":)", deep, R"(,"b":1})");
  EXPECT_EQ(Edited(body, {{"a", {}}}), R"({"b":1})");
  EXPECT_EQ(Edited(body, {{"b", {}}}), StrCat(R"({"a":)", deep, "}"));
}

TEST(MemberEditsTest, WhatIsNoObjectStays) {
  for (const std::string_view body :
       {"", " ", "[1]", R"([{"a":1}])", "{", R"({"a")", R"({"a" 1})", "{}", R"({"a":1)"}) {
    EXPECT_EQ(Edited(body, {{"a", {}}}), body);
  }
}

}  // namespace
}  // namespace weir::relay

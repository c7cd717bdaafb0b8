#include "services/relay/dialects/responses_turns.h"

#include <string>

#include <gtest/gtest.h>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

using Kind = ResponsesTurn::Kind;

constexpr std::size_t kBytesMax = 10'000;

std::string BodyOf(ResponsesTurns& turns, std::string_view message) {
  const absl::StatusOr<ResponsesTurn> turn = turns.Next(message);
  EXPECT_TRUE(turn.ok()) << turn.status();
  return turn.ok() && turn->kind == Kind::kRequest ? turn->body : "";
}

std::string Completed(std::string_view id, std::string_view output) {
  return StrCat(R"({"type":"response.completed","response":{"usage":null,"output":[)", output,
                R"(],"id":")", id, R"("}})");
}

TEST(ResponsesTurnsTest, AMessageBecomesABody) {
  ResponsesTurns turns(kBytesMax);
  EXPECT_EQ(
      BodyOf(
          turns,
          R"({"type":"response.create","model":"m","tools":[{"a":"}"}],"input":[ {"role":"user"} ],"stream":false,"store":false})"),
      R"({"model":"m","tools":[{"a":"}"}],"store":false,"stream":true,"input":[{"role":"user"}]})");
  EXPECT_EQ(
      BodyOf(turns, R"({"type":"response.create","model":"m","input":"a \"b\""})"),
      R"({"model":"m","stream":true,"input":[{"type":"message","role":"user","content":"a \"b\""}]})");
}

TEST(ResponsesTurnsTest, GoesOnFromTheResponseBefore) {
  ResponsesTurns turns(kBytesMax);
  BodyOf(turns, R"({"type":"response.create","input":[{"n":1}]})");
  turns.NoteEvent(R"({"type":"response.output_text.delta","delta":"\"response.completed\""})");
  turns.NoteEvent(Completed("resp_1", R"({"n":2},{"n":3})"));
  EXPECT_EQ(
      BodyOf(turns,
             R"({"type":"response.create","previous_response_id":"resp_1","input":[{"n":4}]})"),
      R"({"stream":true,"input":[{"n":1},{"n":2},{"n":3},{"n":4}]})");
  turns.NoteEvent(Completed("resp_2", ""));
  EXPECT_EQ(
      BodyOf(turns, R"({"type":"response.create","previous_response_id":"resp_2","input":[]})"),
      R"({"stream":true,"input":[{"n":1},{"n":2},{"n":3},{"n":4}]})");
}

TEST(ResponsesTurnsTest, AnotherResponseIsTheProvidersToKnow) {
  ResponsesTurns turns(kBytesMax);
  EXPECT_EQ(
      BodyOf(turns, R"({"type":"response.create","previous_response_id":"resp_x","input":[]})"),
      R"({"previous_response_id":"resp_x","stream":true,"input":[]})");
}

TEST(ResponsesTurnsTest, WarmsUpWithoutARequest) {
  ResponsesTurns turns(kBytesMax);
  const absl::StatusOr<ResponsesTurn> warm =
      turns.Next(R"({"type":"response.create","generate":false,"input":[{"n":1}]})");
  ASSERT_TRUE(warm.ok());
  EXPECT_EQ(warm->kind, Kind::kWarmUp);
  const std::string next = StrCat(R"({"type":"response.create","previous_response_id":")",
                                  warm->response_id, R"(","input":[{"n":2}]})");
  EXPECT_EQ(BodyOf(turns, next), R"({"stream":true,"input":[{"n":1},{"n":2}]})");
}

TEST(ResponsesTurnsTest, ForgetsWhatIsTooLong) {
  ResponsesTurns turns(20);
  BodyOf(turns, R"({"type":"response.create","input":[{"n":1}]})");
  turns.NoteEvent(Completed("resp_1", R"({"text":"more than may be remembered"})"));
  EXPECT_EQ(turns.bytes(), 0U);
  EXPECT_EQ(
      BodyOf(turns, R"({"type":"response.create","previous_response_id":"resp_1","input":[]})"),
      R"({"previous_response_id":"resp_1","stream":true,"input":[]})");
}

TEST(ResponsesTurnsTest, SaysWhatIsWrong) {
  ResponsesTurns turns(kBytesMax);
  for (const char* bad :
       {"", "[]", "{", R"({"type":"response.create"} x)", R"({"type":"session.update"})",
        R"({"model":"m"})", R"({"type":1})", R"({"type":"response.create","input":5})",
        R"({"type":"response.create","generate":"no"})",
        R"({"type":"response.create","previous_response_id":7})"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(turns.Next(bad).status())) << bad;
  }
  const absl::StatusOr<ResponsesTurn> processed = turns.Next(R"({"type":"response.processed"})");
  ASSERT_TRUE(processed.ok());
  EXPECT_EQ(processed->kind, Kind::kNothing);
}

}  // namespace
}  // namespace weir::relay

#include "services/relay/accounts/error_object.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

struct Row {
  std::string_view json;
  ErrorObject error;
};

const std::vector<Row>& Rows() {
  static const std::vector<Row> rows = {
      {R"({"type":"error","error":{"type":"rate_limit_error","message":"slow","details":{)"
       R"("error_code":"enforced_spend_limit_reached"}},"request_id":"r"})",
       {"rate_limit_error", "", "enforced_spend_limit_reached", "slow"}},
      {R"({"error":{"message":"m","type":"t","param":null,"code":null}})", {"t", "", "", "m"}},
      {R"( { "error" : { "code" : 503 , "message" : "a \"quoted\" } \\" } } )",
       {"", "503", "", R"(a \"quoted\" } \\)"}},
      {R"({"object":"error","message":"The model `x` does not exist.","type":"NotFoundError",)"
       R"("param":null,"code":404})",
       {"NotFoundError", "404", "", "The model `x` does not exist."}},
      {R"({"error":"it broke","type":"t"})", {"", "", "", "it broke"}},
      {R"({"error":null,"type":"t"})", {"t", "", "", ""}},
      {R"({"error":[{"code":"insufficient_quota"}],"code":"c"})", {"", "c", "", ""}},
      {R"({"error":{"metadata":{"code":"insufficient_quota","x":[{"type":"y"}]},"code":"own"}})",
       {"", "own", "", ""}},
      {R"({"error":{"code":"first","code":"second"},"error":{"type":"third"}})",
       {"", "first", "", ""}},
      {R"({"error":{"type":{"code":"x"},"code":["y"],"details":"z","message":true}})",
       {"", "", "", "true"}},
      {R"({"type":"response.failed","response":{"id":"r","metadata":{"error":{"code":"x"}},)"
       R"("error":{"code":"server_error","message":"m"},"user":"u"}})",
       {"", "server_error", "", "m"}},
      {R"([{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT","details":[{"x":1},)"
       R"({"@type":"t","reason":"API_KEY_INVALID"},{"reason":"other"}]}}])",
       {"INVALID_ARGUMENT", "400", "API_KEY_INVALID", "m"}},
      {R"({"error":{}})", {}},
      {R"({})", {}},
  };
  return rows;
}

void ExpectAlike(const ErrorObject& read, const ErrorObject& expected, std::string_view json) {
  EXPECT_EQ(read.type, expected.type) << json;
  EXPECT_EQ(read.code, expected.code) << json;
  EXPECT_EQ(read.detail_code, expected.detail_code) << json;
  EXPECT_EQ(read.message, expected.message) << json;
}

TEST(ErrorObjectTest, ReadsTheMembersAtTheirPlace) {
  for (const Row& row : Rows()) ExpectAlike(ReadErrorObject(row.json), row.error, row.json);
}

TEST(ErrorObjectTest, CutAnywhereItSaysLessAndNothingElse) {
  for (const Row& row : Rows()) {
    for (std::size_t size = 0; size < row.json.size(); ++size) {
      const std::string cut(row.json.substr(0, size));  // of its own, so that no byte more is seen
      const ErrorObject error = ReadErrorObject(cut);
      for (const auto& [part, whole] :
           {std::pair(error.type, row.error.type), std::pair(error.code, row.error.code),
            std::pair(error.detail_code, row.error.detail_code),
            std::pair(error.message, row.error.message)}) {
        // Before its `error` comes the outer object is all that is known.
        const bool outer = part == "error" || part == "response.failed";
        EXPECT_TRUE(part.empty() || part == whole || outer) << cut << " gave " << part;
      }
    }
  }
}

TEST(ErrorObjectTest, WhatIsNoJsonHasNoMembers) {
  for (const std::string_view text :
       {"", "null", "[]", "\"error\"", "<html>", "{", "{\"", "{\"error\"",
        "{\"error\":", "{\"a\":}", "[[{\"error\":{\"code\":\"x\"}}]]", "{\"error\":{\"code\"}}",
        "{,}", "\\", "{\"\\"}) {
    ExpectAlike(ReadErrorObject(text), {}, text);
  }
  const std::string deep = std::string(100'000, '[');
  ExpectAlike(ReadErrorObject("{\"x\":" + deep), {}, "deep");
}

}  // namespace
}  // namespace weir::relay

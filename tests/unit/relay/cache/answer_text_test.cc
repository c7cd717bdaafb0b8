#include "services/relay/cache/answer_text.h"

#include <string>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

CachedAnswer Sample() {
  CachedAnswer answer;
  answer.is_stream = true;
  answer.head_fields = "content-type: text/event-stream; charset=utf-8\r\n";
  answer.body = std::string("data: {}\n\n\0\xff", 12);
  answer.account_id = -7;
  answer.account_face = 0xFEDCBA9876543210U;
  answer.account_model = "asked";
  answer.served_model = "served";
  return answer;
}

TEST(AnswerText, ComesBackAsItWas) {
  const CachedAnswer answer = Sample();
  const std::string text = WriteAnswer(answer);
  EXPECT_LE(text.size(), kAnswerTextOverheadBytes + answer.head_fields.size() + answer.body.size() +
                             answer.account_model.size() + answer.served_model.size());
  const auto read = ReadAnswer(text);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->is_stream, answer.is_stream);
  EXPECT_EQ(read->head_fields, answer.head_fields);
  EXPECT_EQ(read->body, answer.body);
  EXPECT_EQ(read->account_id, answer.account_id);
  EXPECT_EQ(read->account_face, answer.account_face);
  EXPECT_EQ(read->account_model, answer.account_model);
  EXPECT_EQ(read->served_model, answer.served_model);
  EXPECT_TRUE(ReadAnswer(WriteAnswer(CachedAnswer())).has_value());
}

TEST(AnswerText, WhatIsCutOrGoesOnIsNone) {
  const std::string text = WriteAnswer(Sample());
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ReadAnswer(text.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(ReadAnswer(text + "x").has_value());
  EXPECT_FALSE(ReadAnswer("hello").has_value());
}

// Whoever can write to the store must not write heads.
TEST(AnswerText, AHeadOfOtherFieldsIsNone) {
  for (const char* head :
       {"set-cookie: a\r\n", "content-type: a\r\nset-cookie: b\r\n", "content-type: a",
        "content-type: a\n\r\n", "content-type: a\r\n\r\n", "\r\n"}) {
    CachedAnswer answer = Sample();
    answer.head_fields = head;
    EXPECT_FALSE(ReadAnswer(WriteAnswer(answer)).has_value()) << head;
  }
}

}  // namespace
}  // namespace weir::relay

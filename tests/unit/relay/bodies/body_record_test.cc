#include "services/relay/bodies/body_record.h"

#include <gtest/gtest.h>

#include "libs/common/zstd_text.h"
#include "weir/v1/bodies.pb.h"

namespace weir::relay {
namespace {

CapturedBodies Captured() {
  CapturedBodies captured;
  captured.request_id = std::string(16, 'i');
  captured.key_id = 3;
  captured.user_id = 4;
  captured.group_id = 5;
  auto rules = std::make_shared<BodyRules>();
  rules->bytes_max = 1'024;
  captured.rules = rules;
  return captured;
}

v1::RecordedBody Parsed(const BodyRecord& record) {
  v1::RecordedBody body;
  EXPECT_TRUE(body.ParseFromString(record.bytes));
  return body;
}

TEST(BodyRecord, SaysWhoseAndWhat) {
  CapturedBodies captured = Captured();
  captured.Of(BodyKind::kClientAnswer) = {true, R"({"key":"sk-abcdefghij0123456789"})", 33,
                                          "application/json", true};
  const std::vector<BodyRecord> records =
      MakeBodyRecords(std::move(captured), BodyMasker({}, false));
  ASSERT_EQ(records.size(), 1U);
  const v1::RecordedBody body = Parsed(records[0]);
  EXPECT_EQ(body.request_id(), std::string(16, 'i'));
  EXPECT_EQ(body.kind(), v1::BODY_KIND_CLIENT_ANSWER);
  EXPECT_EQ(body.key_id(), 3);
  EXPECT_EQ(body.user_id(), 4);
  EXPECT_EQ(body.group_id(), 5);
  EXPECT_EQ(body.content_type(), "application/json");
  EXPECT_EQ(body.original_bytes(), 33);
  EXPECT_EQ(body.masked(), 1);
  EXPECT_EQ(records[0].masked, 1);
  EXPECT_TRUE(body.whole());
  EXPECT_FALSE(body.cut());
  EXPECT_FALSE(body.binary());
  EXPECT_EQ(*ZstdDecompress(body.zstd(), 1 << 20), R"({"key":"[masked]"})");
  EXPECT_EQ(body.text_bytes(), 18);
}

TEST(BodyRecord, WhatWasTooLongSaysSo) {
  CapturedBodies captured = Captured();
  captured.Of(BodyKind::kClientRequest) = {true, std::string(5'000, 'a'), 200'000'000, "", true};
  const v1::RecordedBody body =
      Parsed(MakeBodyRecords(std::move(captured), BodyMasker({}, false)).at(0));
  EXPECT_TRUE(body.cut());
  EXPECT_TRUE(body.whole());
  EXPECT_EQ(body.original_bytes(), 200'000'000);
  EXPECT_EQ(ZstdDecompress(body.zstd(), 1 << 20)->size(), 1'024U);
}

TEST(BodyRecord, NothingOfAPicture) {
  CapturedBodies captured = Captured();
  captured.Of(BodyKind::kClientAnswer) = {true, "\x89PNG", 4, "image/png", true};
  const v1::RecordedBody body =
      Parsed(MakeBodyRecords(std::move(captured), BodyMasker({}, false)).at(0));
  EXPECT_TRUE(body.binary());
  EXPECT_EQ(body.zstd(), "");
  EXPECT_EQ(body.original_bytes(), 4);
}

}  // namespace
}  // namespace weir::relay

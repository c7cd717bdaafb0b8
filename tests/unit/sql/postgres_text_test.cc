#include "libs/common/sql/postgres_text.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace weir::sql {
namespace {

TEST(PostgresTextTest, ARowOfCopy) {
  std::string out = "before\n";
  ASSERT_TRUE(AppendCopyRow({std::int64_t{INT64_MIN}, std::string("a\tb\nc\rd\\e"), Value(),
                             Blob{std::string("\0\xff", 2)}, std::string()},
                            out)
                  .ok());
  EXPECT_EQ(out, "before\n-9223372036854775808\ta\\tb\\nc\\rd\\\\e\t\\N\t\\\\x00ff\t");
}

TEST(PostgresTextTest, ANulByteIsNoText) {
  std::string out;
  const std::string text("a\0b", 3);
  EXPECT_TRUE(absl::IsInvalidArgument(AppendCopyRow({std::int64_t{1}, text}, out)));
  EXPECT_TRUE(absl::IsInvalidArgument(ColumnAsArray({{text}}, 0).status()));
}

TEST(PostgresTextTest, ColumnsAsArrays) {
  const std::vector<std::vector<Value>> rows = {
      {std::int64_t{1}, std::string("a\"b\\c"), Blob{"\x01\xfe"}},
      {std::int64_t{-2}, std::string(), Blob{}}};
  const auto numbers = ColumnAsArray(rows, 0);
  ASSERT_TRUE(numbers.ok()) << numbers.status();
  EXPECT_EQ(numbers->text, "{1,-2}");
  EXPECT_EQ(numbers->type, "bigint[]");
  const auto texts = ColumnAsArray(rows, 1);
  ASSERT_TRUE(texts.ok()) << texts.status();
  EXPECT_EQ(texts->text, R"({"a\"b\\c",""})");
  EXPECT_EQ(texts->type, "text[]");
  const auto bytes = ColumnAsArray(rows, 2);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(bytes->text, R"({"\\x01fe","\\x"})");
  EXPECT_EQ(bytes->type, "bytea[]");
}

TEST(PostgresTextTest, AColumnHasOneTypeAndNoNulls) {
  EXPECT_FALSE(ColumnAsArray({{std::int64_t{1}}, {std::string("1")}}, 0).ok());
  EXPECT_FALSE(ColumnAsArray({{std::int64_t{1}}, {Value()}}, 0).ok());
  EXPECT_FALSE(ColumnAsArray({{Value()}}, 0).ok());
}

}  // namespace
}  // namespace weir::sql

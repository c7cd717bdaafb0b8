#include "libs/common/sql/database_figures.h"

#include <string>

#include <gtest/gtest.h>

#include "libs/common/ids.h"
#include "tests/unit/support/databases.h"

namespace weir::sql {
namespace {

class DatabaseFiguresTest : public weir::testing::DatabaseTest {};

INSTANTIATE_ON_BOTH_DATABASES(DatabaseFiguresTest);

TEST_P(DatabaseFiguresTest, GrowWithWhatIsStored) {
  const auto before = MeasureDatabase(database());
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_EQ(before->dialect, GetParam());
  for (int i = 0; i < 50; ++i) EXPECT_GE(MeasureDatabase(database())->latency_us, 1);
  ASSERT_TRUE(database().Execute("CREATE TABLE texts (body TEXT NOT NULL)").ok());
  const std::string text = RandomHex(500'000);  // which nothing can pack
  ASSERT_TRUE(database().Execute("INSERT INTO texts (body) VALUES ($1)", {text}).ok());
  const auto after = MeasureDatabase(database());
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_GT(after->bytes, before->bytes + 100'000);
}

}  // namespace
}  // namespace weir::sql

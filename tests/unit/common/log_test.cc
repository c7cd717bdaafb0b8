#include "libs/common/log.h"

#include <string>
#include <string_view>
#include <type_traits>

#include <gtest/gtest.h>

#include "libs/common/secret.h"
#include "libs/common/text.h"

namespace weir {
namespace {

// That a secret cannot get into a line, or any text, is decided by the compiler: nothing here takes
// one, nor anything that it turns into by itself.
template <typename Value>
concept Concatenates = requires(std::string& out, const Value& value) {
  text_internal::AppendPiece(out, value);  // what StrCat and StrAppend do with each piece
};
static_assert(!std::is_constructible_v<LogValue, Secret>);
static_assert(!std::is_convertible_v<Secret, LogValue>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_constructible_v<std::string, Secret>);
static_assert(!std::is_convertible_v<Secret, bool>);
static_assert(!Concatenates<Secret>);
static_assert(Concatenates<std::string>);  // the test can see a difference

TEST(LogTest, ALineIsOneJsonObject) {
  const std::string line = LogLine(LogLevel::kWarning, "it \"happened\"",
                                   {{"text", "a\nb"}, {"number", -3}, {"flag", true}});
  EXPECT_EQ(line.substr(0, 9), R"({"time":")");
  EXPECT_NE(line.find(R"("level":"warning")"), std::string::npos);
  EXPECT_NE(line.find(R"("message":"it \"happened\"","text":"a\nb","number":-3,"flag":true})"),
            std::string::npos)
      << line;
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "and one line";
}

TEST(LogTest, KnowsItsLevels) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    EXPECT_EQ(ParseLogLevel(LogLevelText(level)), level);
  }
  for (const std::string_view word : {"", "INFO", "warn", "info ", "trace"}) {
    EXPECT_EQ(ParseLogLevel(word), std::nullopt) << word;
  }
}

TEST(LogTest, TheLevelChangesWhileTheProcessRuns) {
  const LogLevel before = CurrentLogLevel();
  SetLogLevel(LogLevel::kError);
  EXPECT_FALSE(LogsAt(LogLevel::kWarning));
  EXPECT_TRUE(LogsAt(LogLevel::kError));
  SetLogLevel(LogLevel::kDebug);
  EXPECT_TRUE(LogsAt(LogLevel::kDebug));
  SetLogLevel(before);
}

}  // namespace
}  // namespace weir

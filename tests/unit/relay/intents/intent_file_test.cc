#include "services/relay/intents/intent_file.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "tests/unit/relay/metering/spool_folder.h"

namespace weir::relay {
namespace {

struct Left {
  std::string event;
  IntentPrice price;
  IntentProgress progress;
  bool sent = false;
};

class IntentFileTest : public ::testing::Test {
 protected:
  std::vector<Left> ReadLeft() {
    std::vector<Left> left;
    const absl::Status status = IntentFile::ReadLeft(
        path_,
        [&left](const LeftIntent& one) {
          left.push_back({std::string(one.event), one.price, one.progress, one.sent});
        },
        damaged_);
    EXPECT_TRUE(status.ok()) << status;
    return left;
  }

  testing::SpoolFolder folder_;
  std::string path_ = folder_.path() + "/0.intents";
  std::unique_ptr<IntentFile> file_ = *IntentFile::Create(path_);
  std::int64_t damaged_ = 0;
};

TEST_F(IntentFileTest, WhatIsUnderWayCanBeReadAtAnyMoment) {
  Intent intent;
  ASSERT_TRUE(file_->Write(intent, "first", {.price_id = 7}, {.tokens = {.input = 10}}));
  ASSERT_EQ(ReadLeft().size(), 1U);
  EXPECT_EQ(ReadLeft()[0].event, "first");
  EXPECT_EQ(ReadLeft()[0].price.price_id, 7);
  EXPECT_EQ(ReadLeft()[0].progress.tokens.input, 10);
  EXPECT_FALSE(ReadLeft()[0].sent);
  intent.sent()->store(1);
  EXPECT_TRUE(ReadLeft()[0].sent);
  for (std::int64_t output = 1; output < 5; ++output) {
    intent.Note({.tokens = {.input = 12, .output = output}, .status = 200});
    EXPECT_EQ(ReadLeft()[0].progress.tokens.output, output);
  }
  EXPECT_EQ(ReadLeft()[0].progress.status, 200);
  intent.TakeBack();
  EXPECT_FALSE(ReadLeft()[0].sent);
  intent.Clear();
  EXPECT_TRUE(ReadLeft().empty());
  EXPECT_EQ(file_->under_way(), 0);
}

TEST_F(IntentFileTest, ASecondAttemptTakesThePlaceOfTheFirst) {
  Intent intent;
  ASSERT_TRUE(file_->Write(intent, "first", {}, {.tokens = {.input = 10, .output = 9}}));
  intent.sent()->store(1);
  ASSERT_TRUE(file_->Write(intent, "second", {}, {.tokens = {.input = 10}}));
  const std::vector<Left> left = ReadLeft();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].event, "second");
  EXPECT_EQ(left[0].progress.tokens.output, 0);
  EXPECT_FALSE(left[0].sent);
  EXPECT_EQ(file_->under_way(), 1);
  intent.Clear();
}

TEST_F(IntentFileTest, GrowsAndUsesPlacesAgain) {
  std::vector<Intent> intents(1'000);
  for (std::size_t i = 0; i < intents.size(); ++i) {
    ASSERT_TRUE(file_->Write(intents[i], StrCat("event ", i), {}, {}));
  }
  EXPECT_EQ(ReadLeft().size(), intents.size());
  const auto bytes = std::filesystem::file_size(path_);
  for (Intent& intent : intents) intent.Clear();
  for (Intent& intent : intents) ASSERT_TRUE(file_->Write(intent, "again", {}, {}));
  EXPECT_EQ(std::filesystem::file_size(path_), bytes);
  for (Intent& intent : intents) intent.Clear();
}

TEST_F(IntentFileTest, AnEventThatIsTooLongIsCountedAndNotKept) {
  Intent intent;
  EXPECT_TRUE(file_->Write(intent, std::string(IntentFile::kEventBytesMax, 'e'), {}, {}));
  EXPECT_FALSE(file_->Write(intent, std::string(IntentFile::kEventBytesMax + 1, 'e'), {}, {}));
  EXPECT_FALSE(intent.kept());
  EXPECT_EQ(file_->not_kept(), 1);
  EXPECT_TRUE(ReadLeft().empty()) << "the attempt before it is over";
  // As if it were kept.
  intent.Note({});
  intent.TakeBack();
  intent.Clear();
  EXPECT_EQ(intent.sent(), nullptr);
}

TEST_F(IntentFileTest, ATornSlotIsCountedAndTheOthersAreRead) {
  std::vector<Intent> intents(3);
  for (Intent& intent : intents) ASSERT_TRUE(file_->Write(intent, "some event", {}, {}));
  std::fstream raw(path_, std::ios::binary | std::ios::in | std::ios::out);
  raw.seekp(static_cast<std::streamoff>(4'096 + IntentFile::kSlotBytes + 272 + 3));
  raw.put('X');
  raw.close();
  EXPECT_EQ(ReadLeft().size(), 2U);
  EXPECT_EQ(damaged_, 1);
  for (Intent& intent : intents) intent.Clear();
}

TEST_F(IntentFileTest, AFullDiskIsNoErrorAndMayHaveRoomLater) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
  path_ = folder_.path() + "/full.intents";
  const auto made = IntentFile::Create(path_);
  Intent intent;
  const bool written = made.ok() && (*made)->Write(intent, "event", {}, {});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_FALSE(written);
  EXPECT_EQ((*made)->not_kept(), 1);
  EXPECT_TRUE((*made)->Write(intent, "event", {}, {}));
  EXPECT_EQ(ReadLeft().size(), 1U);
  intent.Clear();
}

TEST_F(IntentFileTest, TheFileGoesWhenNothingIsUnderWay) {
  Intent intent;
  ASSERT_TRUE(file_->Write(intent, "event", {}, {}));
  intent.Clear();
  file_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(IntentFileTest, TheFileStaysWhileSomethingIsUnderWay) {
  Intent intent;
  ASSERT_TRUE(file_->Write(intent, "event", {}, {}));
  file_.reset();
  EXPECT_EQ(ReadLeft().size(), 1U);
}

TEST_F(IntentFileTest, WhatIsNoFileOfIntentsHoldsNone) {
  path_ = folder_.path() + "/other.intents";
  std::ofstream(path_) << std::string(10'000, 'x');
  EXPECT_TRUE(ReadLeft().empty());
  EXPECT_EQ(damaged_, 0);
  path_ = folder_.path() + "/missing.intents";
  EXPECT_FALSE(IntentFile::ReadLeft(
                   path_, [](const LeftIntent&) {}, damaged_)
                   .ok());
}

}  // namespace
}  // namespace weir::relay

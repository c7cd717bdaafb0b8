#include "services/relay/intents/intent_recovery.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "services/relay/intents/intent_file.h"
#include "services/relay/metering/usage_record.h"
#include "tests/unit/relay/metering/spool_folder.h"
#include "weir/v1/usage.pb.h"

namespace weir::relay {
namespace {

using testing::ReadAll;
using testing::SpoolFolder;

constexpr IntentPrice kPrice = {
    .price_id = 7,
    .multiplier_ppm = 2 * kPpmOne,
    .prices = {{.input_pico_usd = 3'000'000, .output_pico_usd = 15'000'000},
               100,
               {.input_pico_usd = 6'000'000, .output_pico_usd = 30'000'000}}};

std::string EventOf(const std::string& id) {
  v1::UsageEvent event;
  event.set_id(id);
  event.set_relay_id("r");
  event.set_key_id(5);
  event.set_model("m");
  event.add_attempts()->set_account_id(9);
  return event.SerializeAsString();
}

IntentProgress Passed(std::int64_t input, std::int64_t output) {
  IntentProgress progress;
  progress.tokens = {.input = input, .output = output};
  progress.status = 200;
  progress.latency_ms = 1'234;
  progress.source = static_cast<std::int32_t>(UsageSource::kEstimated);
  return progress;
}

// A relay that is killed: it does what `work` says, in a process of its own, and dies.
void KilledAfter(const SpoolFolder& folder,
                 const std::function<void(UsageSpool&, IntentFile&)>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto spool = folder.Open();
    const auto file = *IntentFile::Create(NewIntentPath(folder.path(), 0));
    work(*spool, *file);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

std::vector<v1::UsageEvent> EventsOf(UsageSpool& spool) {
  std::vector<v1::UsageEvent> events;
  for (const std::string& record : ReadAll(spool, false)) {
    EXPECT_TRUE(events.emplace_back().ParseFromString(record));
  }
  spool.Rewind();
  return events;
}

TEST(IntentRecovery, WhatHadPassedIsPricedAndKnownAsIncomplete) {
  const SpoolFolder folder;
  KilledAfter(folder, [](UsageSpool&, IntentFile& file) {
    Intent intent;
    file.Write(intent, EventOf("a"), kPrice, Passed(10, 0));
    intent.sent()->store(1);
    intent.Note(Passed(20, 4));
  });
  const auto spool = folder.Open();
  EXPECT_EQ(RecoverIntents(folder.path(), *spool).events, 1);
  const std::vector<v1::UsageEvent> events = EventsOf(*spool);
  ASSERT_EQ(events.size(), 1U);
  const v1::UsageEvent& event = events[0];
  EXPECT_EQ(event.id(), "a");
  EXPECT_EQ(event.model(), "m");
  EXPECT_FALSE(event.complete());
  EXPECT_EQ(event.error_class(), "relay_died");
  EXPECT_EQ(event.status(), 200);
  EXPECT_EQ(event.latency_ms(), 1'234);
  EXPECT_EQ(event.tokens().input(), 20);
  EXPECT_EQ(event.tokens().output(), 4);
  EXPECT_EQ(event.usage_source(), v1::USAGE_SOURCE_ESTIMATED);
  EXPECT_EQ(event.price().price_id(), 7);
  EXPECT_EQ(event.cost_nano_usd(), 2 * (20 * 3'000 + 4 * 15'000));
  EXPECT_EQ(event.attempts(0).error_class(), "relay_died");
  EXPECT_TRUE(folder.Files(".intents").empty());
}

TEST(IntentRecovery, TheTierIsChosenByWhatPassed) {
  const SpoolFolder folder;
  KilledAfter(folder, [](UsageSpool&, IntentFile& file) {
    Intent intent;
    file.Write(intent, EventOf("a"), kPrice, Passed(101, 1));
    intent.sent()->store(1);
  });
  const auto spool = folder.Open();
  RecoverIntents(folder.path(), *spool);
  EXPECT_EQ(EventsOf(*spool).at(0).cost_nano_usd(), 2 * (101 * 6'000 + 30'000));
}

TEST(IntentRecovery, WhatWasNeverSentCostsNothing) {
  const SpoolFolder folder;
  KilledAfter(folder, [](UsageSpool&, IntentFile& file) {
    Intent never;
    file.Write(never, EventOf("a"), kPrice, Passed(10, 0));
    Intent failed;
    file.Write(failed, EventOf("b"), kPrice, Passed(10, 0));
    failed.sent()->store(1);
    failed.TakeBack();
  });
  const auto spool = folder.Open();
  EXPECT_EQ(RecoverIntents(folder.path(), *spool).events, 2);
  for (const v1::UsageEvent& event : EventsOf(*spool)) {
    EXPECT_EQ(event.cost_nano_usd(), 0);
    EXPECT_EQ(event.tokens().input(), 0);
    EXPECT_EQ(event.usage_source(), v1::USAGE_SOURCE_UNSPECIFIED);
  }
}

TEST(IntentRecovery, ARequestWhoseEndIsInTheSpoolIsNotTwo) {
  const SpoolFolder folder;
  KilledAfter(folder, [](UsageSpool& spool, IntentFile& file) {
    const auto writer = *spool.NewWriter();
    std::vector<Intent> intents(2);
    file.Write(intents[0], EventOf("settled"), kPrice, Passed(10, 0));
    file.Write(intents[1], EventOf("cleared"), kPrice, Passed(10, 0));
    writer->Append(EventOf("settled"));
    writer->Append(EventOf("cleared"));
    intents[1].Clear();
    ::kill(::getpid(), SIGKILL);  // between the end's record and its intent
  });
  const auto spool = folder.Open();
  const IntentRecovery recovery = RecoverIntents(folder.path(), *spool);
  EXPECT_EQ(recovery.events, 0);
  EXPECT_EQ(recovery.settled, 1);
  const std::vector<v1::UsageEvent> events = EventsOf(*spool);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].error_class(), "");
}

TEST(IntentRecovery, ProgressThatCannotBeIsNotBelieved) {
  const SpoolFolder folder;
  KilledAfter(folder, [](UsageSpool&, IntentFile& file) {
    std::vector<Intent> intents(2);
    IntentProgress torn = Passed(10, 3);
    torn.tokens.reasoning = 4;
    file.Write(intents[0], EventOf("a"), kPrice, torn);
    torn = Passed(-1, 0);
    file.Write(intents[1], EventOf("b"), kPrice, torn);
    ::kill(::getpid(), SIGKILL);
  });
  const auto spool = folder.Open();
  EXPECT_EQ(RecoverIntents(folder.path(), *spool).damaged, 2);
  EXPECT_TRUE(EventsOf(*spool).empty());
}

TEST(IntentRecovery, WithoutRoomTheyStayForTheNextStart) {
  const SpoolFolder folder;
  KilledAfter(folder, [](UsageSpool&, IntentFile& file) {
    Intent intent;
    file.Write(intent, EventOf("a"), kPrice, Passed(10, 0));
    ::kill(::getpid(), SIGKILL);
  });
  {
    const auto full = folder.Open(64 << 10, /*bytes_max=*/1);
    EXPECT_FALSE(RecoverIntents(folder.path(), *full).all);
  }
  const auto spool = folder.Open();
  EXPECT_EQ(RecoverIntents(folder.path(), *spool).events, 1);
  EXPECT_EQ(EventsOf(*spool).size(), 1U);
}

TEST(IntentRecovery, AKillDuringRecoveryLosesAndDoublesNothing) {
  const SpoolFolder folder;
  KilledAfter(folder, [](UsageSpool&, IntentFile& file) {
    std::vector<Intent> intents(40);
    for (std::size_t i = 0; i < intents.size(); ++i) {
      file.Write(intents[i], EventOf("id " + std::to_string(i)), kPrice, Passed(10, 0));
    }
    ::kill(::getpid(), SIGKILL);
  });
  // Once: recovered, and killed before the file of intents was removed.
  const std::string left = folder.Files(".intents").at(0);
  const std::string kept = folder.path() + "/kept";
  std::filesystem::copy_file(left, kept);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto spool = folder.Open();
    RecoverIntents(folder.path(), *spool);
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  std::filesystem::rename(kept, left);
  const auto spool = folder.Open();
  EXPECT_EQ(RecoverIntents(folder.path(), *spool).settled, 40);
  EXPECT_EQ(EventsOf(*spool).size(), 40U);
}

}  // namespace
}  // namespace weir::relay

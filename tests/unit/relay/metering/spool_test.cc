#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/metering/crc32c.h"
#include "services/relay/metering/spool_segment.h"
#include "services/relay/metering/usage_spool.h"
#include "tests/unit/relay/metering/spool_folder.h"

namespace weir::relay {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::ReadAll;
using ::testing::SizeIs;
using testing::SpoolFolder;

std::unique_ptr<SpoolWriter> NewWriter(UsageSpool& spool) {
  absl::StatusOr<std::unique_ptr<SpoolWriter>> writer = spool.NewWriter();
  EXPECT_TRUE(writer.ok()) << writer.status();
  return *std::move(writer);
}

template <typename Condition>
bool Eventually(const Condition& condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST(Crc32c, KnownValues) {
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(Crc32c(""), 0U);
}

TEST(Crc32c, InstructionAndTableAgree) {
  std::mt19937 random(7);
  for (std::size_t size = 0; size < 200; ++size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    ASSERT_EQ(Crc32c(bytes), Crc32cByTable(bytes)) << size;
  }
}

// What of the file's mapping is resident, in KiB.
std::int64_t ResidentKib(const std::string& path) {
  std::ifstream maps("/proc/self/smaps");
  std::string line;
  bool ours = false;
  std::int64_t kib = 0;
  while (std::getline(maps, line)) {
    const bool header = line.substr(0, line.find(' ')).find('-') != std::string::npos;
    if (header) {
      ours = line.ends_with(path);
    } else if (ours && line.starts_with("Rss:")) {
      kib += std::stol(line.substr(4));
    }
  }
  return kib;
}

TEST(SpoolSegment, OnlyPagesInUseAreResident) {
  const SpoolFolder folder;
  std::filesystem::create_directories(folder.path());
  const std::string path = folder.path() + "/0-0000000000000001.spool";
  constexpr std::uint64_t kBytes = 4 << 20;
  constexpr std::int64_t kAheadKib = 2 * kPrefaultBytes / 1024;
  auto segment = SpoolSegment::Create(path, kBytes, 1, 0);
  ASSERT_TRUE(segment.ok()) << segment.status();
  EXPECT_LE(ResidentKib(path), kAheadKib);
  const std::string payload(1'000, 'x');
  std::int64_t events = 0;
  std::uint64_t offset = kSegmentHeaderBytes;
  while ((*segment)->Append(payload)) {
    ++events;
    if ((*segment)->WantsPages()) (*segment)->Prefault();
    ASSERT_EQ((*segment)->Payload(offset), payload);
    (*segment)->MarkAcked(offset, 1);
  }
  EXPECT_GT(events, 4'000);
  EXPECT_LE(ResidentKib(path), kAheadKib + 64);
  // What was let go is in the file all the same.
  std::uint64_t again = kSegmentHeaderBytes;
  for (std::int64_t i = 0; i < events; ++i) ASSERT_EQ((*segment)->Payload(again), payload);
}

TEST(UsageSpool, ReadsEachRecordOnceAndAgainAfterRewind) {
  const SpoolFolder folder;
  const auto spool = folder.Open();
  const auto writer = NewWriter(*spool);
  for (const char* text : {"one", "two", "three"}) EXPECT_TRUE(writer->Append(text));
  EXPECT_EQ(spool->events_pending(), 3);
  const auto oldest = [&spool] {
    std::vector<std::string> payloads;
    spool->VisitOldest([&](std::string_view payload) { payloads.emplace_back(payload); });
    return payloads;
  };
  EXPECT_THAT(oldest(), ElementsAre("one"));

  EXPECT_THAT(ReadAll(*spool, false), ElementsAre("one", "two", "three"));
  EXPECT_THAT(ReadAll(*spool, false), IsEmpty());
  spool->Rewind();
  EXPECT_THAT(oldest(), ElementsAre("one")) << "read and not acknowledged";
  EXPECT_THAT(ReadAll(*spool, true), ElementsAre("one", "two", "three"));
  EXPECT_THAT(oldest(), IsEmpty());
  spool->Rewind();
  EXPECT_THAT(ReadAll(*spool, false), IsEmpty());
  EXPECT_EQ(spool->events_pending(), 0);
}

TEST(UsageSpool, ReadKeepsToItsBoundsButGivesOneRecordAlways) {
  const SpoolFolder folder;
  const auto spool = folder.Open();
  const auto writer = NewWriter(*spool);
  const std::string large(1'000, 'x');
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(writer->Append(large));
  int taken = 0;
  const auto count = [&](std::string_view) { ++taken; };
  (void)spool->Read(100, 10, count);
  EXPECT_EQ(taken, 1);
  (void)spool->Read(100, 2'500, count);
  EXPECT_EQ(taken, 3);
  (void)spool->Read(100, 2'500, count);
  EXPECT_EQ(taken, 4);
}

TEST(UsageSpool, FilesGoWhenAllInThemIsAcknowledged) {
  const SpoolFolder folder;
  const auto spool = folder.Open(4'096);
  {
    const auto writer = NewWriter(*spool);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(writer->Append(std::string(500, 'a')));
    EXPECT_GT(folder.Files().size(), 10U);
    EXPECT_THAT(ReadAll(*spool, true), SizeIs(100));
    // What is left: the file in use and its spare.
    EXPECT_TRUE(Eventually([&] { return folder.Files().size() <= 2; }));
  }
  EXPECT_THAT(ReadAll(*spool, true), IsEmpty());
  EXPECT_THAT(folder.Files(), IsEmpty());
  EXPECT_EQ(spool->bytes(), 0);
}

TEST(UsageSpool, NothingGoesBeforeItIsAcknowledged) {
  const SpoolFolder folder;
  const auto spool = folder.Open(4'096);
  const auto writer = NewWriter(*spool);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(writer->Append(StrCat(i, std::string(500, 'a'))));
  const std::vector<SpoolSpan> first = spool->Read(20, 1 << 20, [](std::string_view) {});
  EXPECT_THAT(ReadAll(*spool, false), SizeIs(30));
  spool->MarkAcked(first);
  EXPECT_EQ(spool->events_pending(), 30);
  spool->Rewind();
  const std::vector<std::string> rest = ReadAll(*spool, false);
  ASSERT_THAT(rest, SizeIs(30));
  EXPECT_TRUE(rest.front().starts_with("20"));
}

TEST(UsageSpool, RotationLetsAnOldFileGo) {
  const SpoolFolder folder;
  const auto spool = folder.Open();
  const auto writer = NewWriter(*spool);
  ASSERT_TRUE(writer->Append("before"));
  EXPECT_THAT(ReadAll(*spool, true), ElementsAre("before"));
  const std::uint64_t first = 1;
  const auto has_first = [&] {
    for (const std::string& file : folder.Files()) {
      if (file.ends_with("-0000000000000001.spool")) return true;
    }
    return false;
  };
  EXPECT_TRUE(has_first()) << first;
  spool->Rotate();
  ASSERT_TRUE(writer->Append("after"));
  EXPECT_THAT(ReadAll(*spool, true), ElementsAre("after"));
  EXPECT_FALSE(has_first());
}

TEST(UsageSpool, FullRefusesAtTheDoorFirstAndTakesWhatIsInFlight) {
  const SpoolFolder folder;
  const auto spool = folder.Open(4'096, 5 * 4'096);
  const auto writer = NewWriter(*spool);
  const std::string record(1'000, 'r');
  int appended = 0;
  while (spool->CanAccept() && appended < 100) {
    ASSERT_TRUE(writer->Append(record));
    ++appended;
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  }
  ASSERT_LT(appended, 100);
  int in_flight = 0;
  while (writer->Append(record)) ++in_flight;
  EXPECT_GE(in_flight, 2);  // the rest of the file in use
  EXPECT_GT(spool->appends_refused(), 0);
  EXPECT_LE(spool->bytes(), 5 * 4'096);

  EXPECT_THAT(ReadAll(*spool, true), SizeIs(appended + in_flight));
  EXPECT_TRUE(Eventually([&] { return spool->CanAccept(); }));
  EXPECT_TRUE(writer->Append(record));
}

TEST(UsageSpool, StartsFullAndComesBackWhenUsageTakesEvents) {
  const SpoolFolder folder;
  {
    const auto spool = folder.Open(4'096, 6 * 4'096);
    const auto writer = NewWriter(*spool);
    while (writer->Append(std::string(1'000, 'r'))) {
    }
  }
  const auto spool = folder.Open(4'096, 5 * 4'096);
  const auto writer = NewWriter(*spool);
  EXPECT_FALSE(spool->CanAccept());
  EXPECT_FALSE(ReadAll(*spool, true).empty());
  EXPECT_TRUE(Eventually([&] { return spool->CanAccept(); }));
  EXPECT_TRUE(writer->Append("again"));
}

TEST(UsageSpool, RefusesWhatCannotFit) {
  const SpoolFolder folder;
  const auto spool = folder.Open(4'096);
  const auto writer = NewWriter(*spool);
  EXPECT_FALSE(writer->Append(""));
  EXPECT_FALSE(writer->Append(std::string(4'096, 'x')));
  EXPECT_TRUE(writer->Append(std::string(4'096 - kSegmentHeaderBytes - kRecordHeaderBytes, 'x')));
  EXPECT_EQ(spool->appends_refused(), 2);
}

TEST(UsageSpool, OneRelayPerFolder) {
  const SpoolFolder folder;
  const auto spool = folder.Open();
  SpoolOptions options;
  options.folder = folder.path();
  const auto second = UsageSpool::Open(options);
  ASSERT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
  EXPECT_THAT(std::string(View(second.status().message())), ::testing::HasSubstr(folder.path()));
}

TEST(UsageSpool, AFolderThatCannotBeMadeIsSaidSo) {
  const SpoolFolder folder;
  std::ofstream(folder.path() + "/file") << "x";
  SpoolOptions options;
  options.folder = folder.path() + "/file/spool";
  EXPECT_FALSE(UsageSpool::Open(options).ok());
}

TEST(UsageSpool, RestartSendsOnlyWhatWasNotAcknowledged) {
  const SpoolFolder folder;
  {
    const auto spool = folder.Open(4'096);
    const auto writer = NewWriter(*spool);
    for (int i = 0; i < 40; ++i) ASSERT_TRUE(writer->Append(StrCat("event ", i)));
    spool->MarkAcked(spool->Read(25, 1 << 20, [](std::string_view) {}));
  }
  const auto spool = folder.Open(4'096);
  EXPECT_EQ(spool->recovery().events, 15);
  EXPECT_EQ(spool->recovery().bytes_skipped, 0);
  const std::vector<std::string> left = ReadAll(*spool, true);
  ASSERT_THAT(left, SizeIs(15));
  EXPECT_EQ(left.front(), "event 25");
  EXPECT_THAT(folder.Files(), IsEmpty());
}

TEST(UsageSpool, ManyWritersOneReader) {
  constexpr int kWriters = 4;
  constexpr int kEvents = 5'000;
  const SpoolFolder folder;
  const auto spool = folder.Open(32 << 10);
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      const auto writer = NewWriter(*spool);
      for (int i = 0; i < kEvents; ++i) ASSERT_TRUE(writer->Append(StrCat(w, ":", i)));
    });
  }
  std::vector<int> next(kWriters, 0);
  int total = 0;
  while (total < kWriters * kEvents) {
    spool->MarkAcked(spool->Read(100, 1 << 20, [&](std::string_view record) {
      const auto w = static_cast<std::size_t>(record[0] - '0');
      ASSERT_EQ(record.substr(2), StrCat(next[w]));  // in order for each writer
      ++next[w];
      ++total;
    }));
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(spool->events_pending(), 0);
}

}  // namespace
}  // namespace weir::relay

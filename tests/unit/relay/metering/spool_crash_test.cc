// What a spool finds after a process, or a disk, has failed it.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/metering/spool_segment.h"
#include "services/relay/metering/usage_spool.h"
#include "tests/unit/relay/metering/spool_folder.h"

namespace weir::relay {
namespace {

using ::testing::IsEmpty;
using testing::ReadAll;
using ::testing::SizeIs;
using testing::SpoolFolder;

std::string Content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void Replace(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

// One file with `records`, as a relay leaves it that was killed; its path.
std::string LeaveFile(const SpoolFolder& folder, const std::vector<std::string>& records) {
  const std::string copy = folder.path() + "/copy";
  std::string original;
  {
    const auto spool = folder.Open(16 << 10);
    const auto writer = *spool->NewWriter();
    for (const std::string& record : records) EXPECT_TRUE(writer->Append(record));
    for (const std::string& file : folder.Files()) {
      if (file.ends_with("-0000000000000001.spool")) original = file;
    }
    std::filesystem::copy_file(original, copy);
    ReadAll(*spool, true);
  }
  std::filesystem::rename(copy, original);
  return original;
}

std::vector<std::string> SomeRecords(int count) {
  std::vector<std::string> records;
  for (int i = 0; i < count; ++i) {
    records.push_back(
        StrCat("record ", i, " ", std::string(static_cast<std::size_t>(i) % 60, 'p')));
  }
  return records;
}

TEST(SpoolCrash, AFileCopiedInMidStateIsRecovered) {
  const SpoolFolder folder;
  const std::vector<std::string> records = SomeRecords(50);
  LeaveFile(folder, records);
  const auto spool = folder.Open();
  EXPECT_EQ(spool->recovery().segments, 1);
  EXPECT_EQ(spool->recovery().events, 50);
  EXPECT_EQ(ReadAll(*spool, true), records);
  EXPECT_THAT(folder.Files(), IsEmpty());
}

TEST(SpoolCrash, ATruncatedFileGivesItsWholeRecords) {
  const std::vector<std::string> records = SomeRecords(50);
  for (const std::size_t bytes : {1UL, 63UL, 64UL, 70UL, 100UL, 777UL, 1'500UL}) {
    const SpoolFolder folder;
    const std::string path = LeaveFile(folder, records);
    Replace(path, Content(path).substr(0, bytes));
    const auto spool = folder.Open();
    const std::vector<std::string> found = ReadAll(*spool, true);
    ASSERT_LE(found.size(), records.size());
    EXPECT_EQ(found, std::vector<std::string>(records.begin(),
                                              records.begin() + static_cast<int>(found.size())))
        << bytes;
    if (bytes == 1'500) {
      EXPECT_GT(found.size(), 10U);
    }
    EXPECT_THAT(folder.Files(), IsEmpty()) << bytes;
  }
}

TEST(SpoolCrash, ADamagedRecordEndsItsFileAndIsCounted) {
  const SpoolFolder folder;
  const std::vector<std::string> records = SomeRecords(10);
  const std::string path = LeaveFile(folder, records);
  std::string content = Content(path);
  const std::size_t at = content.find("record 6");
  ASSERT_NE(at, std::string::npos);
  content[at] = 'R';
  Replace(path, content);
  const auto spool = folder.Open();
  EXPECT_THAT(ReadAll(*spool, true), SizeIs(6));
  EXPECT_GT(spool->recovery().bytes_skipped, 40);
}

TEST(SpoolCrash, ADamagedHeadIsSetAside) {
  const SpoolFolder folder;
  const std::string path = LeaveFile(folder, SomeRecords(10));
  std::string content = Content(path);
  content[0] = 'X';
  Replace(path, content);
  const auto spool = folder.Open();
  EXPECT_THAT(ReadAll(*spool, true), IsEmpty());
  EXPECT_THAT(folder.Files(), IsEmpty());
  EXPECT_THAT(folder.Files(".damaged"), SizeIs(1));
}

TEST(SpoolCrash, AFileThatWasOnlyAllocatedIsDeleted) {
  const SpoolFolder folder;
  Replace(folder.path() + "/0-0000000000000009.spool", std::string(8'192, '\0'));
  const auto spool = folder.Open();
  EXPECT_THAT(folder.Files(), IsEmpty());
  EXPECT_THAT(folder.Files(".damaged"), IsEmpty());
}

// Whatever the bytes, recovery neither crashes nor invents: what it gives was a record.
TEST(SpoolCrash, GarbageNeverBecomesARecord) {
  const SpoolFolder source;
  const std::vector<std::string> records = SomeRecords(30);
  const std::string name = std::filesystem::path(LeaveFile(source, records)).filename().string();
  const std::string whole = Content(source.path() + "/" + name);
  std::mt19937_64 random(20261121);
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  for (int round = 0; round < 400; ++round) {
    std::string content = whole;
    const std::size_t hits = 1 + below(8);
    for (std::size_t i = 0; i < hits; ++i) {
      // Mostly where the records are; the head every now and then.
      content[below(round % 10 == 0 ? 64 : 2'200)] = static_cast<char>(random());
    }
    if (round % 3 == 0) content.resize(below(content.size()));
    const SpoolFolder folder;
    Replace(folder.path() + "/" + name, content);
    const auto spool = folder.Open();
    ASSERT_NE(spool, nullptr);
    for (const std::string& found : ReadAll(*spool, true)) {
      ASSERT_THAT(records, ::testing::Contains(found)) << round;
    }
  }
}

// Appends and tells through the pipe after each how many there are; never returns.
[[noreturn]] void AppendUntilKilled(const std::string& folder, int pipe) {
  SpoolOptions options;
  options.folder = folder;
  options.segment_bytes = 32 << 10;
  auto spool = UsageSpool::Open(options);
  if (!spool.ok()) _exit(2);
  auto writer = (*spool)->NewWriter();
  if (!writer.ok()) _exit(3);
  for (std::uint64_t i = 0;; ++i) {
    if (!(*writer)->Append(StrCat("event ", i))) _exit(4);
    const std::uint64_t appended = i + 1;
    if (::write(pipe, &appended, sizeof(appended)) != sizeof(appended)) _exit(5);
  }
}

TEST(SpoolCrash, WhatWasAppendedOutlivesKill9) {
  std::mt19937 random(11);
  for (int round = 0; round < 8; ++round) {
    const SpoolFolder folder;
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) AppendUntilKilled(folder.path(), ends[1]);
    ::close(ends[1]);
    const std::uint64_t enough = 500 + random() % 8'000;
    std::uint64_t appended = 0;
    while (appended < enough) {
      ASSERT_EQ(::read(ends[0], &appended, sizeof(appended)),
                static_cast<ssize_t>(sizeof(appended)));
    }
    ::kill(child, SIGKILL);
    // What it managed to say before it died counts too.
    for (std::uint64_t next = 0; ::read(ends[0], &next, sizeof(next)) == sizeof(next);) {
      appended = next;
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    ::close(ends[0]);

    const auto spool = folder.Open();
    const std::vector<std::string> found = ReadAll(*spool, true);
    ASSERT_GE(found.size(), appended);
    ASSERT_LE(found.size(), appended + 1);  // appended, killed before it could say so
    for (std::size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], StrCat("event ", i));
  }
}

}  // namespace
}  // namespace weir::relay

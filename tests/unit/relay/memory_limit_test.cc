#include "services/relay/memory_limit.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

class MemoryLimitTest : public ::testing::Test {
 protected:
  MemoryLimitTest() : folder_(::testing::TempDir() + "weir-cgroup-" + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder_ + "/memory");
  }
  ~MemoryLimitTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text << "\n";
  }

  std::string folder_;
};

TEST_F(MemoryLimitTest, WithoutGroupsItIsTheMachines) {
  const std::int64_t machine = MemoryLimitBytes(folder_ + "/none");
  EXPECT_GT(machine, std::int64_t{64} << 20);
  Write("memory.max", "max");
  Write("memory/memory.limit_in_bytes", "9223372036854771712");
  EXPECT_EQ(MemoryLimitBytes(folder_), machine);
}

TEST_F(MemoryLimitTest, TheSmallerOfBothKindsOfGroupsCounts) {
  Write("memory.max", "50000000");
  EXPECT_EQ(MemoryLimitBytes(folder_), 50'000'000);
  Write("memory/memory.limit_in_bytes", "40000000");
  EXPECT_EQ(MemoryLimitBytes(folder_), 40'000'000);
}

TEST_F(MemoryLimitTest, WhatIsNoNumberCountsForNothing) {
  const std::int64_t machine = MemoryLimitBytes(folder_ + "/none");
  for (const char* text : {"", "-1", "0", "12x", "99999999999999999999"}) {
    Write("memory.max", text);
    EXPECT_EQ(MemoryLimitBytes(folder_), machine) << text;
  }
}

}  // namespace
}  // namespace weir::relay

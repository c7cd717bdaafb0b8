#include "libs/common/api_key_hash.h"

#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(ApiKeyHashTest, IsSha256) {
  // FIPS 180-4's own example.
  EXPECT_EQ(absl::BytesToHexString(ApiKeyHash("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(absl::BytesToHexString(ApiKeyHash("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(ApiKeyHashTest, NewKeysAreLongAndDifferent) {
  std::set<std::string> keys;
  for (int i = 0; i < 1'000; ++i) {
    const std::string key = NewApiKey();
    EXPECT_EQ(key.size(), 46U);
    EXPECT_TRUE(key.starts_with("ck_"));
    EXPECT_EQ(
        key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        std::string::npos);
    keys.insert(key);
  }
  EXPECT_EQ(keys.size(), 1'000U);
}

TEST(ApiKeyHashTest, TheHintTellsLittle) {
  EXPECT_EQ(ApiKeyHint("ck_0123456789abcdef"), "ck_…cdef");
  EXPECT_EQ(ApiKeyHint("short"), "…");
  EXPECT_EQ(ApiKeyHint(""), "…");
  EXPECT_EQ(ApiKeyHint("nounderscoreatall1234"), "…1234");
  EXPECT_EQ(ApiKeyHint("averylongprefix_0123456789"), "…6789");
}

}  // namespace
}  // namespace weir

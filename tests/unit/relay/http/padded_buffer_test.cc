#include "services/relay/http/padded_buffer.h"

#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::size_t kLarge = 256 * 1024;

// What earlier tests have left goes with the second call.
void DropAll() {
  TrimKeptBodies();
  TrimKeptBodies();
  ASSERT_EQ(KeptBodyBytes(), 0U);
}

TEST(PaddedBufferTest, KeepsWhatIsThereWhenItGrows) {
  PaddedBuffer buffer;
  EXPECT_EQ(buffer.size(), 0U);
  std::string all;
  for (int i = 0; i < 200; ++i) {
    const std::string part(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
    buffer.Append(part.data(), part.size());
    all += part;
    ASSERT_EQ(buffer.view(), all);
  }
  buffer.Reserve(10);  // never shrinks
  EXPECT_EQ(buffer.view(), all);
  buffer.Free();
  EXPECT_EQ(buffer.view(), "");
  buffer.Append("x", 1);
  EXPECT_EQ(buffer.view(), "x");
}

TEST(PaddedBufferTest, TheNextLargeBodyGetsTheSameMemory) {
  DropAll();
  PaddedBuffer buffer;
  buffer.Reserve(kLarge);
  const char* first = buffer.data();
  buffer.Free();
  EXPECT_GE(KeptBodyBytes(), kLarge + PaddedBuffer::kPaddingBytes);
  buffer.Reserve(kLarge - 1000);
  EXPECT_EQ(buffer.data(), first);
  EXPECT_EQ(KeptBodyBytes(), 0U);
  EXPECT_GE(buffer.capacity(), kLarge - 1000);
  // Writable to its end, readable behind it.
  std::memset(buffer.data(), 'x', buffer.capacity());
  buffer.SetSize(buffer.capacity());
  volatile char sum = 0;
  for (std::size_t i = 0; i < PaddedBuffer::kPaddingBytes; ++i) {
    sum = static_cast<char>(sum + buffer.data()[buffer.size() + i]);
  }
}

TEST(PaddedBufferTest, AMuchLargerOneIsLeftForALargerBody) {
  DropAll();
  PaddedBuffer large;
  large.Reserve(8 * kLarge);
  large.Free();
  const std::size_t kept = KeptBodyBytes();
  PaddedBuffer small;
  small.Reserve(kLarge);
  EXPECT_EQ(KeptBodyBytes(), kept);
}

TEST(PaddedBufferTest, WhatIsKeptIsBounded) {
  DropAll();
  {
    std::vector<PaddedBuffer> buffers(64);
    for (PaddedBuffer& buffer : buffers) buffer.Reserve(kLarge);
    buffers[0].Reserve(2 * kKeptBodyBytesMax);
  }
  EXPECT_LE(KeptBodyBytes(), kKeptBodyBytesMax);
  EXPECT_GT(KeptBodyBytes(), kKeptBodyBytesMax / 2);
}

TEST(PaddedBufferTest, WhatIsNotUsedIsGivenBack) {
  DropAll();
  {
    std::vector<PaddedBuffer> buffers(4);
    for (PaddedBuffer& buffer : buffers) buffer.Reserve(kLarge);
  }
  const std::size_t all = KeptBodyBytes();
  TrimKeptBodies();  // all were in use since the last call
  EXPECT_EQ(KeptBodyBytes(), all);
  PaddedBuffer buffer;
  buffer.Reserve(kLarge);
  buffer.Free();
  TrimKeptBodies();  // three were not
  EXPECT_EQ(KeptBodyBytes(), all / 4);
  TrimKeptBodies();
  EXPECT_EQ(KeptBodyBytes(), 0U);
}

}  // namespace
}  // namespace weir::relay

#include "services/relay/cache/response_cache.h"

#include <algorithm>
#include <atomic>
#include <list>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::int64_t kNow = 1'000'000;
constexpr std::int64_t kLater = kNow + 1'000;
constexpr std::size_t kShards = 16;

// The first byte chooses the shard.
CacheKey Key(unsigned char shard, unsigned char number) {
  CacheKey key{};
  key[0] = shard;
  key[1] = number;
  return key;
}

std::shared_ptr<const CachedAnswer> Answer(std::string body) {
  auto answer = std::make_shared<CachedAnswer>();
  answer->body = std::move(body);
  return answer;
}

TEST(ResponseCacheTest, GivesBackWhatWasKept) {
  ResponseCache cache(1 << 20);
  EXPECT_EQ(cache.Find(Key(1, 1), kNow), nullptr);
  cache.Insert(Key(1, 1), Answer("one"), kLater);
  cache.Insert(Key(1, 2), Answer("two"), kLater);
  ASSERT_NE(cache.Find(Key(1, 1), kNow), nullptr);
  EXPECT_EQ(cache.Find(Key(1, 1), kNow)->body, "one");
  cache.Insert(Key(1, 1), Answer("three"), kLater);
  EXPECT_EQ(cache.Find(Key(1, 1), kNow)->body, "three");
  EXPECT_EQ(cache.answers(), 2U);
  cache.Erase(Key(1, 1));
  EXPECT_EQ(cache.Find(Key(1, 1), kNow), nullptr);
  EXPECT_EQ(cache.Find(Key(1, 2), kNow)->body, "two");
}

TEST(ResponseCacheTest, AnAnswerEndsAtItsTime) {
  ResponseCache cache(1 << 20);
  cache.Insert(Key(1, 1), Answer("one"), kLater);
  EXPECT_NE(cache.Find(Key(1, 1), kLater - 1), nullptr);
  EXPECT_EQ(cache.Find(Key(1, 1), kLater), nullptr);
  EXPECT_EQ(cache.answers(), 0U) << "it gives its memory back";
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(ResponseCacheTest, SwitchedOffItKeepsNothing) {
  ResponseCache cache(0);
  EXPECT_FALSE(cache.enabled());
  cache.Insert(Key(1, 1), Answer(""), kLater);
  EXPECT_EQ(cache.Find(Key(1, 1), kNow), nullptr);
  EXPECT_FALSE(cache.Reserve(1));
}

TEST(ResponseCacheTest, WhatIsTooLargeIsNotKept) {
  ResponseCache cache(kShards * 4096);
  cache.Insert(Key(1, 1), Answer(std::string(2'000, 'x')), kLater);
  EXPECT_EQ(cache.answers(), 0U);
  EXPECT_EQ(cache.answer_bytes_max(), 1024U);
}

TEST(ResponseCacheTest, AnAnswerInUseOutlivesItsPlace) {
  ResponseCache cache(1 << 20);
  cache.Insert(Key(1, 1), Answer("one"), kLater);
  const auto held = cache.Find(Key(1, 1), kNow);
  cache.Erase(Key(1, 1));
  EXPECT_EQ(held->body, "one");
}

// What a shard should hold, told the slow way.
class Model {
 public:
  explicit Model(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  std::string Find(const CacheKey& key, std::int64_t now) {
    const auto found = At(key);
    if (found == entries_.end()) return "";
    if (found->expires <= now) {
      entries_.erase(found);
      return "";
    }
    entries_.splice(entries_.begin(), entries_, found);
    return found->body;
  }

  void Insert(const CacheKey& key, const std::string& body, std::size_t bytes,
              std::int64_t expires) {
    if (const auto found = At(key); found != entries_.end()) entries_.erase(found);
    while (Bytes() + bytes > bytes_max_) entries_.pop_back();
    entries_.push_front({key, body, bytes, expires});
  }

  std::size_t Bytes() const {
    std::size_t sum = 0;
    for (const Entry& entry : entries_) sum += entry.bytes;
    return sum;
  }

 private:
  struct Entry {
    CacheKey key;
    std::string body;
    std::size_t bytes;
    std::int64_t expires;
  };
  std::list<Entry>::iterator At(const CacheKey& key) {
    return std::find_if(entries_.begin(), entries_.end(),
                        [&key](const Entry& entry) { return entry.key == key; });
  }

  std::size_t bytes_max_;
  std::list<Entry> entries_;
};

TEST(ResponseCacheTest, BehavesLikeItsModel) {
  constexpr std::size_t kShardBytes = 8 * 1024;
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    ResponseCache cache(kShards * kShardBytes);
    Model model(kShardBytes);
    std::int64_t now = kNow;
    for (int step = 0; step < 2'000; ++step) {
      const CacheKey key = Key(3, static_cast<unsigned char>(random() % 24));
      now += random() % 3;
      if (random() % 3 == 0) {
        const std::string body(1 + random() % 1'400, static_cast<char>('a' + random() % 26));
        const auto answer = Answer(body);
        const std::int64_t expires = now + 1 + static_cast<std::int64_t>(random() % 200);
        if (answer->bytes() <= cache.answer_bytes_max()) {
          model.Insert(key, body, answer->bytes(), expires);
        }
        cache.Insert(key, answer, expires);
      } else {
        const auto found = cache.Find(key, now);
        ASSERT_EQ(found == nullptr ? "" : found->body, model.Find(key, now))
            << "seed " << seed << " step " << step;
      }
      ASSERT_EQ(cache.bytes(), model.Bytes()) << "seed " << seed << " step " << step;
      ASSERT_LE(cache.bytes(), kShardBytes);
    }
  }
}

TEST(ResponseCacheTest, ManyThreadsAtOnce) {
  ResponseCache cache(kShards * 16 * 1024);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, &wrong, t] {
      std::mt19937 random(t);
      for (int i = 0; i < 20'000; ++i) {
        const auto number = static_cast<unsigned char>(random() % 64);
        const CacheKey key = Key(number, number);
        const std::string body(100 + number, static_cast<char>(number));
        if (random() % 2 == 0) {
          cache.Insert(key, Answer(body), kLater);
        } else if (const auto found = cache.Find(key, kNow); found != nullptr) {
          if (found->body != body) ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(cache.bytes(), kShards * 16 * 1024U);
}

TEST(AnswerCaptureTest, KeepsTheBytesInOrder) {
  ResponseCache cache(1 << 20);
  AnswerCapture capture(cache);
  std::string all;
  for (int i = 0; i < 300; ++i) {
    const std::string part(static_cast<std::size_t>(i % 50), static_cast<char>('a' + i % 26));
    capture.Append(part);
    all += part;
  }
  EXPECT_FALSE(capture.given_up());
  EXPECT_EQ(capture.Take(), all);
}

TEST(AnswerCaptureTest, GivesUpWhatIsTooLarge) {
  ResponseCache cache(kShards * 4096);
  AnswerCapture capture(cache);
  capture.Append(std::string(1'000, 'x'));
  EXPECT_FALSE(capture.given_up());
  capture.Append(std::string(100, 'x'));
  EXPECT_TRUE(capture.given_up());
  capture.Append("x");
  EXPECT_EQ(capture.Take(), "");
}

TEST(AnswerCaptureTest, AllTogetherAreBounded) {
  constexpr std::size_t kBytes = 1 << 20;
  ResponseCache cache(kBytes);
  std::vector<std::unique_ptr<AnswerCapture>> captures;
  std::size_t held = 0;
  for (int i = 0; i < 1'000; ++i) {
    captures.push_back(std::make_unique<AnswerCapture>(cache));
    captures.back()->Append(std::string(10'000, 'x'));
    if (!captures.back()->given_up()) held += 10'000;
  }
  EXPECT_GT(held, 0U);
  EXPECT_LE(held, kBytes / 4);
  captures.clear();
  AnswerCapture again(cache);
  again.Append("x");
  EXPECT_FALSE(again.given_up()) << "what ended gave its room back";
}

}  // namespace
}  // namespace weir::relay

#include "services/relay/accounts/upstream_signal.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/reason.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;  // Tue, 14 Nov 2023 22:13:20 GMT
constexpr std::int64_t kDayMs = 86'400'000;

UpstreamSignal Answered(int status, const std::vector<HeaderField>& fields = {}) {
  ResponseHead head;
  head.status = status;
  for (const HeaderField& field : fields) head.storage[head.count++] = field;
  return Classify(AttemptOutcome::kAnswered, &head, kNow);
}

struct Row {
  int status;
  std::string_view error_class;
  bool try_next;
  AccountEffect effect;
  bool counts_as_failure;
};

TEST(UpstreamSignalTest, EachStatusMeansWhatTheTableSays) {
  const std::vector<Row> rows = {
      {200, "", false, AccountEffect::kGood, false},
      {201, "", false, AccountEffect::kGood, false},
      {302, reason::kUpstreamError, true, AccountEffect::kNone, true},
      {400, reason::kUpstreamRejected, false, AccountEffect::kGood, false},
      {401, reason::kCredentialRejected, true, AccountEffect::kReject, false},
      {402, reason::kCredentialRejected, true, AccountEffect::kReject, false},
      {403, reason::kCredentialRejected, true, AccountEffect::kReject, false},
      {404, reason::kUpstreamRejected, false, AccountEffect::kGood, false},
      {413, reason::kUpstreamRejected, false, AccountEffect::kGood, false},
      {422, reason::kUpstreamRejected, false, AccountEffect::kGood, false},
      {429, reason::kUpstreamRateLimited, true, AccountEffect::kCoolDown, false},
      {500, reason::kUpstreamError, true, AccountEffect::kNone, true},
      {502, reason::kUpstreamError, true, AccountEffect::kNone, true},
      {503, reason::kUpstreamOverloaded, true, AccountEffect::kCoolDown, true},
      {504, reason::kUpstreamError, true, AccountEffect::kNone, true},
      {529, reason::kUpstreamOverloaded, true, AccountEffect::kCoolDown, true},
      {599, reason::kUpstreamError, true, AccountEffect::kNone, true},
  };
  for (const Row& row : rows) {
    const UpstreamSignal signal = Answered(row.status, {{"content-type", "application/json"}});
    EXPECT_EQ(signal.error_class, row.error_class) << row.status;
    EXPECT_EQ(signal.try_next, row.try_next) << row.status;
    EXPECT_EQ(signal.effect, row.effect) << row.status;
    EXPECT_EQ(signal.counts_as_failure, row.counts_as_failure) << row.status;
    EXPECT_EQ(signal.cooldown_ms > 0, row.effect == AccountEffect::kCoolDown) << row.status;
  }
}

// A page of HTML comes from something in front of the provider, not from who knows the credential.
TEST(UpstreamSignalTest, OnlyTheProviderItselfRejectsACredential) {
  for (const int status : {401, 403}) {
    for (const std::vector<HeaderField>& fields :
         {std::vector<HeaderField>{}, std::vector<HeaderField>{{"content-type", "text/html"}}}) {
      const UpstreamSignal signal = Answered(status, fields);
      EXPECT_EQ(signal.error_class, reason::kUpstreamError) << status;
      EXPECT_EQ(signal.effect, AccountEffect::kNone) << status;
      EXPECT_TRUE(signal.try_next) << status;
    }
    EXPECT_EQ(Answered(status, {{"Content-Type", "Application/JSON; charset=utf-8"}}).effect,
              AccountEffect::kReject);
  }
}

TEST(UpstreamSignalTest, EachFailureToAnswerHasItsWord) {
  const auto of = [](AttemptOutcome outcome) { return Classify(outcome, nullptr, kNow); };
  EXPECT_EQ(of(AttemptOutcome::kConnectFailed).error_class, reason::kUpstreamConnect);
  EXPECT_EQ(of(AttemptOutcome::kTimedOut).error_class, reason::kUpstreamTimeout);
  EXPECT_EQ(of(AttemptOutcome::kMalformed).error_class, reason::kUpstreamMalformed);
  EXPECT_EQ(of(AttemptOutcome::kClosed).error_class, reason::kUpstreamClosed);
  for (const AttemptOutcome outcome : {AttemptOutcome::kConnectFailed, AttemptOutcome::kTimedOut,
                                       AttemptOutcome::kMalformed, AttemptOutcome::kClosed}) {
    EXPECT_TRUE(of(outcome).try_next);
    EXPECT_TRUE(of(outcome).counts_as_failure);
  }
  const UpstreamSignal gone = of(AttemptOutcome::kClientGone);
  EXPECT_EQ(gone.error_class, reason::kClientGone);
  EXPECT_FALSE(gone.try_next);
  EXPECT_FALSE(gone.counts_as_failure);
  EXPECT_EQ(gone.effect, AccountEffect::kNone);
}

TEST(UpstreamSignalTest, ARateLimitRestsAsLongAsItSays) {
  const std::int64_t bare = Answered(429).cooldown_ms;
  EXPECT_EQ(bare, 30'000);
  EXPECT_EQ(Answered(429, {{"retry-after", "7"}}).cooldown_ms, 7'000);
  EXPECT_EQ(Answered(429, {{"Retry-After", "7"}, {"Retry-After-Ms", "1500"}}).cooldown_ms, 1'500);
  EXPECT_EQ(Answered(429, {{"retry-after", "Tue, 14 Nov 2023 22:14:20 GMT"}}).cooldown_ms, 60'000);
  EXPECT_EQ(Answered(429, {{"anthropic-ratelimit-unified-reset", "1700000090"}}).cooldown_ms,
            90'000);
  EXPECT_EQ(Answered(429, {{"retry-after", "999999999"}}).cooldown_ms, kDayMs);
  EXPECT_EQ(Answered(503, {{"retry-after", "9"}}).cooldown_ms, 9'000);
  EXPECT_EQ(Answered(529, {{"retry-after", "soon"}}).cooldown_ms, 5'000);
}

// A 429 that rests for no time at all is asked again with the very next request.
TEST(UpstreamSignalTest, ARateLimitAlwaysRests) {
  const std::vector<std::vector<HeaderField>> heads = {
      {{"retry-after", "0"}},
      {{"retry-after", "-5"}},
      {{"retry-after-ms", "0"}},
      {{"retry-after-ms", "-1"}},
      {{"retry-after", "Mon, 13 Nov 2023 00:00:00 GMT"}},
      {{"anthropic-ratelimit-unified-reset", "1600000000"}},
      {{"anthropic-ratelimit-unified-reset", "-1"}},
      {{"anthropic-ratelimit-unified-reset", "soon"}},
      {{"anthropic-ratelimit-unified-reset", "-9223372036854775808"}},
      {{"retry-after", "infinite-past"}},
  };
  for (const auto& fields : heads) {
    EXPECT_EQ(Answered(429, fields).cooldown_ms, 30'000) << fields[0].value;
  }
}

TEST(UpstreamSignalTest, NoHeaderCanMakeItOverflow) {
  EXPECT_EQ(
      Answered(429, {{"anthropic-ratelimit-unified-reset", "9223372036854775807"}}).cooldown_ms,
      kDayMs);
  EXPECT_EQ(Answered(429, {{"anthropic-ratelimit-unified-reset", "1700000000000"}}).cooldown_ms,
            kDayMs);  // milliseconds by mistake
  EXPECT_EQ(Answered(429, {{"retry-after-ms", "9223372036854775807"}}).cooldown_ms, kDayMs);
  EXPECT_EQ(Answered(429, {{"retry-after", "9223372036854775807"}}).cooldown_ms, kDayMs);
  EXPECT_EQ(RetryAfterMs("infinite-past", kNow), 0);
  EXPECT_LE(RetryAfterMs("infinite-future", kNow), kDayMs);
  EXPECT_LE(RetryAfterMs("Mon, 01 Jan 292277026596 00:00:00 GMT", kNow), kDayMs);
  EXPECT_EQ(RetryAfterMs("Mon, 01 Jan -292277026596 00:00:00 GMT", kNow), 0);
}

TEST(UpstreamSignalTest, ReadsRetryAfter) {
  EXPECT_EQ(RetryAfterMs("", kNow), 0);
  EXPECT_EQ(RetryAfterMs("1", kNow), 1'000);
  EXPECT_EQ(RetryAfterMs("1.5", kNow), 0);
  EXPECT_EQ(RetryAfterMs("Tue, 14 Nov 2023 22:13:21 GMT", kNow), 1'000);
  EXPECT_EQ(RetryAfterMs("Tue, 14 Nov 2023 22:13:20 GMT", kNow), 0);
  EXPECT_EQ(RetryAfterMs("Wed, 15 Nov 2024 22:13:20 GMT", kNow), kDayMs);
  EXPECT_EQ(RetryAfterMs("tomorrow", kNow), 0);
}

}  // namespace
}  // namespace weir::relay

#include "services/relay/accounts/upstream_signal.h"

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/reason.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;  // Tue, 14 Nov 2023 22:13:20 GMT
constexpr std::int64_t kDayMs = 86'400'000;

const HeaderField kJson{"content-type", "application/json"};
const HeaderField kRejected{"anthropic-ratelimit-unified-status", "rejected"};
const HeaderField kStream{"content-type", "text/event-stream; charset=utf-8"};

UpstreamSignal Seen(AttemptOutcome outcome, int status, const std::vector<HeaderField>& fields,
                    std::string_view body) {
  ResponseHead head;
  head.status = status;
  for (const HeaderField& field : fields) head.storage[head.count++] = field;
  return Classify(outcome, &head, body, kNow);
}

UpstreamSignal Answered(int status, const std::vector<HeaderField>& fields = {},
                        std::string_view body = {}) {
  return Seen(AttemptOutcome::kAnswered, status, fields, body);
}

struct Row {
  int status;
  SignalKind kind;
};

TEST(UpstreamSignalTest, EachStatusMeansWhatTheTableSays) {
  const std::vector<Row> rows = {
      {200, SignalKind::kGood},          {201, SignalKind::kGood},
      {302, SignalKind::kUpstreamFault}, {400, SignalKind::kCallerFault},
      {401, SignalKind::kCredential},    {402, SignalKind::kQuotaExhausted},
      {403, SignalKind::kModelRefused},  {404, SignalKind::kCallerFault},
      {408, SignalKind::kCallerFault},   {413, SignalKind::kCallerFault},
      {422, SignalKind::kCallerFault},   {429, SignalKind::kRateLimit},
      {500, SignalKind::kUpstreamFault}, {502, SignalKind::kUpstreamFault},
      {503, SignalKind::kOverload},      {504, SignalKind::kUpstreamFault},
      {529, SignalKind::kOverload},      {599, SignalKind::kUpstreamFault},
  };
  for (const Row& row : rows) {
    const UpstreamSignal signal = Answered(row.status, {kJson});
    ASSERT_NE(signal.row, nullptr);
    EXPECT_EQ(signal.row->kind, row.kind) << row.status;
    EXPECT_EQ(signal.error_class, signal.row->error_class);
    EXPECT_EQ(signal.try_next, signal.row->try_next);
    EXPECT_EQ(signal.effect, signal.row->effect);
  }
}

TEST(UpstreamSignalTest, TheRowsHoldTogether) {
  std::set<std::string_view> names;
  for (const SignalRow& row : SignalTable()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    const bool rests = row.effect == AccountEffect::kCoolDown ||
                       row.effect == AccountEffect::kCount ||
                       row.effect == AccountEffect::kRestIfBettered;
    EXPECT_EQ(row.rest.base_ms > 0, rests && row.kind != SignalKind::kAccountLimit) << row.name;
    EXPECT_LE(row.rest.base_ms, row.rest.most_ms) << row.name;
    EXPECT_FALSE(row.effect == AccountEffect::kGood && row.try_next) << row.name;
  }
  EXPECT_EQ(names.size(), 14U);
}

// The README's table is this one; print SignalTableText() to mend it.
TEST(UpstreamSignalTest, TheReadmeShowsTheTable) {
  std::ifstream file(std::string(WEIR_SOURCE_DIR) + "/services/relay/README.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(SignalTableText()), std::string::npos)
      << "services/relay/README.md must hold:\n"
      << SignalTableText();
}

// A page of HTML comes from something in front of the provider, not from who knows the credential.
TEST(UpstreamSignalTest, OnlyTheProviderItselfRejectsACredential) {
  for (const int status : {401, 403}) {
    for (const std::vector<HeaderField>& fields :
         {std::vector<HeaderField>{}, std::vector<HeaderField>{{"content-type", "text/html"}}}) {
      const UpstreamSignal signal = Answered(status, fields);
      EXPECT_EQ(signal.row->kind, SignalKind::kUpstreamFault) << status;
      EXPECT_TRUE(signal.try_next) << status;
    }
    const UpstreamSignal signal =
        Answered(status, {{"Content-Type", "Application/JSON; charset=utf-8"}},
                 R"({"error":{"type":"authentication_error"}})");
    EXPECT_EQ(signal.effect, AccountEffect::kReject);
  }
}

TEST(UpstreamSignalTest, EachFailureToAnswerHasItsRow) {
  const auto of = [](AttemptOutcome outcome) { return Classify(outcome, nullptr, {}, kNow); };
  EXPECT_EQ(of(AttemptOutcome::kConnectFailed).row->kind, SignalKind::kConnect);
  EXPECT_EQ(of(AttemptOutcome::kTimedOut).row->kind, SignalKind::kTimeout);
  EXPECT_EQ(of(AttemptOutcome::kMalformed).row->kind, SignalKind::kMalformed);
  EXPECT_EQ(of(AttemptOutcome::kClosed).row->kind, SignalKind::kClosed);
  const UpstreamSignal gone = of(AttemptOutcome::kClientGone);
  EXPECT_EQ(gone.error_class, reason::kClientGone);
  EXPECT_FALSE(gone.try_next);
  EXPECT_EQ(gone.effect, AccountEffect::kNone);
}

TEST(UpstreamSignalTest, ARateLimitRestsAsLongAsItSays) {
  EXPECT_EQ(Answered(429).told_ms, 0);
  EXPECT_EQ(Answered(429).row->kind, SignalKind::kRateLimit);
  EXPECT_EQ(Answered(429, {{"retry-after", "7"}}).told_ms, 7'000);
  EXPECT_EQ(Answered(429, {{"retry-after", "7"}}).row->kind, SignalKind::kAccountLimit);
  EXPECT_EQ(Answered(429, {{"Retry-After", "7"}, {"Retry-After-Ms", "1500"}}).told_ms, 1'500);
  EXPECT_EQ(Answered(429, {{"retry-after", "Tue, 14 Nov 2023 22:14:20 GMT"}}).told_ms, 60'000);
  EXPECT_EQ(Answered(429, {{"retry-after", "999999999"}}).told_ms, kDayMs);
  EXPECT_EQ(Answered(503, {{"retry-after", "9"}}).told_ms, 9'000);
  EXPECT_EQ(Answered(529, {{"retry-after", "soon"}}).told_ms, 0);
}

// An API key has limits by model, a subscription one window for all of its models.
TEST(UpstreamSignalTest, ARateLimitIsAboutTheModelOrTheAccount) {
  EXPECT_FALSE(Answered(429, {{"retry-after", "7"}}).whole_account);
  EXPECT_FALSE(Answered(429).whole_account);
  EXPECT_TRUE(Answered(429, {{"anthropic-ratelimit-unified-status", "rejected"}}).whole_account);
  EXPECT_FALSE(Answered(529).whole_account);
  EXPECT_TRUE(Answered(402).whole_account);
}

// The window of a subscription that lets requests in is not what was reached.
TEST(UpstreamSignalTest, AWindowThatLetsInDoesNotRestTheAccount) {
  const HeaderField reset{"anthropic-ratelimit-unified-reset", "1700003600"};
  for (const std::string_view status : {"allowed", "allowed_warning"}) {
    const HeaderField lets_in{"anthropic-ratelimit-unified-status", status};
    UpstreamSignal signal = Answered(429, {lets_in, reset});
    EXPECT_EQ(signal.row->kind, SignalKind::kRateLimit) << status;
    EXPECT_FALSE(signal.whole_account) << status;
    signal = Answered(429, {lets_in, reset, {"retry-after", "7"}});
    EXPECT_EQ(signal.told_ms, 7'000) << status;
    EXPECT_FALSE(signal.whole_account) << status;
  }
  EXPECT_FALSE(Answered(429, {reset}).whole_account) << "nobody says that it is spent";
  const UpstreamSignal rejected = Answered(429, {kRejected, reset});
  EXPECT_EQ(rejected.told_ms, 3'600'000);
  EXPECT_TRUE(rejected.whole_account);
  // One family of models has a window of its own, and that one is spent.
  const UpstreamSignal of_one =
      Answered(429, {kRejected,
                     reset,
                     {"anthropic-ratelimit-unified-5h-status", "allowed"},
                     {"anthropic-ratelimit-unified-7d-status", "allowed_warning"}});
  EXPECT_EQ(of_one.told_ms, 3'600'000);
  EXPECT_FALSE(of_one.whole_account);
}

TEST(UpstreamSignalTest, TheLimitThatWasReachedSaysWhenItIsOver) {
  EXPECT_EQ(Answered(429, {{"anthropic-ratelimit-requests-remaining", "0"},
                           {"anthropic-ratelimit-requests-reset", "2023-11-14T22:13:50Z"},
                           {"anthropic-ratelimit-tokens-remaining", "1200"},
                           {"anthropic-ratelimit-tokens-reset", "2023-11-14T23:13:20Z"}})
                .told_ms,
            30'000);
  EXPECT_EQ(Answered(429, {{"x-ratelimit-remaining-requests", "7"},
                           {"x-ratelimit-reset-requests", "1h"},
                           {"x-ratelimit-remaining-tokens", "0"},
                           {"x-ratelimit-reset-tokens", "2s"}})
                .told_ms,
            2'000);
  const UpstreamSignal both = Answered(429, {{"x-ratelimit-remaining-requests", "0"},
                                             {"x-ratelimit-reset-requests", "9s"},
                                             {"x-ratelimit-remaining-tokens", "0"},
                                             {"x-ratelimit-reset-tokens", "2s"}});
  EXPECT_EQ(both.told_ms, 9'000) << "until both have room";
  EXPECT_EQ(both.row->kind, SignalKind::kAccountLimit);
  EXPECT_FALSE(both.whole_account);
  EXPECT_EQ(
      Answered(429, {{"x-ratelimit-remaining-requests", "7"}, {"x-ratelimit-reset-requests", "1h"}})
          .row->kind,
      SignalKind::kRateLimit);
}

struct Said {
  int status;
  SignalKind kind;
  std::string_view body;
};

TEST(UpstreamSignalTest, ARefusalIsAboutTheCredentialTheModelOrTheRequest) {
  const std::vector<Said> rows = {
      {403, SignalKind::kModelRefused,
       R"({"type":"error","error":{"type":"permission_error","message":"no access"}})"},
      {403, SignalKind::kModelRefused,
       R"({"error":{"message":"Project `p` does not have access to model `m`",)"
       R"("type":"invalid_request_error","code":"model_not_found"}})"},
      {403, SignalKind::kModelRefused, "not JSON after all"},
      {403, SignalKind::kCredential,
       R"({"type":"error","error":{"type":"authentication_error","message":"x"}})"},
      {403, SignalKind::kCredential, R"({"error":{"code":"account_deactivated"}})"},
      {403, SignalKind::kCredential,
       R"({"type":"error","error":{"type":"permission_error",)"
       R"("message":"OAuth token has been revoked. Please obtain a new token."}})"},
      {401, SignalKind::kCredential, R"({"error":{"code":"invalid_api_key"}})"},
      {400, SignalKind::kCredential,
       R"({"type":"error","error":{"type":"invalid_request_error",)"
       R"("message":"This organization has been disabled."}})"},
      {400, SignalKind::kCallerFault,
       R"({"type":"error","error":{"type":"authentication_error",)"
       R"("message":"The long context beta is not yet available for this subscription."}})"},
      {400, SignalKind::kModelRefused, R"({"error":{"code":"model_not_found"}})"},
      {404, SignalKind::kModelRefused, R"({"error":{"code":"model_not_found"}})"},
      {404, SignalKind::kModelRefused,
       R"({"type":"error","error":{"type":"not_found_error","message":"model: m"}})"},
      {404, SignalKind::kCallerFault,
       R"({"type":"error","error":{"type":"not_found_error","message":"File not found: f"}})"},
      {404, SignalKind::kCallerFault, ""},
      {400, SignalKind::kCallerFault,
       R"({"error":{"message":"The model `m` takes no pictures","code":null}})"},
  };
  for (const Said& row : rows) {
    const UpstreamSignal signal = Answered(row.status, {kJson}, row.body);
    EXPECT_EQ(signal.row->kind, row.kind) << row.status << row.body;
  }
  EXPECT_FALSE(RowOf(SignalKind::kModelRefused).whole_account);
}

TEST(UpstreamSignalTest, TimesThatSayNothingAreABareRateLimit) {
  const std::vector<std::vector<HeaderField>> heads = {
      {{"retry-after", "0"}},
      {{"retry-after", "-5"}},
      {{"retry-after-ms", "0"}},
      {{"retry-after-ms", "-1"}},
      {{"retry-after", "Mon, 13 Nov 2023 00:00:00 GMT"}},
      {kRejected, {"anthropic-ratelimit-unified-reset", "1600000000"}},
      {kRejected, {"anthropic-ratelimit-unified-reset", "-1"}},
      {kRejected, {"anthropic-ratelimit-unified-reset", "soon"}},
      {kRejected, {"anthropic-ratelimit-unified-reset", "-9223372036854775808"}},
      {{"retry-after", "infinite-past"}},
  };
  for (const auto& fields : heads) {
    const UpstreamSignal signal = Answered(429, fields);
    EXPECT_EQ(signal.told_ms, 0) << fields[0].value;
    EXPECT_EQ(signal.row->kind, SignalKind::kRateLimit) << fields[0].value;
  }
}

TEST(UpstreamSignalTest, NoHeaderCanMakeItOverflow) {
  const auto until = [](std::string_view reset) {
    return Answered(429, {kRejected, {"anthropic-ratelimit-unified-reset", reset}}).told_ms;
  };
  EXPECT_EQ(until("9223372036854775807"), kDayMs);
  EXPECT_EQ(until("1700090000000"), kDayMs) << "milliseconds";
  EXPECT_EQ(Answered(429, {{"retry-after-ms", "9223372036854775807"}}).told_ms, kDayMs);
  EXPECT_EQ(Answered(429, {{"retry-after", "9223372036854775807"}}).told_ms, kDayMs);
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

TEST(UpstreamSignalTest, ASpentQuotaIsToldByTheBody) {
  const std::vector<std::pair<int, std::string_view>> spent = {
      {429, R"({"error":{"message":"You exceeded your current quota","type":"insufficient_quota",)"
            R"("param":null,"code":"insufficient_quota"}})"},
      {429, R"({"type":"error","error":{"type":"rate_limit_error","message":"x",)"
            R"("details":{"error_code":"enforced_spend_limit_reached"}}})"},
      {400, R"({"type":"error","error":{"type":"invalid_request_error",)"
            R"("message":"Your credit balance is too low to access the Anthropic API."}})"},
      {403, R"({"error":{"code":"billing_not_active","message":"pay"}})"},
  };
  for (const auto& [status, body] : spent) {
    EXPECT_TRUE(WantsBody([status = status] {
      ResponseHead head;
      head.status = status;
      head.storage[head.count++] = kJson;
      return head;
    }()));
    const UpstreamSignal signal = Answered(status, {kJson}, body);
    EXPECT_EQ(signal.row->kind, SignalKind::kQuotaExhausted) << body;
    EXPECT_TRUE(signal.whole_account);
  }
  EXPECT_EQ(Answered(429, {kJson, {"retry-after", "3"}},
                     R"({"error":{"type":"requests","code":"rate_limit_exceeded"}})")
                .row->kind,
            SignalKind::kAccountLimit);
}

// A caller must not be able to rest an account with what the provider echoes of the request.
TEST(UpstreamSignalTest, AnEchoOfTheCallersWordsIsNoQuota) {
  for (
      const std::string_view body :
      {R"({"type":"error","error":{"type":"invalid_request_error","message":)"
       R"("model: \"code\":\"insufficient_quota\" is not there"}})",
       R"({"type":"error","error":{"type":"invalid_request_error","message":)"
       R"("bad text 'Your credit balance is too low'"}})",
       R"({"type":"error","error":{"type":"invalid_request_error","message":)"
       R"("Your credit balance is too low: no tool has this name"}})",
       R"({"detail":[{"type":"insufficient_quota","input":{"code":"insufficient_quota"}}]})",
       R"({"error":{"type":"invalid_request_error","message":"x","input":{"error":{)"
       R"("code":"billing_not_active"}}}})",
       R"({"error":{"message":"unknown model insufficient_quota","type":"invalid_request_error"}})"}) {
    EXPECT_EQ(Answered(400, {kJson}, body).row->kind, SignalKind::kCallerFault) << body;
  }
}

struct Opening200 {
  SignalKind kind;
  HeaderField type;
  std::string_view body;
};

TEST(UpstreamSignalTest, AnErrorInsteadOfAnAnswerFailsOverByWhatItSays) {
  const std::vector<Opening200> rows = {
      {SignalKind::kOverload, kStream,
       "event: error\ndata: "
       "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":"
       "\"Overloaded\"}}\n\n"},
      {SignalKind::kUpstreamFault, kStream,
       "event: error\r\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\"}}\r\n\r\n"},
      {SignalKind::kRateLimit, kStream,
       "data: {\"error\":{\"message\":\"slow\",\"code\":\"rate_limit_exceeded\"}}\n\n"},
      {SignalKind::kOverload, kStream, "data: {\"error\":{\"code\":503,\"message\":\"x\"}}\n\n"},
      {SignalKind::kUpstreamFault, kStream,
       "data: { \"error\" : {\"type\":\"server_error\",\"message\":\"x\"}}\n\n"},
      {SignalKind::kQuotaExhausted, kStream,
       "data: {\"error\":{\"type\":\"insufficient_quota\"}}\n\n"},
      {SignalKind::kCallerFault, kStream,
       "event: error\ndata: "
       "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\"}}\n\n"},
      {SignalKind::kCredential, kStream,
       "event: error\ndata: "
       "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\"}}\n\n"},
      {SignalKind::kModelRefused, kStream,
       "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"permission_error\"}}\n\n"},
      {SignalKind::kOverload, kJson, R"({"error":{"code":529,"message":"busy"}})"},
      {SignalKind::kUpstreamFault, kJson, "  {\n \"error\" : \"it broke\"}"},
  };
  for (const Opening200& row : rows) {
    const UpstreamSignal signal = Seen(AttemptOutcome::kErrorInAnswer, 200, {row.type}, row.body);
    EXPECT_EQ(signal.row->kind, row.kind) << row.body;
  }
}

UpstreamSignal OfSession(int status, const std::vector<HeaderField>& fields) {
  ResponseHead head;
  head.status = status;
  for (const HeaderField& field : fields) head.storage[head.count++] = field;
  return ClassifyForSession(AttemptOutcome::kAnswered, &head, {}, kNow);
}

TEST(UpstreamSignalTest, ASessionsEndShowsAsAPageOrTheWayToALogIn) {
  const HeaderField page{"content-type", "text/html"};
  const auto kind = [](int status, const std::vector<HeaderField>& fields) {
    return OfSession(status, fields).row->kind;
  };
  EXPECT_EQ(kind(401, {page}), SignalKind::kCredential);
  EXPECT_EQ(kind(401, {kJson}), SignalKind::kCredential);
  EXPECT_EQ(kind(302, {{"location", "https://chat.example.com/LogIn?next=/"}}),
            SignalKind::kCredential);
  EXPECT_EQ(kind(307, {{"location", "/api/auth/signin"}}), SignalKind::kCredential);
  // A base URL that is set up wrongly, and a page of somebody in front.
  EXPECT_EQ(kind(302, {{"location", "https://example.com/v2"}}), SignalKind::kUpstreamFault);
  EXPECT_EQ(kind(308, {{"location", "/login"}}), SignalKind::kUpstreamFault);
  EXPECT_EQ(kind(403, {page}), SignalKind::kUpstreamFault);
  EXPECT_EQ(kind(500, {page}), SignalKind::kUpstreamFault);
  EXPECT_EQ(kind(200, {page}), SignalKind::kGood);
  EXPECT_EQ(ClassifyForSession(AttemptOutcome::kTimedOut, nullptr, {}, kNow).row->kind,
            SignalKind::kTimeout);
  EXPECT_EQ(Answered(401, {page}).row->kind, SignalKind::kUpstreamFault) << "of other accounts";
}

}  // namespace
}  // namespace weir::relay

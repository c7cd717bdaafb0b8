#include "services/relay/metering/traffic_figures.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::relay {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kAnthropic = 1;

UsageRecord Answered(std::int64_t latency_ms) {
  UsageRecord record;
  record.operation = "messages";
  record.status = 200;
  record.complete = true;
  record.latency_ms = latency_ms;
  return record;
}

std::string Exposed(const std::vector<const TrafficFigures*>& loops) {
  Metrics metrics;
  AddTrafficMetrics(loops, metrics);
  return metrics.Expose();
}

TEST(TrafficFiguresTest, LoopsAreSummedAndBucketsAddUp) {
  const auto one = std::make_unique<TrafficFigures>();
  const auto other = std::make_unique<TrafficFigures>();
  one->Note(Answered(10), kAnthropic);  // the bound itself belongs to its bucket
  other->Note(Answered(11), kAnthropic);
  other->Note(Answered(400'000), kAnthropic);
  const std::string text = Exposed({one.get(), other.get()});
  const std::string series = R"(gen_ai_server_request_duration_seconds)";
  const std::string labels =
      R"(gen_ai_operation_name="chat",gen_ai_provider_name="anthropic",outcome="complete")";
  EXPECT_THAT(text, HasSubstr("# TYPE " + series + " histogram"));
  EXPECT_THAT(text, HasSubstr(series + "_bucket{" + labels + R"(,le="0.01"} 1)"));
  EXPECT_THAT(text, HasSubstr(series + "_bucket{" + labels + R"(,le="0.02"} 2)"));
  EXPECT_THAT(text, HasSubstr(series + "_bucket{" + labels + R"(,le="+Inf"} 3)"));
  EXPECT_THAT(text, HasSubstr(series + "_count{" + labels + "} 3"));
  EXPECT_THAT(text, HasSubstr(series + "_sum{" + labels + "} 400.021"));
}

TEST(TrafficFiguresTest, WhatNeverWasIsNoSeries) {
  const auto figures = std::make_unique<TrafficFigures>();
  EXPECT_THAT(Exposed({figures.get()}), Not(HasSubstr("gen_ai_server")));
  figures->Note(Answered(5), kAnthropic);
  const std::string text = Exposed({figures.get()});
  EXPECT_THAT(
      text,
      Not(HasSubstr("_bucket{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\"")));
}

TEST(TrafficFiguresTest, FirstTokensAreOfStreamsAndTokensOfWhatIsKnown) {
  const auto figures = std::make_unique<TrafficFigures>();
  UsageRecord record = Answered(900);
  record.first_token_ms = 300;
  figures->Note(record, kAnthropic);
  EXPECT_THAT(Exposed({figures.get()}), Not(HasSubstr("time_to_first_token")));
  EXPECT_THAT(Exposed({figures.get()}), Not(HasSubstr("token_usage")));
  record.stream = true;
  record.usage_source = UsageSource::kReported;
  record.tokens.input = 100;
  record.tokens.cache_read = 900;
  record.tokens.output = 7;
  record.cost_nano_usd = 123;
  figures->Note(record, kAnthropic);
  const std::string text = Exposed({figures.get()});
  const std::string labels = R"({gen_ai_operation_name="chat",gen_ai_provider_name="anthropic")";
  EXPECT_THAT(text, HasSubstr("gen_ai_server_time_to_first_token_seconds_sum" + labels + "} 0.3"));
  EXPECT_THAT(text, HasSubstr("gen_ai_client_token_usage_sum" + labels +
                              R"(,gen_ai_token_type="input"} 1000)"));
  EXPECT_THAT(text, HasSubstr("gen_ai_client_token_usage_sum" + labels +
                              R"(,gen_ai_token_type="output"} 7)"));
  EXPECT_THAT(text,
              HasSubstr(R"(weir_relay_cost_nano_usd_total{gen_ai_provider_name="anthropic"} 123)"));
}

TEST(TrafficFiguresTest, LabelsAreOfFixedSets) {
  EXPECT_EQ(kOperationLabels[OperationLabelOf("batch_embed_contents")], "embeddings");
  EXPECT_EQ(kOperationLabels[OperationLabelOf("what a client made up")], "other");
  EXPECT_EQ(kOutcomeLabels[OutcomeLabelOf(200, true)], "complete");
  EXPECT_EQ(kOutcomeLabels[OutcomeLabelOf(200, false)], "incomplete");
  EXPECT_EQ(kOutcomeLabels[OutcomeLabelOf(429, false)], "refused");
  EXPECT_EQ(kOutcomeLabels[OutcomeLabelOf(503, true)], "failed");
  EXPECT_EQ(kOutcomeLabels[OutcomeLabelOf(0, false)], "failed");
}

}  // namespace
}  // namespace weir::relay

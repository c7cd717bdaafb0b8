#include "services/admin/model/provider_usage.h"

#include <string>

#include <gtest/gtest.h>

#include "services/admin/model/csv.h"
#include "services/admin/model/time_text.h"

namespace weir::admin {
namespace {

std::int64_t Day(std::string_view day) {
  return ParseTime(std::string(day) + "T00:00:00Z").value_or(-1);
}

std::string CellOf(std::string_view text) {
  std::string out;
  AppendCsvText(text, out);
  return out;
}

TEST(CsvTest, CellsThatLookLikeFormulasStayText) {
  EXPECT_EQ(CellOf("plain"), "plain");
  EXPECT_EQ(CellOf(""), "");
  EXPECT_EQ(CellOf("a,b"), "\"a,b\"");
  EXPECT_EQ(CellOf("say \"x\""), "\"say \"\"x\"\"\"");
  for (const std::string start : {"=", "+", "-", "@", "\t"}) {
    EXPECT_EQ(CellOf(start + "1"), "'" + start + "1");
  }
  EXPECT_EQ(CellOf("=1,2"), "\"'=1,2\"");
  EXPECT_EQ(CellOf("\r1"), "\"'\r1\"");
  EXPECT_EQ(CellOf("a=1"), "a=1");
}

TEST(CsvTest, ReadsWhatItWrites) {
  const auto rows = ParseCsv(
      "\xef\xbb\xbf"
      "a,\"b,\"\"c\"\"\",\"two\nlines\"\r\n\r\n,x,\n",
      10);
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].cells, (std::vector<std::string>{"a", "b,\"c\"", "two\nlines"}));
  EXPECT_EQ((*rows)[1].cells, (std::vector<std::string>{"", "x", ""}));
  EXPECT_EQ((*rows)[1].line, 4u);
  EXPECT_EQ(ParseCsv("a,b", 10)->at(0).cells.size(), 2u);
  for (const char* text : {"\"open", "a\"b\"", "\"a\"b", "a,\xff"}) {
    EXPECT_FALSE(ParseCsv(text, 10).ok()) << text;
  }
  EXPECT_FALSE(ParseCsv("1\n2\n3\n", 2).ok());
}

TEST(ProviderUsageTest, ReadsAnthropicsExport) {
  const auto use = ParseProviderUse(
      "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,"
      "usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,"
      "usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,"
      "web_search_count\n"
      "2026-03-01,claude-sonnet-4-5-20250929,prod,Default,standard,\u2264 200k,10,2,3,40,5,0\n"
      "2026-03-01,claude-sonnet-4-5-20250929,ci,Default,standard,\u2264 200k,1,0,0,0,1,0\n");
  ASSERT_TRUE(use.ok()) << use.status();
  EXPECT_EQ(use->form, UseForm::kAnthropic);
  EXPECT_FALSE(use->known.test(kRequests)) << "it tells none";
  ASSERT_EQ(use->rows.size(), 1u);
  const auto& [key, counts] = *use->rows.begin();
  EXPECT_EQ(key.day_unix_ms, Day("2026-03-01"));
  EXPECT_EQ(key.model, "claude-sonnet-4-5");
  EXPECT_EQ(counts, (UseCounts{0, 11, 6, 40, 2, 3, 0}));
}

TEST(ProviderUsageTest, ReadsOpenaisExport) {
  const auto use = ParseProviderUse(
      "start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,"
      "api_key_id,model,batch,service_tier,input_tokens,output_tokens,input_cached_tokens\n"
      "1772323200,1772409600,2026-03-01T00:00:00+00:00,2026-03-02T00:00:00+00:00,p,7,,k,"
      "gpt-4o-2024-08-06,false,default,1000,50,600\n"
      "1772409600,1772496000,2026-03-02T00:00:00+00:00,2026-03-03T00:00:00+00:00,,,,,,,,,,\n");
  ASSERT_TRUE(use.ok()) << use.status();
  EXPECT_EQ(use->form, UseForm::kOpenai);
  ASSERT_EQ(use->rows.size(), 1u) << "a day without use has an empty row";
  EXPECT_EQ(use->rows.begin()->first.model, "gpt-4o");
  EXPECT_EQ(use->rows.begin()->second, (UseCounts{7, 400, 50, 600, 0, 0, 0}))
      << "input_tokens holds the cached ones too";
}

TEST(ProviderUsageTest, ReadsAPlainTable) {
  const auto use = ParseProviderUse(
      "day,model,account,requests,input_tokens,cost_usd\n2026-03-01,m,main,2,10.0,0.5\n"
      "2026-03-01,m,main,1,,0.25\n");
  ASSERT_TRUE(use.ok()) << use.status();
  EXPECT_TRUE(use->has_accounts);
  ASSERT_EQ(use->rows.size(), 1u);
  EXPECT_EQ(use->rows.begin()->first.account, "main");
  EXPECT_EQ(use->rows.begin()->second, (UseCounts{3, 10, 0, 0, 0, 0, 750'000'000}));
}

TEST(ProviderUsageTest, SaysWhereAFileCannotBeRead) {
  const std::string day = "day,model,input_tokens\n";
  const std::pair<std::string, std::string> cases[] = {
      {"", "empty"},
      {"a,b\n1,2\n", "line 1"},
      {day, "no rows"},
      {"day,model\n2026-03-01,m\n", "no column of counts"},
      {"day,input_tokens\n2026-03-01,1\n", "column model: is missing"},
      {"day,model,input_tokens,colour\n2026-03-01,m,1,red\n", "column colour"},
      {"day,model,day\n", "column day: stands there twice"},
      {day + "2026-03-01,m\n", "line 2 must have 3 cells, has 2"},
      {day + "2026-03-01,m,1\n2026-03-01,m,-1\n", "line 3, column input_tokens"},
      {day + "2026-03-01,m,1.5\n", "line 2, column input_tokens"},
      {day + "01/03/2026,m,1\n", "line 2, column day"},
      {day + "2026-03-01,,1\n", "line 2, column model"},
      {day + "2026-03-01,m,99999999999999999999\n", "line 2, column input_tokens"},
      {"day,model,cost_usd\n2026-03-01,m,$1\n", "line 2, column cost_usd"},
      {"num_model_requests,start_time,model,input_tokens,input_cached_tokens\n1,1772323200,m,1,2\n",
       "line 2, column input_cached_tokens"},
  };
  for (const auto& [text, wanted] : cases) {
    const auto use = ParseProviderUse(text);
    ASSERT_FALSE(use.ok()) << text;
    EXPECT_NE(std::string(use.status().message()).find(wanted), std::string::npos) << use.status();
  }
}

TEST(ProviderUsageTest, ANumberIsOnlyATimeWhereItCanBeOne) {
  for (const std::string day : {"20261122", "0", "-5", "999999999", "10000000000"}) {
    const auto use = ParseProviderUse("day,model,requests\n" + day + ",m,1\n");
    EXPECT_TRUE(absl::IsInvalidArgument(use.status())) << day;
    EXPECT_NE(use.status().message().find("line 2, column day"), std::string::npos) << day;
  }
  EXPECT_TRUE(ParseProviderUse("day,model,requests\n1772323200,m,1\n").ok());
}

TEST(ProviderUsageTest, SumsThatNoNumberHoldsAreRefused) {
  std::string csv = "day,model,cost_usd\n";
  for (int i = 0; i < 3; ++i) csv += "2026-03-01,m" + std::to_string(i) + ",1500000000\n";
  const auto use = ParseProviderUse(csv);
  EXPECT_TRUE(absl::IsInvalidArgument(use.status())) << "of several models, but one total";
  EXPECT_NE(use.status().message().find("line 4, column cost_nano_usd: adds up to more than"),
            std::string::npos)
      << use.status();
}

TEST(ProviderUsageTest, DatesOfModelsAreTakenOff) {
  EXPECT_EQ(ModelWithoutDate("claude-sonnet-4-5-20250929"), "claude-sonnet-4-5");
  EXPECT_EQ(ModelWithoutDate("gpt-4o-2024-08-06"), "gpt-4o");
  EXPECT_EQ(ModelWithoutDate("gpt-4o"), "gpt-4o");
  EXPECT_EQ(ModelWithoutDate("-20250929"), "-20250929");
  EXPECT_EQ(ModelWithoutDate("gpt-3.5-turbo-1106"), "gpt-3.5-turbo-1106");
  EXPECT_EQ(ModelWithoutDate("x-2024-08-0a"), "x-2024-08-0a");
}

TEST(ProviderUsageTest, ComparesWhatTheFileKnows) {
  const UseKey a{0, "a", ""};
  const UseKey b{0, "b", ""};
  const UseKey c{0, "c", ""};
  const UseKey d{0, "d", ""};
  KnownCounts known;
  known.set(kInputTokens);
  const auto rows = CompareUse({{a, {0, 5}}, {b, {0, 5}}, {c, {0, 5}}},
                               {{a, {9, 5}}, {b, {9, 6}}, {d, {1, 1}}}, known);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].match, UseMatch::kSame) << "requests are not in the file";
  EXPECT_EQ(rows[1].match, UseMatch::kDiffers);
  EXPECT_EQ(rows[2].match, UseMatch::kOnlyInFile);
  EXPECT_EQ(rows[3].match, UseMatch::kOnlyInLedger);
  EXPECT_EQ(rows[3].ledger[kInputTokens], 1);
}

}  // namespace
}  // namespace weir::admin

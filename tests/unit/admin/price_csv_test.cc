#include "services/admin/model/price_csv.h"

#include <string>

#include <gtest/gtest.h>

#include "services/admin/model/problem.h"

namespace weir::admin {
namespace {

TEST(PriceCsvTest, ReadsPricesAsIntegers) {
  const auto prices = ParsePriceCsv(
      "# a comment\n"
      "provider,model,mode,input,output,cache_read,cache_write_1h,tier_above_input_tokens,"
      "tier_input,context_tokens,max_output_tokens\r\n"
      "anthropic,claude-x,chat,3,15,0.3,6,200000,6,1000000,64000\r\n"
      "\n"
      "openai,embed-*,embedding,0.02,,,,,,8192,\n");
  ASSERT_TRUE(prices.ok()) << prices.status();
  ASSERT_EQ(prices->size(), 2u);
  const Price& first = prices->at(0).price;
  EXPECT_EQ(first.provider, "anthropic");
  EXPECT_EQ(first.input_pico_usd, 3'000'000);
  EXPECT_EQ(first.cache_read_pico_usd, 300'000);
  EXPECT_EQ(first.cache_write_5m_pico_usd, -1);
  EXPECT_EQ(first.cache_write_1h_pico_usd, 6'000'000);
  EXPECT_EQ(first.tier_above_input_tokens, 200'000);
  EXPECT_EQ(first.tier_input_pico_usd, 6'000'000);
  EXPECT_EQ(first.max_output_tokens, 64'000);
  EXPECT_TRUE(prices->at(0).says_max_output_tokens);
  EXPECT_EQ(prices->at(1).price.output_pico_usd, 0);
  EXPECT_EQ(prices->at(1).price.max_output_tokens, 0);
  EXPECT_FALSE(prices->at(1).says_max_output_tokens) << "what the list does not know stays";
}

TEST(PriceCsvTest, WritesWhatItReads) {
  const auto prices = ParsePriceCsv(
      "provider,model,input,output,effective_from,aliases,max_output_tokens\n"
      "x,m,0.125,2,2026-01-01T00:00:00Z,m-1; m-2,\n"
      ",n*,1,2,,,8192\n"
      "x,\"o,p\",1,2,,,\n");
  ASSERT_TRUE(prices.ok()) << prices.status();
  std::vector<Price> first;
  for (const PriceRow& row : *prices) first.push_back(row.price);
  const auto again = ParsePriceCsv(FormatPriceCsv(first));
  ASSERT_TRUE(again.ok()) << again.status();
  ASSERT_EQ(again->size(), first.size());
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(again->at(i).price, first[i]);
}

TEST(PriceCsvTest, NamesEachWrongLine) {
  const auto prices = ParsePriceCsv(
      "provider,model,input,output\n"
      "a,m,1,2\n"
      "a,m,1,2\n"
      "a,n,-1,2\n"
      "a,o,1\n"
      "a,p,,2\n"
      "a,q*r,1,2\n");
  const auto fields = FieldsOf(prices.status());
  EXPECT_EQ(fields.count("line 2"), 0u);
  for (const char* line : {"line 3", "line 4", "line 5", "line 6", "line 7"}) {
    EXPECT_EQ(fields.count(line), 1u) << line << " in " << prices.status();
  }
}

TEST(PriceCsvTest, GoodRowsComeBesideThoseThatAreRefused) {
  const auto file = ReadPriceCsv(
      "provider,model,input,output,aliases\n"
      "a,m,1,2,m-1;m-2\n"
      "a,n,x,2,\n"
      "a,o,1,2,\"o-1\n"
      "a,p,1,2,p*\n"
      "a,m,1,2,\n");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->rows.size(), 1U);
  EXPECT_EQ(file->rows[0].line, 2U);
  EXPECT_TRUE(file->rows[0].says_aliases);
  EXPECT_EQ(file->rows[0].price.aliases, (std::vector<std::string>{"m-1", "m-2"}));
  ASSERT_EQ(file->refused.size(), 4U);
  EXPECT_EQ(file->refused[0].line, 3U);
  EXPECT_EQ(file->refused[0].column, "input");
  EXPECT_EQ(file->refused[1].column, "");
  EXPECT_EQ(file->refused[1].why, "has a quote that does not end");
  EXPECT_EQ(file->refused[2].column, "aliases");
  EXPECT_EQ(file->refused[3].why, "is there twice");
}

TEST(PriceCsvTest, MistakesThatAreAllowedAreDoubted) {
  const auto fields = [](const Price* before, const Price& after) {
    std::vector<std::string_view> names;
    for (const PriceDoubt& doubt : DoubtsAbout(before, after)) names.push_back(doubt.field);
    return names;
  };
  using Names = std::vector<std::string_view>;
  Price before;
  before.input_pico_usd = 3'000'000;
  before.output_pico_usd = 15'000'000;
  EXPECT_EQ(fields(nullptr, before), Names{});
  Price after = before;
  after.output_pico_usd = 30'000'000;
  EXPECT_EQ(fields(&before, after), Names{}) << "twice is the bound";
  after.output_pico_usd = 30'000'001;
  EXPECT_EQ(fields(&before, after), Names{"output"});
  after = before;
  after.input_pico_usd = 3'000;  // by the thousand tokens
  EXPECT_EQ(fields(&before, after), Names{"input"});
  after = before;
  after.cache_read_pico_usd = 3'000'001;
  EXPECT_EQ(fields(nullptr, after), Names{"cache_read"});
  after.input_pico_usd = 3'000'000'000'000;
  EXPECT_EQ(fields(nullptr, after), Names{"input"});
  EXPECT_EQ(fields(nullptr, Price{}), Names{"input"});
}

TEST(PriceCsvTest, NothingIsFreeByAccident) {
  const std::string header = "provider,model,mode,input,output,free\n";
  for (const char* bad : {"a,m,chat,1,,", "a,m,,1,,", "a,m,chat,0,0,", "a,m,chat,0,0,no",
                          "a,m,embedding,0,,", "a,m,chat,0,0,perhaps"}) {
    const auto prices = ParsePriceCsv(header + bad + "\n");
    EXPECT_EQ(FieldsOf(prices.status()).count("line 2"), 1u) << bad << ": " << prices.status();
  }
  for (const char* good :
       {"a,m,embedding,1,,", "a,m,chat,0,0,yes", "a,m,chat,0,1,", "a,m,,1,0,no"}) {
    EXPECT_TRUE(ParsePriceCsv(header + good + "\n").ok()) << good;
  }
  EXPECT_EQ(FieldsOf(ParsePriceCsv("provider,model,input\na,b,1\n").status()).count("output"), 1u);
}

TEST(PriceCsvTest, TakesUtf8Only) {
  const auto latin = ParsePriceCsv("provider,model,input,output\na,m,1,1\na,b\xfc,1,1\n");
  EXPECT_EQ(FieldsOf(latin.status()).count("line 3"), 1u) << latin.status();
  EXPECT_EQ(FieldsOf(latin.status()).size(), 1u);
  const auto header = ParsePriceCsv("provider,model,input,output,\xff\na,m,1,1,\n");
  EXPECT_EQ(FieldsOf(header.status()).count("line 1"), 1u) << header.status();
  EXPECT_TRUE(ParsePriceCsv("\xef\xbb\xbfprovider, model, input, output\na,b\xc3\xbc,1,1\n").ok());
}

TEST(PriceCsvTest, RefusesUnknownAndMissingColumns) {
  const auto fields = FieldsOf(ParsePriceCsv("provider,modell,input\na,b,1\n").status());
  EXPECT_EQ(fields.count("modell"), 1u);
  EXPECT_EQ(fields.count("model"), 1u);
  EXPECT_FALSE(ParsePriceCsv("").ok());
}

}  // namespace
}  // namespace weir::admin

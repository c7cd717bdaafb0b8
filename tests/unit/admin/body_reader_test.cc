#include "services/admin/json/body_reader.h"

#include <map>
#include <string>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "services/admin/json/record_json.h"

namespace weir::admin {
namespace {

boost::json::object Parse(const std::string& text) { return boost::json::parse(text).as_object(); }

TEST(BodyReaderTest, NamesUnknownFieldsAtEveryDepth) {
  const auto body = Parse(R"({"name":"k","bogus":1,"limits":{"rpm":5,"speed":1}})");
  FieldErrors errors;
  BodyReader reader(body, errors);
  ApiKey key;
  ReadApiKey(reader, key);
  reader.Finish();
  EXPECT_EQ(key.name, "k");
  EXPECT_EQ(key.limits.requests_per_minute, 5);
  EXPECT_EQ(errors.all().size(), 2u);
  EXPECT_EQ(errors.all().count("bogus"), 1u);
  EXPECT_EQ(errors.all().count("limits.speed"), 1u);
}

TEST(BodyReaderTest, LeavesAloneWhatIsAbsent) {
  const auto body = Parse(R"({"weight":7})");
  FieldErrors errors;
  BodyReader reader(body, errors);
  Account account;
  account.name = "stays";
  account.priority = 3;
  AccountSecrets secrets;
  ReadAccount(reader, account, secrets);
  reader.Finish();
  EXPECT_TRUE(errors.empty()) << errors.ToStatus();
  EXPECT_EQ(account.name, "stays");
  EXPECT_EQ(account.priority, 3);
  EXPECT_EQ(account.weight, 7);
  EXPECT_FALSE(secrets.credential.has_value());
}

TEST(BodyReaderTest, RefusesWrongTypes) {
  const std::map<std::string, std::string> cases = {
      {R"({"name":1})", "name"},
      {R"({"priority":"5"})", "priority"},
      {R"({"priority":1.5})", "priority"},
      {R"({"priority":null})", "priority"},
      {R"({"models":"gpt"})", "models"},
      {R"({"models":[1]})", "models"},
      {R"({"group_ids":[0]})", "group_ids"},
      {R"({"group_ids":null})", "group_ids"},
      {R"({"model_mapping":[]})", "model_mapping"},
      {R"({"limits":5})", "limits"},
      {R"({"limits":{"rpm":-1}})", "limits.rpm"},
      {R"({"limits":{"usd_per_day":"many"}})", "limits.usd_per_day"},
      {R"({"status":"broken"})", "status"},
      {R"({"platform_type":"opnai"})", "platform_type"},
  };
  for (const auto& [text, field] : cases) {
    const auto body = Parse(text);
    FieldErrors errors;
    BodyReader reader(body, errors);
    Account account;
    AccountSecrets secrets;
    ReadAccount(reader, account, secrets);
    reader.Finish();
    EXPECT_EQ(errors.all().count(field), 1u) << text << ": " << errors.ToStatus();
  }
}

TEST(BodyReaderTest, MoneyIsExact) {
  const auto body =
      Parse(R"({"limits":{"usd_per_day":0.1,"usd_per_month":"12.345678901","usd_total":7,
                          "requests_per_day":4,"requests_per_month":5,"requests_total":6}})");
  FieldErrors errors;
  BodyReader reader(body, errors);
  Limits limits;
  ReadLimits(reader, limits);
  EXPECT_EQ(limits.nano_usd_per_day, 100'000'000);
  EXPECT_EQ(limits.nano_usd_per_month, 12'345'678'901);
  EXPECT_EQ(limits.nano_usd_total, 7'000'000'000);
  EXPECT_EQ(limits.requests_per_day, 4);
  EXPECT_EQ(limits.requests_per_month, 5);
  EXPECT_EQ(limits.requests_total, 6);
  EXPECT_TRUE(errors.empty()) << errors.ToStatus();
}

TEST(BodyReaderTest, DailyLimitIsUsdPerDay) {
  const auto body = Parse(R"({"daily_limit":5})");
  FieldErrors errors;
  BodyReader reader(body, errors);
  ApiKey key;
  ReadApiKey(reader, key);
  reader.Finish();
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(key.limits.nano_usd_per_day, 5'000'000'000);
}

TEST(RecordJsonTest, WhatIsShownComesBackUnchanged) {
  const auto vault = Vault::Create(Secret("0123456789abcdef0123456789abcdef"));
  ASSERT_TRUE(vault.ok());
  Account account;
  account.id = 7;
  account.name = "a";
  account.platform = Platform::kAzureOpenai;
  account.request_url = "https://x.example/v1";
  account.models = {"m*"};
  account.model_mapping = {{"a", "b"}};
  account.headers = {{"x-a", "b"}};
  account.limits.nano_usd_per_day = 1'500'000'000;
  account.timeouts.idle_ms = 5;
  account.status = AccountStatus::kRateLimited;
  account.cooldown_until_ms = 5000;
  const auto shown = AccountJson(account, *vault, 1000);
  EXPECT_EQ(shown.at("status").as_string(), "rate_limited");
  EXPECT_EQ(shown.if_contains("secret_key"), nullptr);
  Account again = account;
  FieldErrors errors;
  BodyReader reader(shown, errors);
  AccountSecrets secrets;
  ReadAccount(reader, again, secrets);
  reader.Finish();
  EXPECT_TRUE(errors.empty()) << errors.ToStatus();
  EXPECT_TRUE(again == account);
}

}  // namespace
}  // namespace weir::admin

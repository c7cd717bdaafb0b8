#include "services/relay/tracing/trace_settings.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

Settings Loaded(const std::vector<std::string>& arguments) {
  Settings settings("weir-relay", "WEIR_TRACE_SETTINGS_TEST", "", TraceSettings());
  std::vector<const char*> words = {"weir-relay"};
  for (const std::string& argument : arguments) words.push_back(argument.c_str());
  EXPECT_TRUE(settings.Load(static_cast<int>(words.size()), words.data()).ok());
  return settings;
}

TEST(TraceSettingsTest, NobodyIsToldByDefault) {
  const Settings settings = Loaded({});
  EXPECT_FALSE(LoadTracePolicy(settings)->on());
  EXPECT_FALSE(LoadTraceCollector(settings)->has_value());
}

TEST(TraceSettingsTest, AnEndpointIsAUrlWithoutPath) {
  const auto load = [](std::string_view endpoint) {
    return LoadTraceCollector(Loaded({StrCat("--trace-endpoint=", endpoint)}));
  };
  EXPECT_EQ((*load("http://collector:4317"))->target, "collector:4317");
  EXPECT_FALSE((*load("http://collector:4317"))->tls);
  EXPECT_TRUE((*load("https://collector.example"))->tls);
  EXPECT_EQ((*load("https://collector.example"))->target, "collector.example:443");
  EXPECT_EQ((*load("http://[::1]:4317"))->target, "[::1]:4317");
  for (const std::string_view refused :
       {"collector:4317", "http://collector:4318/v1/traces", "grpc://collector:4317"}) {
    EXPECT_FALSE(load(refused).ok()) << refused;
  }
  EXPECT_TRUE(LoadTracePolicy(Loaded({"--trace-endpoint=http://c:1"}))->exported);
}

TEST(TraceSettingsTest, HeadersAreLines) {
  const auto headers =
      ParseTraceHeaders(Secret("# a vendor's\nx-key = abc=def \r\n\nauthorization=Bearer t"));
  ASSERT_TRUE(headers.ok()) << headers.status();
  ASSERT_EQ(headers->size(), 2U);
  EXPECT_EQ((*headers)[0].first, "x-key");
  EXPECT_EQ((*headers)[0].second.Reveal(), "abc=def");
  EXPECT_EQ((*headers)[1].second.Reveal(), "Bearer t");
}

TEST(TraceSettingsTest, WhatIsNoHeaderIsRefusedWithoutItsValue) {
  for (const char* refused : {"a=1\nX-Key=sesame", "grpc-timeout=sesame", "key-bin=sesame",
                              "sesame", "k=", "=sesame", "k=sesame\x01"}) {
    const auto headers = ParseTraceHeaders(Secret(refused));
    ASSERT_FALSE(headers.ok()) << refused;
    EXPECT_EQ(headers.status().message().find("sesame"), std::string::npos);
  }
}

}  // namespace
}  // namespace weir::relay

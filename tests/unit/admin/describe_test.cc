#include "services/admin/json/describe.h"

#include <map>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "services/admin/json/body_reader.h"
#include "services/admin/json/record_json.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

json::object DescribedGroup() {
  const DescribeScope describing;
  return SchemaOf(GroupJson(Group()));
}

TEST(DescribeTest, AWriterSaysWhatItWrites) {
  const json::object schema = DescribedGroup();
  EXPECT_EQ(schema.at("type"), "object");
  const json::object& properties = schema.at("properties").as_object();
  EXPECT_EQ(properties.at("id"), json::parse(R"({"type":"integer"})"));
  EXPECT_EQ(properties.at("cache"), json::parse(R"({"type":"boolean"})"));
  EXPECT_EQ(properties.at("status"),
            json::parse(R"({"type":"string","enum":["active","disabled"]})"));
  EXPECT_EQ(properties.at("created_at"),
            json::parse(R"({"type":["string","null"],"format":"date-time"})"));
  EXPECT_EQ(properties.at("fallbacks"),
            json::parse(R"({"type":"array","items":{"type":"string"}})"));
  EXPECT_EQ(properties.at("model_mapping"),
            json::parse(R"({"type":"object","additionalProperties":{"type":"string"}})"));
  EXPECT_EQ(properties.at("limits").at("properties").at("rpm"),
            json::parse(R"({"type":["integer","null"]})"));
  EXPECT_EQ(schema.at("required").as_array().size(), properties.size());
}

TEST(DescribeTest, OnlyWhileItDescribes) {
  const std::string before = json::serialize(GroupJson(Group()));
  DescribedGroup();
  EXPECT_FALSE(Describing());
  EXPECT_EQ(json::serialize(GroupJson(Group())), before);
  EXPECT_EQ(TextOrNull("x"), "x");
  EXPECT_TRUE(TextOrNull("").is_null());
  EXPECT_TRUE(IntegerOrNull(0).is_null());
  EXPECT_EQ(MaybeAbsent(5), 5);
  EXPECT_EQ(Named("N", "x"), "x");
  EXPECT_TRUE(Where(false, [] { return json::value(1); }).is_null());
  EXPECT_TRUE(ListJson(std::vector<int>(), [](int i) { return json::value(i); }).empty());
}

TEST(DescribeTest, WhatMayBeAbsentIsNotRequired) {
  const DescribeScope describing;
  const json::object schema =
      SchemaOf(json::object{{"always", 1}, {"sometimes", MaybeAbsent(true)}});
  EXPECT_EQ(schema.at("required"), json::parse(R"(["always"])"));
  EXPECT_EQ(schema.at("properties").at("sometimes"), json::parse(R"({"type":"boolean"})"));
}

TEST(DescribeTest, WhatMayBeNullIsStillWhatItIs) {
  const DescribeScope describing;
  EXPECT_EQ(SchemaOf(MaybeNull(json::value(1.5))), json::parse(R"({"type":["number","null"]})"));
  EXPECT_EQ(SchemaOf(MaybeNull(OneWord({"a"}, "a"))),
            json::parse(R"({"anyOf":[{"type":"string","enum":["a"]},{"type":"null"}]})"));
}

json::object DescribedBody(void (*read)(BodyReader&)) {
  BodySchema noted;
  BodyReader reader(noted);
  read(reader);
  return noted.ToJson();
}

TEST(BodySchemaTest, AReaderSaysWhatItReads) {
  const json::object schema = DescribedBody([](BodyReader& reader) {
    Account account;
    AccountSecrets secrets;
    reader.Require({"name"});
    ReadAccount(reader, account, secrets);
    reader.Finish();
  });
  EXPECT_EQ(schema.at("additionalProperties"), false);
  EXPECT_EQ(schema.at("required"), json::parse(R"(["name"])"));
  const json::object& properties = schema.at("properties").as_object();
  EXPECT_EQ(properties.at("name").at("type"), json::parse(R"(["string","null"])"));
  EXPECT_EQ(properties.at("credential_type").at("enum").as_array().size(), 5u);
  EXPECT_EQ(properties.at("limits").at("properties").at("rpm").at("minimum"), 0);
  EXPECT_EQ(properties.at("limits").at("additionalProperties"), false);
  EXPECT_TRUE(properties.contains("group_id")) << "read only where it is given";
  EXPECT_FALSE(properties.at("version").as_object().contains("type")) << "sets nothing";
}

TEST(BodySchemaTest, DescribesListsOfObjectsAndFurtherWords) {
  const json::object route = DescribedBody([](BodyReader& reader) {
    ModelRoute read;
    ReadRoute(reader, read);
  });
  const json::value& rules = route.at("properties").at("rules");
  EXPECT_EQ(rules.at("type"), json::parse(R"(["array","null"])"));
  EXPECT_EQ(rules.at("items").at("properties").at("thinking").at("type"), "string");
  const json::object key = DescribedBody([](BodyReader& reader) {
    ApiKey read;
    ReadApiKey(reader, read);
  });
  EXPECT_EQ(key.at("properties").at("status").at("enum"),
            json::parse(R"(["active","disabled","expired","exhausted"])"));
}

TEST(BodySchemaTest, WordsOfAnswersComeBackAndSetNothing) {
  const json::object body = {{"status", "exhausted"}};
  FieldErrors errors;
  BodyReader reader(body, errors);
  ApiKey key;
  key.status = ActiveStatus::kDisabled;
  ReadApiKey(reader, key);
  reader.Finish();
  EXPECT_TRUE(errors.empty()) << errors.ToStatus();
  EXPECT_EQ(key.status, ActiveStatus::kDisabled);
}

}  // namespace
}  // namespace weir::admin

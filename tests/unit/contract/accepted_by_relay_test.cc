// What admin takes, relays take: one value that a relay refuses would hold back every change.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include "libs/common/quirks.h"
#include "libs/common/text.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/validate.h"
#include "services/admin/model/words.h"
#include "services/admin/publish/to_proto.h"
#include "services/relay/accounts/account_dialect.h"
#include "services/relay/snapshot/resource_reader.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

struct Value {
  const char* body;  // the field beside those that every record needs
  bool taken;
};

json::object BodyOf(const char* usual, const char* more) {
  json::value body = json::parse(usual);
  const json::value added = json::parse(more);
  for (const auto& entry : added.as_object()) body.as_object()[entry.key()] = entry.value();
  return std::move(body.as_object());
}

// What a relay makes of it, when admin takes it; the relay must then, too.
std::optional<relay::Account> SentAccount(const char* more) {
  static const Vault vault = *Vault::Create(Secret("0123456789abcdef0123456789abcdef"));
  const json::object body =
      BodyOf(R"({"name":"a","platform_type":"openai","request_url":"https://a"})", more);
  FieldErrors errors;
  BodyReader reader(body, errors);
  Account account;
  account.id = 1;
  AccountSecrets secrets;
  ReadAccount(reader, account, secrets);
  reader.Finish();
  Validate(account, errors);
  Validate(secrets, errors);
  if (!errors.empty()) return std::nullopt;
  if (secrets.credential.has_value()) SetCredential(vault, *secrets.credential, account);
  if (secrets.proxy_url.has_value()) SetProxyUrl(vault, *secrets.proxy_url, account);
  v1::Resource resource;
  ToProto(account, vault, resource);
  std::string bytes;  // a text that is no UTF-8 fails here
  EXPECT_TRUE(resource.SerializeToString(&bytes) && resource.ParseFromString(bytes)) << more;
  auto read = relay::ReadAccount(resource.account());
  EXPECT_TRUE(read.ok()) << more << ": " << read.status();
  return read.ok() ? std::optional(*std::move(read)) : std::nullopt;
}

bool TakenAccount(const char* more) { return SentAccount(more).has_value(); }

TEST(AcceptedByRelay, Accounts) {
  const std::vector<Value> values = {
      {R"({"secret_key":"sk-abc\n"})", true},  // the line's end is stripped
      {R"({"secret_key":"sk\nabc"})", false},
      {R"({"secret_key":"sk\u0000abc"})", false},
      {R"({"secret_key":"\u007f"})", false},
      {R"({"secret_key":"schlüssel"})", true},
      {R"({"secret_key":null})", true},
      {R"({"proxy_url":"https://p:1"})", false},
      {R"({"proxy_url":"http://p:1/x"})", false},
      {R"({"proxy_url":"http://u%zz:p@p:1"})", false},
      {R"({"proxy_url":"http://:p@p:1"})", false},
      {R"({"proxy_url":"http://p:1\r\n"})", true},
      {R"({"proxy_url":"socks5h://u:p@[::1]:1080"})", true},
      {R"({"proxy_url":"http://u:a/b@p"})", true},
      {R"({"request_url":"http://bücher.de/"})", false},
      {R"({"request_url":"http://a:b:80"})", false},
      {R"({"request_url":"http://a:"})", false},
      {R"({"request_url":"http://(x)/"})", false},
      {R"({"request_url":"https://[zz]/"})", false},
      {R"({"request_url":"https://[::1"})", false},
      {R"({"request_url":"http://.a"})", false},
      {R"({"request_url":"http://a/\"x\""})", false},
      {R"({"request_url":"http://a/ü"})", false},
      {R"({"request_url":"http://a/\u0000"})", false},
      {R"({"request_url":"http://2852039166/"})", false},
      {R"({"request_url":"http://[::ffff:169.254.169.254]/"})", false},
      {R"({"request_url":" HTTPS://A.example:8443/v1/ "})", true},
      {R"({"request_url":"http://a_b.example/%20"})", true},
      {R"({"headers":{"expect":"100-continue"}})", false},
      {R"({"headers":{"Keep-Alive":"1"}})", false},
      {R"({"headers":{"trailer":"x"}})", false},
      {R"({"headers":{"x y":"1"}})", false},
      {R"({"headers":{"":"1"}})", false},
      {R"({"headers":{"x":"a\u0000b"}})", false},
      {R"({"headers":{"x":"a\tb","X":"ü"}})", true},
      {R"({"quirks":["no_images","stops_max=0","without=store"]})", true},
      {R"({"quirks":["no_such"]})", false},
      {R"({"quirks":["max_completion_tokens"],"platform_type":"ollama"})", true},
      {R"({"quirks":["max_completion_tokens"],"platform_type":"claude"})", false},
      {R"({"quirks":["no_sampling","no_betas=off"],"platform_type":"claude"})", true},
      {R"({"quirks":["without=model"]})", false},
      {R"({"models":["a*b"]})", false},
      {R"({"models":["*",""]})", false},
      {R"({"models":["*","ü"]})", true},
      {R"({"model_mapping":{"":"a"}})", false},
      {R"({"model_mapping":{"a":""}})", false},
      {R"({"model_mapping":{"a*":"b"}})", true},
      {R"({"priority":1001})", false},
      {R"({"priority":-1})", false},
      {R"({"priority":4294967296})", false},
      {R"({"weight":0})", false},
      {R"({"weight":1000})", true},
      {R"({"timeouts":{"total_ms":86400001}})", false},
      {R"({"limits":{"rpm":-1}})", false},
      {R"({"limits":{"rpm":9223372036854775807,"usd_total":"9223372036.854775807"}})", true},
      {R"({"tier":"a\u0000"})", false},
  };
  for (const Value& value : values) EXPECT_EQ(TakenAccount(value.body), value.taken) << value.body;
  const std::string long_host = StrCat(R"({"request_url":"http://)", std::string(300, 'h'), "\"}");
  EXPECT_FALSE(TakenAccount(long_host.c_str()));
}

// Whose quirks an account may have is told by its platform; the relay must speak that protocol.
TEST(AcceptedByRelay, PlatformsOfQuirks) {
  for (const auto& [platform, word] : kWords<Platform>) {
    const auto* const row =
        std::find_if(kQuirkPlatforms.begin(), kQuirkPlatforms.end(),
                     [name = word](const auto& known) { return known.name == name; });
    const auto sent = SentAccount(StrCat(R"({"platform_type":")", word, "\"}").c_str());
    ASSERT_TRUE(sent.has_value()) << word;
    // What a session speaks is its account's own matter.
    ASSERT_EQ(row != kQuirkPlatforms.end(), platform != Platform::kSession) << word;
    if (platform == Platform::kSession) continue;
    EXPECT_EQ(row->protocol, 1U << static_cast<unsigned>(relay::DialectOf(*sent))) << word;
  }
}

TEST(AcceptedByRelay, Sessions) {
  for (const auto& [protocol, word] : kWords<Protocol>) {
    const auto sent = SentAccount(
        StrCat(R"({"platform_type":"session","session":{"protocol":")", word, "\"}}").c_str());
    ASSERT_TRUE(sent.has_value()) << word;
    EXPECT_EQ(relay::DialectName(relay::DialectOf(*sent)), word);
  }
  const auto with = [](std::string_view type, std::string_view name) {
    return StrCat(R"({"platform_type":"session","credential_type":")", type,
                  R"(","session":{"credential_name":")", name, "\"}}");
  };
  const std::vector<std::pair<std::string, bool>> values = {{with("cookie", ""), true},
                                                            {with("cookie", "host"), true},
                                                            {with("cookie", "a=b"), false},
                                                            {with("cookie", "ü"), false},
                                                            {with("cookie", "a\\u0000"), false},
                                                            {with("api_key", "X-Token"), true},
                                                            {with("api_key", "Host"), false},
                                                            {with("api_key", "keep-alive"), false},
                                                            {with("api_key", "a b"), false},
                                                            {with("api_key", ""), false},
                                                            {with("bearer", ""), true},
                                                            {with("oauth", ""), true},
                                                            {with("none", ""), true}};
  for (const auto& [body, taken] : values) EXPECT_EQ(TakenAccount(body.c_str()), taken) << body;
}

bool TakenKey(const char* more) {
  const json::object body = BodyOf(R"({"name":"k","user_id":1})", more);
  FieldErrors errors;
  BodyReader reader(body, errors);
  ApiKey key;
  key.id = 1;
  key.key_hash.assign(32, 'h');
  ReadApiKey(reader, key);
  reader.Finish();
  Validate(key, errors);
  if (!errors.empty()) return false;
  v1::Resource resource;
  ToProto(key, resource);
  const auto read = relay::ReadApiKey(resource.api_key());
  EXPECT_TRUE(read.ok()) << more << ": " << read.status();
  return true;
}

TEST(AcceptedByRelay, Keys) {
  const std::vector<Value> values = {
      {R"({"allowed_ips":["1.2.3.4\u0000evil"]})", false},
      {R"({"allowed_ips":["1.2.3"]})", false},
      {R"({"allowed_ips":["1.2.3.4/33"]})", false},
      {R"({"allowed_ips":["1.2.3.4/"]})", false},
      {R"({"allowed_ips":["::/129"]})", false},
      {R"({"allowed_ips":[" 1.2.3.4"]})", false},
      {R"({"allowed_ips":["[::1]","10.1.2.3/8","::/0"]})", true},
      {R"({"allowed_models":["", "a"]})", false},
      {R"({"allowed_models":["claude-*"]})", true},
      {R"({"expires_at":"1969-12-31T23:59:59Z"})", false},
      {R"({"expires_at":"9999-12-31T23:59:59Z"})", true},
      {R"({"system_prompt":"a\u0000b"})", false},
      {R"({"system_prompt":"a\n\tb"})", true},
  };
  for (const Value& value : values) EXPECT_EQ(TakenKey(value.body), value.taken) << value.body;
}

bool TakenGroup(const char* more) {
  const json::object body = BodyOf(R"({"name":"g"})", more);
  FieldErrors errors;
  BodyReader reader(body, errors);
  Group group;
  group.id = 1;
  ReadGroup(reader, group);
  reader.Finish();
  Validate(group, errors);
  if (!errors.empty()) return false;
  v1::Resource resource;
  ToProto(group, resource);
  const auto read = relay::ReadGroup(resource.group());
  EXPECT_TRUE(read.ok()) << more << ": " << read.status();
  return true;
}

TEST(AcceptedByRelay, Groups) {
  const std::vector<Value> values = {
      {R"({"price_multiplier":"1000.000001"})", false},
      {R"({"price_multiplier":"1000"})", true},
      {R"({"price_multiplier":0})", true},
      {R"({"fallbacks":[""]})", false},
      {R"({"fallbacks":["a"]})", true},
      {R"({"fallbacks":["a*"]})", false},
      {R"({"model_mapping":{"family:haiku":"b"}})", true},
      {R"({"model_mapping":{"family:":"b"}})", false},
      {R"({"model_mapping":{"a":"family:b"}})", false},
      {R"({"remark":"a\u0000b"})", false},
      {R"({"model_mapping":{"a":"b*"}})", false},
      {R"({"allowed_ips":["::/0","10.1.2.3"]})", true},
      {R"({"allowed_ips":["10.1.2"]})", false},
  };
  for (const Value& value : values) EXPECT_EQ(TakenGroup(value.body), value.taken) << value.body;
}

bool TakenRoute(const char* more) {
  const json::object body = BodyOf(R"({"model":"m"})", more);
  FieldErrors errors;
  BodyReader reader(body, errors);
  ModelRoute route;
  route.id = 1;
  ReadRoute(reader, route);
  reader.Finish();
  Validate(route, errors);
  if (!errors.empty()) return false;
  v1::Resource resource;
  ToProto(route, resource);
  std::string bytes;
  EXPECT_TRUE(resource.SerializeToString(&bytes) && resource.ParseFromString(bytes)) << more;
  const auto read = relay::ReadRoute(resource.route());
  EXPECT_TRUE(read.ok()) << more << ": " << read.status();
  return true;
}

TEST(AcceptedByRelay, Routes) {
  const std::vector<Value> values = {
      {R"({"model":"family:haiku"})", true},
      {R"({"model":"family:Haiku"})", false},
      {R"({"model":"claude-*","upstream_model":"x"})", true},
      {R"({"upstream_model":"x*"})", false},
      {R"({"upstream_model":"family:x"})", false},
      {R"({"position":1000})", true},
      {R"({"position":1001})", false},
      {R"({"position":-1})", false},
      {R"({"rules":[{"thinking":"present","upstream_model":"a"}]})", true},
      {R"({"rules":[{"upstream_model":"a"}]})", false},
      {R"({"rules":[{"thinking":"present"}]})", false},
      {R"({"rules":[{"input_tokens_above":10,"input_tokens_below":11,"upstream_model":"a"}]})",
       false},
      {R"({"rules":[{"input_tokens_above":10,"input_tokens_below":12,"upstream_model":"a"}]})",
       true},
      {R"({"rules":[{"input_tokens_above":100000001,"upstream_model":"a"}]})", false},
      {R"({"rules":[{"tools":"maybe","upstream_model":"a"}]})", false},
      {R"({"rules":{}})", false},
      {R"({"rules":[5]})", false},
      {R"({"rules":null})", true},
      {R"({"fallbacks":["a","b"]})", true},
      {R"({"fallbacks":["a","a"]})", false},
      {R"({"fallbacks":["m"]})", false},
      {R"({"fallbacks":["m"],"upstream_model":"x"})", true},
      {R"({"fallbacks":["a*"]})", false},
      {R"({"fallbacks":["a","b","c","d","e","f","g","h","i"]})", false},
      {R"({"max_tokens":{"min":10,"default":20,"max":30}})", true},
      {R"({"max_tokens":{"min":40,"max":30}})", false},
      {R"({"max_tokens":{"default":40,"max":30}})", false},
      {R"({"max_tokens":{"max":-1}})", false},
      {R"({"max_tokens":null})", true},
      {R"({"temperature_default":"0.7"})", true},
      {R"({"temperature_default":0})", true},
      {R"({"temperature_default":2.001})", false},
      {R"({"temperature_default":"0.0001"})", false},
      {R"({"temperature_default":null})", true},
      {R"({"stream":"on"})", true},
      {R"({"stream":true})", false},
      {R"({"timeouts":{"total_ms":86400001}})", false},
      {R"({"attempts_max":10})", true},
      {R"({"attempts_max":11})", false},
      {R"({"on_disconnect":"drain","drain_ms_max":1000,"drain_usd_max":"0.05"})", true},
      {R"({"drain_ms_max":1000})", false},
      {R"({"group_ids":[1,2]})", true},
      {R"({"group_ids":[0]})", false},
      {R"({"group_ids":null})", true},
      {R"({"name":"a\u0000"})", false},
  };
  for (const Value& value : values) EXPECT_EQ(TakenRoute(value.body), value.taken) << value.body;
}

bool TakenPrice(const char* more) {
  const json::object body = BodyOf(R"({"model":"m","input":"1","output":"1"})", more);
  FieldErrors errors;
  BodyReader reader(body, errors);
  Price price;
  price.id = 1;
  ReadPrice(reader, price);
  reader.Finish();
  Validate(price, errors);
  if (!errors.empty()) return false;
  v1::Resource resource;
  ToProto(price, resource);
  const auto read = relay::ReadPrice(resource.price());
  EXPECT_TRUE(read.ok()) << more << ": " << read.status();
  return true;
}

TEST(AcceptedByRelay, Prices) {
  const std::vector<Value> values = {
      {R"({"model":""})", false},
      {R"({"model":"a*b"})", false},
      {R"({"model":"*"})", true},
      {R"({"model":"family:haiku"})", false},
      {R"({"input":null})", false},
      {R"({"output":null})", false},
      {R"({"cache_read":null})", true},
      {R"({"tier_above_input_tokens":-1})", false},
      {R"({"max_output_tokens":64000})", true},
      {R"({"max_output_tokens":-1})", false},
      {R"({"tier_input":"1"})", false},
      {R"({"tier_cache_write_5m":"1"})", false},
      {R"({"tier_above_input_tokens":1,"tier_cache_write_1h":"1"})", true},
      {R"({"aliases":["b","c"]})", true},
      {R"({"aliases":["b","b"]})", false},
      {R"({"aliases":["b*"]})", false},
      {R"({"aliases":["family:opus"]})", false},
      {R"({"effective_from":"1900-01-01T00:00:00Z"})", false},
      {R"({"input":"9223372036854.775807"})", true},
  };
  for (const Value& value : values) EXPECT_EQ(TakenPrice(value.body), value.taken) << value.body;
}

}  // namespace
}  // namespace weir::admin

#include "services/admin/model/validate.h"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir::admin {
namespace {

template <class T>
struct Case {
  std::string what;
  std::function<void(T&)> change;
  std::string field;  // empty = good
};

template <class T>
void RunCases(const T& good, const std::vector<Case<T>>& cases) {
  for (const Case<T>& one : cases) {
    T item = good;
    one.change(item);
    FieldErrors errors;
    Validate(item, errors);
    if (one.field.empty()) {
      EXPECT_TRUE(errors.empty()) << one.what << ": " << errors.ToStatus();
    } else {
      EXPECT_EQ(errors.all().count(one.field), 1u) << one.what << ": " << errors.ToStatus();
      EXPECT_EQ(errors.all().size(), 1u) << one.what << ": " << errors.ToStatus();
    }
  }
}

Account GoodAccount() {
  Account account;
  account.name = "a";
  account.request_url = "https://api.example.com/v1";
  return account;
}

TEST(ValidateTest, Accounts) {
  const std::vector<Case<Account>> cases = {
      {"as it is", [](Account&) {}, ""},
      {"no name", [](Account& a) { a.name = " "; }, "name"},
      {"control character", [](Account& a) { a.name = "a\nb"; }, "name"},
      {"priority", [](Account& a) { a.priority = 1001; }, "priority"},
      {"priority edge", [](Account& a) { a.priority = 0; }, ""},
      {"weight 0", [](Account& a) { a.weight = 0; }, "weight"},
      {"weight edge", [](Account& a) { a.weight = 1000; }, ""},
      {"no group", [](Account& a) { a.group_ids.clear(); }, "group_ids"},
      {"no scheme", [](Account& a) { a.request_url = "api.example.com"; }, "request_url"},
      {"ftp", [](Account& a) { a.request_url = "ftp://x"; }, "request_url"},
      {"no host", [](Account& a) { a.request_url = "https:///v1"; }, "request_url"},
      {"password", [](Account& a) { a.request_url = "https://u:p@x/v1"; }, "request_url"},
      {"query", [](Account& a) { a.request_url = "https://x/v1?a=b"; }, "request_url"},
      {"version of another platform",
       [](Account& a) { a.request_url = "https://x/v1?api-version=2024-10-21"; }, "request_url"},
      {"version of Azure",
       [](Account& a) {
         a.platform = Platform::kAzureOpenai;
         a.request_url = "https://x?api-version=2024-10-21";
       },
       ""},
      {"port", [](Account& a) { a.request_url = "https://x:99999/"; }, "request_url"},
      {"plain http", [](Account& a) { a.request_url = "http://127.0.0.1:9090"; }, ""},
      {"ipv6", [](Account& a) { a.request_url = "http://[::1]:9090/v1"; }, ""},
      {"metadata", [](Account& a) { a.request_url = "http://169.254.169.254/latest"; },
       "request_url"},
      {"metadata of AWS", [](Account& a) { a.request_url = "http://[fd00:ec2::23]/"; },
       "request_url"},
      {"metadata of Google", [](Account& a) { a.request_url = "http://[fd20:ce::254]/"; },
       "request_url"},
      {"metadata of Azure", [](Account& a) { a.request_url = "http://168.63.129.16/"; },
       "request_url"},
      {"link-local", [](Account& a) { a.request_url = "http://[fe80::1]/"; }, "request_url"},
      {"newline", [](Account& a) { a.request_url = "https://x/\r\nHost: y"; }, "request_url"},
      {"star inside", [](Account& a) { a.models = {"gpt-*-mini"}; }, "models"},
      {"star at the end",
       [](Account& a) {
         a.models = {"gpt-*", "*"};
       },
       ""},
      {"map to star",
       [](Account& a) {
         a.model_mapping = {{"a*", "b*"}};
       },
       "model_mapping"},
      {"map",
       [](Account& a) {
         a.model_mapping = {{"a*", "b"}};
       },
       ""},
      {"credential as header",
       [](Account& a) {
         a.headers = {{"X-Api-Key", "k"}};
       },
       "headers.X-Api-Key"},
      {"header injection",
       [](Account& a) {
         a.headers = {{"x-a", "b\r\nc: d"}};
       },
       "headers.x-a"},
      {"header name",
       [](Account& a) {
         a.headers = {{"x a", "b"}};
       },
       "headers.x a"},
      {"timeout", [](Account& a) { a.timeouts.idle_ms = -1; }, "timeouts.idle_ms"},
      {"limit", [](Account& a) { a.limits.concurrency = -1; }, "limits.concurrency"},
      {"a quirk of this platform",
       [](Account& a) {
         a.quirks = {"no_betas", "no_user"};
       },
       ""},
      {"a quirk of another platform",
       [](Account& a) {
         a.quirks = {"no_user", "max_completion_tokens"};
       },
       "quirks"},
      {"the same, lifted", [](Account& a) { a.quirks = {"thinking_by_level=off"}; }, "quirks"},
  };
  RunCases(GoodAccount(), cases);
}

TEST(ValidateTest, Keys) {
  ApiKey good;
  good.name = "k";
  good.user_id = 1;
  const std::vector<Case<ApiKey>> cases = {
      {"as it is", [](ApiKey&) {}, ""},
      {"no name", [](ApiKey& k) { k.name = ""; }, "name"},
      {"long name", [](ApiKey& k) { k.name = std::string(129, 'a'); }, "name"},
      {"addresses",
       [](ApiKey& k) {
         k.allowed_ips = {"10.0.0.0/8", "::1", "fd00::/8"};
       },
       ""},
      {"no address", [](ApiKey& k) { k.allowed_ips = {"example.com"}; }, "allowed_ips"},
      {"block too long", [](ApiKey& k) { k.allowed_ips = {"10.0.0.0/33"}; }, "allowed_ips"},
      {"block empty", [](ApiKey& k) { k.allowed_ips = {"10.0.0.0/"}; }, "allowed_ips"},
      {"models", [](ApiKey& k) { k.allowed_models = {""}; }, "allowed_models"},
      {"no user", [](ApiKey& k) { k.user_id = 0; }, "user_id"},
      {"long prompt", [](ApiKey& k) { k.system_prompt.assign(65537, 'x'); }, "system_prompt"},
  };
  RunCases(good, cases);
}

TEST(ValidateTest, Users) {
  User good;
  good.username = "ann";
  const std::vector<Case<User>> cases = {
      {"as it is", [](User&) {}, ""},
      {"address as name", [](User& u) { u.username = "a.b+c@example.com"; }, ""},
      {"upper case", [](User& u) { u.username = "Ann"; }, "username"},
      {"empty", [](User& u) { u.username = ""; }, "username"},
      {"space", [](User& u) { u.username = "a b"; }, "username"},
      {"e-mail", [](User& u) { u.email = "nobody"; }, "email"},
      {"half an e-mail", [](User& u) { u.email = "a@"; }, "email"},
      {"group", [](User& u) { u.group_id = 0; }, "group_id"},
      {"addresses", [](User& u) { u.allowed_ips = {"10.0.0.0/8"}; }, ""},
      {"no address", [](User& u) { u.allowed_ips = {"example.com"}; }, "allowed_ips"},
  };
  RunCases(good, cases);
}

TEST(ValidateTest, Groups) {
  Group good;
  good.name = "g";
  const std::vector<Case<Group>> cases = {
      {"as it is", [](Group&) {}, ""},
      {"free", [](Group& g) { g.price_multiplier_ppm = 0; }, ""},
      {"negative", [](Group& g) { g.price_multiplier_ppm = -1; }, "price_multiplier"},
      {"no address", [](Group& g) { g.allowed_ips = {"10.0.0.0/33"}; }, "allowed_ips"},
      {"a thousandfold and more", [](Group& g) { g.price_multiplier_ppm = 1'000'000'001; },
       "price_multiplier"},
  };
  RunCases(good, cases);
}

TEST(ValidateTest, Prices) {
  Price good;
  good.model = "m";
  const std::vector<Case<Price>> cases = {
      {"as it is", [](Price&) {}, ""},
      {"no model", [](Price& p) { p.model = ""; }, "model"},
      {"tier without a threshold", [](Price& p) { p.tier_input_pico_usd = 1; },
       "tier_above_input_tokens"},
      {"negative", [](Price& p) { p.output_pico_usd = -1; }, "output"},
  };
  RunCases(good, cases);
}

TEST(ValidateTest, Proxies) {
  for (const char* good : {"", "http://h:1", "http://u:p@h", "socks5://h:1080", "socks5h://h"}) {
    FieldErrors errors;
    ValidateProxyUrl(good, "proxy_url", errors);
    EXPECT_TRUE(errors.empty()) << good;
  }
  for (const char* bad : {"h:1", "ftp://h", "http://", "http://a b", "https://h:1", "http://h:1/x",
                          "http://u%zz:p@h:1", "http://169.254.169.254:80",
                          "socks5://u:p@[fe80::1]:1080", "http://Metadata.google.internal:80"}) {
    FieldErrors errors;
    ValidateProxyUrl(bad, "proxy_url", errors);
    EXPECT_FALSE(errors.empty()) << bad;
  }
}

TEST(ProblemTest, FieldsSurviveTheStatus) {
  FieldErrors errors;
  errors.Add("b", "second");
  errors.Add("a", "first: with punctuation; and more");
  errors.Add("a", "ignored");
  absl::Status status = errors.ToStatus();
  EXPECT_EQ(ReasonOf(status), "bad_parameter");
  const std::map<std::string, std::string> expected = {{"a", "first: with punctuation; and more"},
                                                       {"b", "second"}};
  EXPECT_EQ(FieldsOf(status), expected);
}

}  // namespace
}  // namespace weir::admin

#include "services/admin/model/key_guard.h"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir::admin {
namespace {

ApiKey Narrowed() {
  ApiKey key;
  key.managed = true;
  key.limits.requests_per_minute = 10;
  key.expires_at_ms = 1000;
  key.allowed_models = {"claude-*", "gpt-4o"};
  key.allowed_ips = {"10.0.0.0/8", "2001:db8::/32"};
  key.system_prompt = "be kind";
  return key;
}

TEST(KeyGuard, OnlyNarrowerPasses) {
  struct Case {
    const char* what;
    std::function<void(ApiKey&)> change;
    const char* field;  // empty = narrower
  };
  const std::vector<Case> cases = {
      {"as it is", [](ApiKey&) {}, ""},
      {"another name", [](ApiKey& k) { k.name = "n"; }, ""},
      {"lower", [](ApiKey& k) { k.limits.requests_per_minute = 9; }, ""},
      {"higher", [](ApiKey& k) { k.limits.requests_per_minute = 11; }, "limits.rpm"},
      {"no limit", [](ApiKey& k) { k.limits.requests_per_minute = 0; }, "limits.rpm"},
      {"one more limit", [](ApiKey& k) { k.limits.nano_usd_total = 1; }, ""},
      {"sooner", [](ApiKey& k) { k.expires_at_ms = 999; }, ""},
      {"later", [](ApiKey& k) { k.expires_at_ms = 1001; }, "expires_at"},
      {"never", [](ApiKey& k) { k.expires_at_ms = 0; }, "expires_at"},
      {"one model", [](ApiKey& k) { k.allowed_models = {"claude-x"}; }, ""},
      {"fewer",
       [](ApiKey& k) {
         k.allowed_models = {"claude-x-*", "gpt-4o"};
       },
       ""},
      {"all models", [](ApiKey& k) { k.allowed_models.clear(); }, "allowed_models"},
      {"the star", [](ApiKey& k) { k.allowed_models = {"*"}; }, "allowed_models"},
      {"a wider head", [](ApiKey& k) { k.allowed_models = {"claude*"}; }, "allowed_models"},
      {"the head of a name", [](ApiKey& k) { k.allowed_models = {"gpt-4o*"}; }, "allowed_models"},
      {"one address", [](ApiKey& k) { k.allowed_ips = {"10.1.2.3"}; }, ""},
      {"another", [](ApiKey& k) { k.allowed_ips = {"11.0.0.0/8"}; }, "allowed_ips"},
      {"a wider block", [](ApiKey& k) { k.allowed_ips = {"10.0.0.0/7"}; }, "allowed_ips"},
      {"everywhere", [](ApiKey& k) { k.allowed_ips = {"::/0"}; }, "allowed_ips"},
      {"disabled", [](ApiKey& k) { k.status = ActiveStatus::kDisabled; }, ""},
      {"another group", [](ApiKey& k) { k.group_id = 2; }, "group_id"},
      {"another prompt", [](ApiKey& k) { k.system_prompt = "be rude"; }, "system_prompt"},
  };
  for (const Case& one : cases) {
    ApiKey after = Narrowed();
    one.change(after);
    FieldErrors errors;
    CheckNarrower(Narrowed(), after, errors);
    const bool narrower = std::string(one.field).empty();
    EXPECT_EQ(errors.all().size(), narrower ? 0u : 1u) << one.what << ": " << errors.ToStatus();
    EXPECT_EQ(errors.all().count(one.field), narrower ? 0u : 1u) << one.what;
  }
  ApiKey disabled = Narrowed();
  disabled.status = ActiveStatus::kDisabled;
  FieldErrors errors;
  CheckNarrower(disabled, Narrowed(), errors);
  EXPECT_EQ(errors.all().count("status"), 1u);
}

TEST(KeyGuard, ManagedWhileSomethingBinds) {
  const ApiKey open;
  ApiKey limited = open;
  limited.limits.requests_per_minute = 1;
  EXPECT_TRUE(ManagedAfter(open, limited, open.group_id));
  ApiKey managed = limited;
  managed.managed = true;
  EXPECT_FALSE(ManagedAfter(managed, open, open.group_id));
  EXPECT_TRUE(ManagedAfter(open, managed, open.group_id));
  ApiKey renamed = limited;
  renamed.name = "n";
  EXPECT_FALSE(ManagedAfter(limited, renamed, open.group_id)) << "the user's own limit stays so";
  EXPECT_TRUE(IsNarrowed(open, open.group_id + 1)) << "in a group that is not the user's";
}

}  // namespace
}  // namespace weir::admin

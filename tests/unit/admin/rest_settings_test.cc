// Settings: what each is, where its value comes from, and that a change holds at once.
#include <fstream>
#include <set>
#include <string>

#include <boost/json/serialize.hpp>

#include "libs/common/text.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/setting_table.h"
#include "tests/unit/admin/admin_server.h"

namespace weir::admin {
namespace {

constexpr char kPath[] = "/api/v1/admin/settings";

class RestSettingsTest : public AdminServerTest {
 protected:
  std::string Patch(const std::string& name, const std::string& value) {
    const auto dot = name.find('.');
    const std::string body = dot == std::string::npos
                                 ? StrCat("{\"", name, "\":", value, "}")
                                 : StrCat("{\"", name.substr(0, dot), "\":{\"",
                                          name.substr(dot + 1), "\":", value, "}}");
    const Reply reply = Admin("PATCH", kPath, body);
    return reply.status == 200 ? "" : reply.body;
  }
  std::string SourceOf(const std::string& name) {
    const auto json = Admin("GET", kPath).Json();
    return At(json, "sources", name).as_string().c_str();
  }
};

TEST(SettingTableTest, NamesExactlyWhatThereIs) {
  std::set<std::string> in_table;
  for (const SettingRow& row : SettingTable()) {
    EXPECT_TRUE(in_table.emplace(row.name).second) << row.name << " is there twice";
    EXPECT_TRUE(row.description.ends_with('.')) << row.name;
  }
  std::set<std::string> in_record;
  const auto flat = FlatSettingsJson(Settings());
  for (const auto& member : flat) in_record.emplace(member.key().data(), member.key().size());
  EXPECT_EQ(in_table, in_record);
}

TEST_F(RestSettingsTest, TheBoundsOfTheTableAreThoseThatHold) {
  for (const SettingRow& row : SettingTable()) {
    if (row.form != SettingForm::kInteger) continue;
    const std::string name(row.name);
    EXPECT_EQ(Patch(name, std::to_string(row.min)), "") << name;
    EXPECT_EQ(Patch(name, std::to_string(row.max)), "") << name;
    EXPECT_NE(Patch(name, std::to_string(row.max + 1)), "") << name;
    if (row.min > 1) {
      EXPECT_NE(Patch(name, std::to_string(row.min - 1)), "") << name;
    }
    EXPECT_EQ(Patch(name, "null"), "") << name;
  }
}

TEST_F(RestSettingsTest, EveryChoiceOfTheTableIsOne) {
  for (const SettingRow& row : SettingTable()) {
    if (row.form != SettingForm::kWord) continue;
    for (const std::string_view choice : Split(row.choices, ',')) {
      EXPECT_EQ(Patch(std::string(row.name), StrCat("\"", StripSpace(choice), "\"")), "")
          << row.name;
    }
    EXPECT_NE(Patch(std::string(row.name), "\"no such word\""), "");
  }
}

TEST_F(RestSettingsTest, APartLeavesTheRestAndSaysWhereValuesComeFrom) {
  EXPECT_EQ(SourceOf("registration"), "default");
  EXPECT_EQ(Patch("registration", "\"invite\""), "");
  EXPECT_EQ(Patch("timeouts.idle_ms", "5000"), "");
  const auto json = Admin("GET", kPath).Json();
  EXPECT_EQ(At(json, "registration").as_string(), "invite");
  EXPECT_EQ(At(json, "timeouts", "idle_ms").as_int64(), 5000);
  EXPECT_EQ(SourceOf("registration"), "database");
  EXPECT_EQ(SourceOf("timeouts.idle_ms"), "database");
  EXPECT_EQ(SourceOf("timeouts.total_ms"), "default");
  // What was got may be sent back whole.
  EXPECT_EQ(Admin("PUT", kPath, boost::json::serialize(json)).status, 200);
  const auto table = Admin("GET", "/api/v1/admin/settings/table").Json();
  for (const auto& row : At(table, "data").as_array()) {
    if (At(row, "name") != "registration") continue;
    EXPECT_EQ(At(row, "value"), "invite");
    EXPECT_EQ(At(row, "default"), "closed");
    EXPECT_EQ(At(row, "choices").as_array().size(), 3u);
  }
}

TEST_F(RestSettingsTest, WhatTheFileDeclaresIsChangedThere) {
  const std::string path = folder() + "/weir.yaml";
  std::ofstream(path) << "settings:\n  registration: invite\n  timeouts: {idle_ms: 7000}\n";
  Start({{"config-file", path}});
  EXPECT_EQ(SourceOf("registration"), "file");
  EXPECT_EQ(SourceOf("timeouts.idle_ms"), "file");
  EXPECT_NE(Patch("registration", "\"open\"").find("weir.yaml"), std::string::npos);
  EXPECT_NE(Patch("timeouts.idle_ms", "1"), "");
  EXPECT_EQ(Patch("registration", "\"invite\""), "") << "no change";
  EXPECT_EQ(Patch("timeouts.total_ms", "9000"), "");
  const Reply put = Admin("PUT", kPath, R"({"site_name":"Ours"})");
  ASSERT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(At(put.Json(), "registration").as_string(), "invite");
  EXPECT_EQ(At(put.Json(), "timeouts", "idle_ms").as_int64(), 7000);
}

TEST_F(RestSettingsTest, ASecretIsKeptAndNeverShown) {
  EXPECT_EQ(Patch("alert_secret", "\"0123456789abcdef\""), "");
  EXPECT_EQ(Patch("alert_url", "\"https://hooks.example.com/a?b=c\""), "");
  const Reply shown = Admin("GET", kPath);
  EXPECT_TRUE(At(shown.Json(), "has_alert_secret").as_bool());
  EXPECT_EQ(shown.body.find("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(SourceOf("alert_secret"), "database");
  const auto table = Admin("GET", "/api/v1/admin/settings/table").Json();
  for (const auto& row : At(table, "data").as_array()) {
    if (At(row, "name") != "alert_secret") continue;
    EXPECT_EQ(At(row, "type"), "secret");
    EXPECT_EQ(At(row, "value"), true);
  }
  const Reply whole = Admin("PUT", kPath, R"({"alert_url":"https://other.example.com"})");
  ASSERT_EQ(whole.status, 200) << whole.body;
  EXPECT_TRUE(At(whole.Json(), "has_alert_secret").as_bool()) << "what is left out stays";
  EXPECT_NE(Patch("alert_secret", "null"), "") << "the webhook needs it";
  EXPECT_NE(Patch("alert_secret", "\"too short\""), "");
  EXPECT_EQ(Patch("alert_url", "null"), "");
  EXPECT_EQ(Patch("alert_secret", "null"), "");
  EXPECT_EQ(SourceOf("alert_secret"), "default");
}

TEST_F(RestSettingsTest, ASecretOfTheFileIsChangedThere) {
  const std::string path = folder() + "/weir.yaml";
  std::ofstream(path) << "settings:\n  alert_url: https://hooks.example.com\n"
                         "  alert_secret: 0123456789abcdef\n";
  Start({{"config-file", path}});
  EXPECT_EQ(SourceOf("alert_secret"), "file");
  EXPECT_NE(Patch("alert_secret", "\"another secret of 16\"").find("weir.yaml"), std::string::npos);
  EXPECT_EQ(Patch("alert_secret", "\"0123456789abcdef\""), "") << "no change";
  EXPECT_EQ(Patch("site_name", "\"Ours\""), "");
}

TEST_F(RestSettingsTest, LogInsFollowAtOnce) {
  EXPECT_EQ(Patch("session_life_ms", "600000"), "");
  const Reply login = Send("POST", "/api/v1/auth/login",
                           StrCat(R"({"username":"admin","password":")", admin_password(), "\"}"));
  EXPECT_NE(login.Header("set-cookie").find("Max-Age=600"), std::string::npos);
  EXPECT_EQ(Patch("password_bytes_min", "20"), "");
  EXPECT_EQ(Admin("POST", "/api/v1/users", R"({"username":"a","password":"correct horse"})").status,
            400);
  EXPECT_EQ(Patch("login_failures_max", "3"), "");
  const std::string wrong = R"({"username":"bob","password":"wrong horse"})";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Send("POST", "/api/v1/auth/login", wrong).status, 401);
  }
  EXPECT_EQ(Send("POST", "/api/v1/auth/login", wrong).status, 429);
}

TEST_F(RestSettingsTest, WhatIsAdminsAloneMovesNoRelay) {
  const auto revision = [this] {
    return At(Admin("GET", "/api/v1/status").Json(), "revision").as_int64();
  };
  const std::int64_t before = revision();
  EXPECT_EQ(Patch("site_name", "\"Ours\""), "");
  EXPECT_EQ(revision(), before);
  EXPECT_EQ(At(Send("GET", "/api/v1/public").Json(), "name").as_string(), "Ours");
  EXPECT_EQ(Patch("serve_unpriced_models", "true"), "");
  EXPECT_EQ(revision(), before + 1);
}

}  // namespace
}  // namespace weir::admin

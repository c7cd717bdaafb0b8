#include "tests/unit/admin/admin_server.h"

#include <httplib.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include <boost/json/parse.hpp>

#include "libs/common/text.h"
#include "services/admin/config.h"

namespace weir::admin {
namespace {

void WriteSecret(const std::string& path, const std::string& text) {
  std::ofstream(path) << text << "\n";
  chmod(path.c_str(), 0600);
}

weir::Settings LoadSettings(const std::map<std::string, std::string>& values) {
  std::vector<std::string> arguments = {"weir-admin"};
  for (const auto& [name, value] : values) arguments.push_back(StrCat("--", name, "=", value));
  std::vector<const char*> pointers;
  pointers.reserve(arguments.size());
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  weir::Settings settings = MakeSettings();
  absl::Status loaded = settings.Load(static_cast<int>(pointers.size()), pointers.data());
  EXPECT_TRUE(loaded.ok()) << loaded;
  return settings;
}

}  // namespace

boost::json::value Reply::Json() const {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(body, error);
  EXPECT_FALSE(error) << status << " " << body;
  return value;
}

std::string Reply::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

void AdminServerTest::SetUp() {
  folder_ = "/tmp/weir-admin-XXXXXX";
  ASSERT_NE(mkdtemp(folder_.data()), nullptr);
  WriteSecret(folder_ + "/master.key", std::string(64, 'a'));
  WriteSecret(folder_ + "/token", kInternalToken);
  std::ofstream(folder_ + "/prices.csv")
      << "provider,model,input,output\nanthropic,claude-x,3,15\nopenai,gpt-x,1,2\n";
  Start();
}

void AdminServerTest::TearDown() {
  admin_.reset();
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

std::map<std::string, std::string> AdminServerTest::Settings(
    const std::map<std::string, std::string>& more) const {
  std::map<std::string, std::string> values = {{"listen", "127.0.0.1:0"},
                                               {"grpc-listen", "127.0.0.1:0"},
                                               {"ops-listen", "127.0.0.1:0"},
                                               {"usage-target", "127.0.0.1:1"},  // nobody is there
                                               {"database-url", "sqlite:" + folder_ + "/admin.db"},
                                               {"internal-token-file", folder_ + "/token"},
                                               {"master-key-file", folder_ + "/master.key"},
                                               {"prices-file", folder_ + "/prices.csv"}};
  for (const auto& [name, value] : more) values[name] = value;
  return values;
}

absl::Status AdminServerTest::StartEmpty(const std::map<std::string, std::string>& more) {
  admin_.reset();
  std::map<std::string, std::string> values = {{"database-url", "sqlite:" + folder_ + "/empty.db"}};
  for (const auto& [name, value] : more) values[name] = value;
  auto admin = weir::admin::Admin::Start(LoadSettings(Settings(values)));
  if (!admin.ok()) return admin.status();
  admin_ = *std::move(admin);
  return absl::OkStatus();
}

void AdminServerTest::Start(const std::map<std::string, std::string>& more) {
  admin_.reset();
  const weir::Settings settings = LoadSettings(Settings(more));
  auto lines = RunSeed(settings);
  ASSERT_TRUE(lines.ok()) << lines.status();
  constexpr std::string_view kName = "WEIR_ADMIN_PASSWORD=";
  if (const auto start = lines->find(kName); start != std::string::npos) {
    const auto from = start + kName.size();
    admin_password_ = lines->substr(from, lines->find('\n', from) - from);
  }
  auto admin = weir::admin::Admin::Start(settings);
  ASSERT_TRUE(admin.ok()) << admin.status();
  admin_ = *std::move(admin);
  admin_token_ = LogIn("admin", admin_password_);
}

std::string AdminServerTest::grpc_target() const {
  return StrCat("127.0.0.1:", admin_->grpc_port());
}

Reply AdminServerTest::Send(const std::string& method, const std::string& path,
                            const std::string& body, const Headers& headers) {
  httplib::Client client("127.0.0.1", admin_->http_port());
  client.set_read_timeout(20, 0);
  httplib::Request request;
  request.method = method;
  request.path = path;
  request.body = body;
  for (const auto& [name, value] : headers) request.set_header(name, value);
  if (!body.empty() && !request.has_header("Content-Type")) {
    request.set_header("Content-Type", "application/json");
  }
  const httplib::Result result = client.send(request);
  Reply reply;
  EXPECT_TRUE(result) << method << " " << path << ": " << httplib::to_string(result.error());
  if (!result) return reply;
  reply.status = result->status;
  reply.body = result->body;
  for (const auto& [name, value] : result->headers) reply.headers.emplace(ToLower(name), value);
  return reply;
}

Reply AdminServerTest::Admin(const std::string& method, const std::string& path,
                             const std::string& body, const Headers& more) {
  Headers headers = more;
  headers.emplace("Authorization", "Bearer " + admin_token_);
  return Send(method, path, body, headers);
}

Reply AdminServerTest::As(const std::string& token, const std::string& method,
                          const std::string& path, const std::string& body) {
  return Send(method, path, body, {{"Authorization", "Bearer " + token}});
}

std::string AdminServerTest::LogIn(const std::string& username, const std::string& password) {
  const Reply reply =
      Send("POST", "/api/v1/auth/login",
           StrCat(R"({"username":")", username, R"(","password":")", password, R"("})"));
  EXPECT_EQ(reply.status, 200) << reply.body;
  return reply.status == 200 ? std::string(At(reply.Json(), "token").as_string().c_str()) : "";
}

std::string AdminServerTest::MakeUser(const std::string& username, std::int64_t* id) {
  const Reply reply =
      Admin("POST", "/api/v1/users",
            StrCat(R"({"username":")", username, R"(","password":"correct horse"})"));
  EXPECT_EQ(reply.status, 201) << reply.body;
  if (id != nullptr) *id = At(reply.Json(), "id").as_int64();
  return LogIn(username, "correct horse");
}

}  // namespace weir::admin

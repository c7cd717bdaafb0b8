// The console's files: what is read of its folder, and what a browser gets of it.
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "services/admin/http/console_answer.h"
#include "services/admin/http/console_files.h"
#include "services/admin/http/unchanged.h"

namespace weir::admin {
namespace {

namespace fs = std::filesystem;

class ConsoleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = "/tmp/weir-console-XXXXXX";
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    Write("index.html", "<!doctype html>page");
    Write("index.html.br", "page-br");
    Write("weir.svg", "<svg/>");
    Write("assets/index-3f2a.js", "script");
    Write("assets/index-3f2a.js.br", "script-br");
    Write("assets/index-3f2a.js.gz", "script-gz");
    Write("assets/only.css.gz", "nobody's");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) const {
    const fs::path path = fs::path(folder_) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }

  std::optional<Response> Ask(Request request, const std::string& relay_url = "") const {
    auto files = ReadConsoleFiles(folder_);
    EXPECT_TRUE(files.ok()) << files.status();
    if (request.method.empty()) request.method = "GET";
    return ConsoleAnswer(*files, request, [&] { return relay_url; });
  }
  std::optional<Response> Browse(const std::string& path) const {
    Request request;
    request.path = path;
    request.headers["accept"] = "text/html,application/xhtml+xml,*/*;q=0.8";
    return Ask(request);
  }
  std::optional<Response> Fetch(const std::string& path, const std::string& codings = "") const {
    Request request;
    request.path = path;
    request.headers["accept"] = "*/*";
    request.headers["accept-encoding"] = codings;
    return Ask(request);
  }

  std::string folder_;
};

std::string HeaderOf(const Response& response, std::string_view name) {
  for (const auto& [header, value] : response.headers) {
    if (header == name) return value;
  }
  return "";
}

TEST_F(ConsoleTest, FormsBelongToTheirFile) {
  const auto files = ReadConsoleFiles(folder_ + "/");
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(files->size(), 3u) << "a form without its file is nobody's";
  const ConsoleFile& script = files->at("/assets/index-3f2a.js");
  EXPECT_EQ(script.content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(*script.plain.content, "script");
  EXPECT_EQ(*script.brotli.content, "script-br");
  EXPECT_EQ(*script.gzip.content, "script-gz");
  EXPECT_EQ(files->at("/weir.svg").content_type, "image/svg+xml");
  EXPECT_EQ(files->at("/weir.svg").gzip.content, nullptr);
}

TEST_F(ConsoleTest, WhatIsNoBuildIsRefused) {
  EXPECT_TRUE(absl::IsNotFound(ReadConsoleFiles(folder_ + "/nowhere").status()));
  EXPECT_TRUE(absl::IsNotFound(ReadConsoleFiles(folder_ + "/assets").status()));
  EXPECT_TRUE(absl::IsNotFound(ReadConsoleFiles(folder_ + "/weir.svg").status()));
  Write("huge.bin", "");
  fs::resize_file(folder_ + "/huge.bin", kConsoleBytesMax);
  EXPECT_TRUE(absl::IsResourceExhausted(ReadConsoleFiles(folder_).status()));
}

TEST_F(ConsoleTest, LinkedFoldersAreNotFollowed) {
  fs::create_directory_symlink("/etc", folder_ + "/assets/etc");
  const auto files = ReadConsoleFiles(folder_);
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(files->size(), 3u);
}

TEST_F(ConsoleTest, TheClientSaysWhichForm) {
  const auto coding = [&](const std::string& accepted) {
    const auto response = Fetch("/assets/index-3f2a.js", accepted);
    EXPECT_EQ(HeaderOf(*response, "Vary"), "Accept-Encoding");
    std::string name = HeaderOf(*response, "Content-Encoding");
    EXPECT_EQ(*response->stored, name.empty()   ? "script"
                                 : name == "br" ? "script-br"
                                                : "script-gz");
    return name;
  };
  EXPECT_EQ(coding(""), "");
  EXPECT_EQ(coding("gzip, deflate, br, zstd"), "br");
  EXPECT_EQ(coding("GZip"), "gzip");
  EXPECT_EQ(coding("br;q=0, gzip;q=0.5"), "gzip");
  EXPECT_EQ(coding("br; q=0.000 ,gzip;q=0"), "");
  EXPECT_EQ(coding("*"), "br");
  EXPECT_EQ(coding("br;q=0, *;q=0.1"), "gzip");
  EXPECT_EQ(coding("*;q=0"), "");
  EXPECT_EQ(coding("identity"), "");
  EXPECT_EQ(coding("brotli,,;;q"), "");
}

TEST_F(ConsoleTest, FormsAreToldApartByTheirEtag) {
  const auto plain = Fetch("/weir.svg");
  EXPECT_EQ(HeaderOf(*plain, "Cache-Control"), "no-cache");
  Request request;
  request.path = "/weir.svg";
  request.headers["if-none-match"] = "\"other\", " + HeaderOf(*plain, "ETag");
  EXPECT_EQ(Ask(request)->status, 304);
  EXPECT_EQ(Ask(request)->stored, nullptr);
  const auto script = Fetch("/assets/index-3f2a.js");
  EXPECT_EQ(HeaderOf(*script, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_NE(HeaderOf(*script, "ETag"), HeaderOf(*Fetch("/assets/index-3f2a.js", "br"), "ETag"));
}

TEST_F(ConsoleTest, AnyPathOfABrowserIsThePage) {
  for (const char* path : {"/", "/index.html", "/setup", "/logs", "/settings/general", "/apiary",
                           "/healthy", "/../etc/passwd", "/a/../../b", "//api", "/\xff"}) {
    const auto response = Browse(path);
    ASSERT_TRUE(response.has_value()) << path;
    EXPECT_EQ(*response->stored, "<!doctype html>page") << path;
    EXPECT_EQ(response->content_type, "text/html; charset=utf-8");
    EXPECT_EQ(HeaderOf(*response, "Cache-Control"), "no-cache");
    EXPECT_EQ(HeaderOf(*response, "Vary"), "Accept, Accept-Encoding");
  }
}

TEST_F(ConsoleTest, WhatIsNotTheConsoleS) {
  for (const char* path : {"/api", "/api/v1/users", "/api/docs", "/health", "/ready", "/metrics",
                           "/health/x", "/assets", "/assets/gone-1234.js"}) {
    EXPECT_FALSE(Browse(path).has_value()) << path;
  }
  for (const char* path : {"/", "/setup", "/logs", "/index.html.br", "/assets/../index.html"}) {
    EXPECT_FALSE(Fetch(path).has_value()) << path;
  }
  Request post;
  post.method = "POST";
  post.path = "/setup";
  post.headers["accept"] = "text/html";
  EXPECT_FALSE(Ask(post).has_value());
}

TEST_F(ConsoleTest, ThePolicyFollowsTheRelayAndThePageWithIt) {
  Request request;
  request.path = "/";
  request.headers["accept"] = "text/html";
  const auto before = Ask(request);
  request.headers["if-none-match"] = HeaderOf(*before, "ETag");
  EXPECT_EQ(Ask(request)->status, 304);
  const auto after = Ask(request, "https://relay.example.com/base");
  EXPECT_EQ(after->status, 200) << "another policy is another page";
  EXPECT_NE(HeaderOf(*after, "Content-Security-Policy")
                .find("connect-src 'self' https://relay.example.com;"),
            std::string::npos);
  EXPECT_EQ(HeaderOf(*after, "Referrer-Policy"), "same-origin");
  EXPECT_EQ(HeaderOf(*after, "Cross-Origin-Opener-Policy"), "same-origin");
  EXPECT_NE(HeaderOf(*after, "Permissions-Policy"), "");
}

TEST(ConsolePolicyTest, NoScriptButItsOwn) {
  const std::string policy = ConsolePolicy("");
  EXPECT_NE(policy.find("default-src 'none'; script-src 'self'; "), std::string::npos);
  EXPECT_NE(policy.find("connect-src 'self'; "), std::string::npos);
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_NE(ConsolePolicy("http://10.0.0.7:8080/").find("connect-src 'self' http://10.0.0.7:8080;"),
            std::string::npos);
}

TEST(ConsolePolicyTest, ARelayThatIsNoSourceIsLeftOut) {
  for (const char* url :
       {"http://[::1]:8080", "https://a;script-src *", "https://a b", "javascript:alert(1)",
        "https://*", "relay", "https://a,b", "https://'self'"}) {
    EXPECT_EQ(ConsolePolicy(url), ConsolePolicy("")) << url;
  }
}

}  // namespace
}  // namespace weir::admin

#include <map>
#include <set>
#include <string>

#include <boost/json/serialize.hpp>

#include "tests/unit/admin/admin_server.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

class RestContractTest : public AdminServerTest {
 protected:
  json::object Document() { return Send("GET", "/api/openapi.json").Json().as_object(); }
};

template <class Use>
void ForEachOperation(const json::object& document, Use use) {
  for (const auto& path : document.at("paths").as_object()) {
    for (const auto& operation : path.value().as_object()) {
      use(std::string(operation.key()) + " " + std::string(path.key()),
          operation.value().as_object());
    }
  }
}

// Who describes an empty list or a null has said nothing of what may be there.
void ExpectSaid(const json::value& schema, const std::string& where) {
  if (!schema.is_object()) return;
  const json::object& object = schema.get_object();
  const json::value* type = object.if_contains("type");
  EXPECT_FALSE(type != nullptr && *type == "null" && where.find("anyOf") == std::string::npos)
      << where << " is only ever null";
  EXPECT_FALSE(type != nullptr && *type == "array" && !object.contains("items"))
      << where << ": a list of what?";
  for (const char* inside : {"properties", "items", "additionalProperties"}) {
    const json::value* found = object.if_contains(inside);
    if (found == nullptr || !found->is_object()) continue;
    if (std::string(inside) != "properties") {
      ExpectSaid(*found, where + "/" + inside);
      continue;
    }
    for (const auto& property : found->get_object()) {
      ExpectSaid(property.value(), where + "/" + std::string(property.key()));
    }
  }
}

TEST_F(RestContractTest, EveryRowSaysWhatItIs) {
  const json::object document = Document();
  EXPECT_EQ(document.at("openapi"), "3.1.0");
  std::set<std::string> ids;
  std::size_t count = 0;
  ForEachOperation(document, [&](const std::string& where, const json::object& operation) {
    ++count;
    EXPECT_FALSE(operation.at("summary").as_string().empty()) << where;
    EXPECT_FALSE(operation.at("tags").at(0).as_string().empty()) << where;
    EXPECT_NE(operation.at("x-weir-access"), "nobody") << where;
    EXPECT_TRUE(ids.emplace(operation.at("operationId").as_string()).second) << where;
    bool succeeds = false;
    for (const auto& response : operation.at("responses").as_object()) {
      succeeds = succeeds || response.key().starts_with("2") || response.key() == "303";
      const json::value* content = response.value().as_object().if_contains("content");
      if (content == nullptr) continue;
      for (const auto& type : content->as_object()) {
        ExpectSaid(type.value().at("schema"), where);
      }
    }
    EXPECT_TRUE(succeeds) << where;
  });
  EXPECT_GT(count, 80u);
  for (const auto& schema : document.at("components").at("schemas").as_object()) {
    ExpectSaid(schema.value(), std::string(schema.key()));
  }
}

// A name that stands for two things would be written out in one of the places.
TEST_F(RestContractTest, NamesStandForOneThing) {
  const json::object document = Document();
  const json::object& schemas = document.at("components").at("schemas").as_object();
  EXPECT_TRUE(schemas.contains("Group"));
  const std::string paths = json::serialize(document.at("paths"));
  for (const auto& schema : schemas) {
    EXPECT_EQ(paths.find("\"title\":\"" + std::string(schema.key()) + "\""), std::string::npos)
        << schema.key();
  }
}

TEST_F(RestContractTest, WhatIsOpenIsListedHere) {
  const std::set<std::string> open = {"get /",
                                      "get /health",
                                      "get /ready",
                                      "get /metrics",
                                      "get /api/openapi.json",
                                      "get /api/docs",
                                      "get /api/v1/status",
                                      "post /api/v1/auth/login",
                                      "get /api/v1/auth/oidc/callback",
                                      "post /api/v1/auth/oidc/code",
                                      "get /api/v1/auth/oidc/logout",
                                      "get /api/v1/auth/oidc/start",
                                      "post /api/v1/auth/refresh",
                                      "post /api/v1/auth/register",
                                      "get /api/v1/public",
                                      "get /setup",
                                      "post /setup"};
  ForEachOperation(Document(), [&](const std::string& where, const json::object& operation) {
    const bool is_public = operation.at("x-weir-access") == "public";
    EXPECT_EQ(is_public, open.contains(where)) << where;
    if (where.find(" /api/v1/admin/") != std::string::npos) {
      EXPECT_EQ(operation.at("x-weir-access"), "admin") << where;
    }
  });
}

TEST_F(RestContractTest, IsFetchedOnce) {
  for (const char* path : {"/api/openapi.json", "/api/docs"}) {
    const Reply first = Send("GET", path);
    EXPECT_EQ(first.status, 200);
    const std::string etag = first.Header("etag");
    EXPECT_FALSE(etag.empty());
    EXPECT_EQ(first.Header("cache-control"), "no-cache");
    const Reply again = Send("GET", path, "", {{"If-None-Match", etag}});
    EXPECT_EQ(again.status, 304);
    EXPECT_TRUE(again.body.empty());
    EXPECT_EQ(Send("GET", path, "", {{"If-None-Match", "\"old\""}}).status, 200);
  }
}

TEST_F(RestContractTest, ThePageHasEveryRouteAndNoScript) {
  const Reply page = Send("GET", "/api/docs");
  EXPECT_EQ(page.Header("content-type"), "text/html; charset=utf-8");
  EXPECT_NE(page.Header("content-security-policy").find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(page.body.find("<script"), std::string::npos);
  EXPECT_EQ(page.body.find("http://"), std::string::npos) << "no outside host";
  ForEachOperation(Document(), [&](const std::string& where, const json::object& operation) {
    const std::string id(operation.at("operationId").as_string());
    EXPECT_NE(page.body.find("id=\"" + id + "\""), std::string::npos) << where;
  });
}

}  // namespace
}  // namespace weir::admin

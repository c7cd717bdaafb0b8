// /api/openapi.json and /api/docs: the contract, for programs and for people.
#include <memory>
#include <string>
#include <utility>

#include <boost/json/serialize.hpp>

#include "libs/common/version.h"
#include "services/admin/contract/openapi.h"
#include "services/admin/contract/openapi_page.h"
#include "services/admin/http/unchanged.h"
#include "services/admin/resources/resource.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::string_view kPageType = "text/html; charset=utf-8";

struct Page {
  std::string body;
  std::string etag;
};

// Made once, when all routes are known; read by many threads then.
struct Contract {
  Page document;
  Page page;
};

Page MakePage(std::string body) {
  std::string etag = ContentEtag(body);
  return {.body = std::move(body), .etag = std::move(etag)};
}

// Clients ask again each time, and get 304 until the program is another one.
Response Show(const Request& request, const Page& page, std::string_view content_type) {
  Response response;
  response.content_type = content_type;
  response.headers = {{"ETag", page.etag},
                      {"Cache-Control", "no-cache"},
                      {"Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}};
  if (ClientHas(request, page.etag)) {
    response.status = 304;
  } else {
    response.body = page.body;
  }
  return response;
}

}  // namespace

void AddContractRoutes(Routes& routes) {
  auto contract = std::make_shared<Contract>();
  const Answer unchanged = {.status = 304, .about = "As If-None-Match has it"};
  routes.push_back({"GET",
                    "/api/openapi.json",
                    Access::kPublic,
                    [contract](const Request& request, const Caller&) -> absl::StatusOr<Response> {
                      return Show(request, contract->document, "application/json");
                    },
                    {.summary = "This contract, as OpenAPI 3.1",
                     .answers = {Answers([] { return Anything({}); }), unchanged}}});
  routes.push_back(
      {"GET",
       "/api/docs",
       Access::kPublic,
       [contract](const Request& request, const Caller&) -> absl::StatusOr<Response> {
         return Show(request, contract->page, kPageType);
       },
       {.summary = "This contract, as a page", .answers = {AnswersFile(kPageType), unchanged}}});
  for (Route& route : routes) {
    if (route.tag.empty()) route.tag = "Operation";
  }
  const json::object document = OpenApiDocument(routes, kVersion);
  contract->document = MakePage(json::serialize(document));
  contract->page = MakePage(OpenApiPage(document));
}

}  // namespace weir::admin

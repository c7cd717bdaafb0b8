#include "services/admin/http/console_answer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "libs/common/text.h"
#include "libs/common/upstream_url.h"
#include "services/admin/http/content_coding.h"
#include "services/admin/http/unchanged.h"

namespace weir::admin {
namespace {

// At these and below them no page is, whatever a client accepts.
constexpr std::string_view kAssets = "/assets";
constexpr std::array<std::string_view, 5> kOthers = {"/api", "/health", "/ready", "/metrics",
                                                     kAssets};

bool IsAtOrBelow(std::string_view path, std::string_view parent) {
  return path.starts_with(parent) && (path.size() == parent.size() || path[parent.size()] == '/');
}

bool IsRead(const Request& request) { return request.method == "GET" || request.method == "HEAD"; }

// The smallest that the client takes; `coding` says how it is packed.
const ConsoleForm& ChooseForm(const ConsoleFile& file, const Request& request,
                              std::string_view& coding) {
  if (file.brotli.content != nullptr && AcceptsCoding(request, "br")) {
    coding = "br";
    return file.brotli;
  }
  if (file.gzip.content != nullptr && AcceptsCoding(request, "gzip")) {
    coding = "gzip";
    return file.gzip;
  }
  return file.plain;
}

Response AnswerForm(const ConsoleFile& file, const Request& request, std::string_view extra) {
  std::string_view coding;
  const ConsoleForm& form = ChooseForm(file, request, coding);
  const std::string etag = extra.empty() ? form.etag : ContentEtag(StrCat(form.etag, extra));
  Response response;
  response.content_type = file.content_type;
  response.headers = {{"ETag", etag}, {"Cross-Origin-Resource-Policy", "same-origin"}};
  if (ClientHas(request, etag)) {
    response.status = 304;
    return response;
  }
  if (!coding.empty()) response.headers.emplace_back("Content-Encoding", coding);
  response.stored = form.content;
  return response;
}

// Names under /assets hold a hash of their content: what is there never changes.
Response AnswerFile(std::string_view path, const ConsoleFile& file, const Request& request) {
  Response response = AnswerForm(file, request, "");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  response.headers.emplace_back("Cache-Control", IsAtOrBelow(path, kAssets)
                                                     ? "public, max-age=31536000, immutable"
                                                     : "no-cache");
  return response;
}

// The policy is a part of the page's ETag, since not all browsers take a new one out of a 304.
Response AnswerPage(const ConsoleFile& file, const Request& request, std::string_view relay_url) {
  const std::string policy = ConsolePolicy(relay_url);
  Response response = AnswerForm(file, request, policy);
  const std::array<std::pair<std::string_view, std::string_view>, 6> headers = {{
      {"Vary", "Accept, Accept-Encoding"},  // others than browsers get JSON at /setup
      {"Cache-Control", "no-cache"},
      {"Content-Security-Policy", policy},
      {"Referrer-Policy", "same-origin"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Permissions-Policy",
       "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"},
  }};
  for (const auto& [name, value] : headers) response.headers.emplace_back(name, value);
  return response;
}

// The origin alone, since a path would have to be that of each request; empty for what a policy has
// no form for, such as an IPv6 address.
std::string SourceOf(std::string_view relay_url) {
  const auto url = ParseUpstreamUrl(relay_url);
  if (!url.ok()) return "";
  const bool has_form = std::all_of(url->host.begin(), url->host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
  });
  if (!has_form) return "";
  return StrCat(url->tls ? " https://" : " http://", url->host_header);
}

}  // namespace

bool WantsConsolePage(const Request& request) {
  if (!IsRead(request) || !request.AcceptsHtml()) return false;
  return std::none_of(kOthers.begin(), kOthers.end(),
                      [&](std::string_view parent) { return IsAtOrBelow(request.path, parent); });
}

std::string ConsolePolicy(std::string_view relay_url) {
  return StrCat(
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
      "img-src 'self' data:; font-src 'self'; connect-src 'self'",
      SourceOf(relay_url), "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
}

std::optional<Response> ConsoleAnswer(const ConsoleFiles& files, const Request& request,
                                      const std::function<std::string()>& relay_url) {
  if (!IsRead(request)) return std::nullopt;
  auto found = files.find(request.path);
  if (found == files.end() && WantsConsolePage(request)) found = files.find(kConsolePage);
  if (found == files.end()) return std::nullopt;
  if (found->first == kConsolePage) return AnswerPage(found->second, request, relay_url());
  return AnswerFile(found->first, found->second, request);
}

}  // namespace weir::admin

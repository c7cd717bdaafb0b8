#include "services/relay/providers/upstream_target.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::string_view kVersion = "/v1";
constexpr std::array kVersions = {kVersion, std::string_view("/v1beta"),
                                  std::string_view("/v1alpha")};
constexpr std::string_view kAzureVersion = "api-version";

// A model's name as one segment of a path, whatever stands in it.
void AppendSegment(std::string_view name, std::string& out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~";
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || kPlain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0xFU];
  }
}

bool EndsWithVersion(std::string_view base_path) {
  return std::any_of(kVersions.begin(), kVersions.end(), [base_path](std::string_view version) {
    return base_path.ends_with(version);
  });
}

std::string_view WithoutVersion(std::string_view path) {
  for (const std::string_view version : kVersions) {
    if (path.starts_with(version) && path.substr(version.size()).starts_with('/')) {
      return path.substr(version.size());
    }
  }
  return path;
}

// The client's query (Anthropic's `?beta=true`) passes, but for a key of ours in it.
void WriteQuery(std::string_view query, bool azure, char separator, std::string& out) {
  for (const std::string_view part : Split(query, '&')) {
    if (part.empty() || part == "key" || part.starts_with("key=")) continue;
    if (azure && part.starts_with(kAzureVersion)) continue;  // the account's decides
    StrAppend(out, separator, part);
    separator = '&';
  }
}

// True: a query has begun.
bool WriteAzure(const UpstreamRequest& request, std::string& out) {
  const UpstreamUrl& url = request.account->url;
  out += url.base_path;
  const bool versioned = url.base_path.ends_with(kVersion);
  if (!versioned && url.base_path.find("/deployments/") == std::string::npos) {
    StrAppend(out, url.base_path.ends_with("/openai") ? "" : "/openai", "/deployments/");
    AppendSegment(request.model, out);
  }
  out += WithoutVersion(request.path);
  if (versioned && url.api_version.empty()) return false;
  const std::string_view asked = url.api_version;
  StrAppend(out, "?", kAzureVersion, "=", asked.empty() ? kDefaultAzureVersion : asked);
  return true;
}

}  // namespace

void WriteTarget(const UpstreamRequest& request, std::string& out) {
  const Account& account = *request.account;
  const bool azure = account.platform == Platform::kAzureOpenAi;
  bool has_query = false;
  if (azure) {
    has_query = WriteAzure(request, out);
  } else {
    // A base URL may be given with or without the version; "/v1/v1" helps nobody. One that has
    // another version than the client's path wins.
    const bool versioned = EndsWithVersion(account.url.base_path);
    const bool wants_version = account.platform == Platform::kOllama && !versioned;
    const std::string_view path =
        versioned || wants_version ? WithoutVersion(request.path) : request.path;
    StrAppend(out, account.url.base_path, wants_version ? kVersion : std::string_view(), path);
  }
  if (!request.native) return;
  WriteQuery(request.query.value_or(request.client_head->query()), azure, has_query ? '&' : '?',
             out);
}

}  // namespace weir::relay

#include "services/admin/oidc/oidc_directory.h"

#include <algorithm>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "libs/common/text.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/validate.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::string_view kPath = "/.well-known/openid-configuration";
constexpr std::size_t kAnswerBytesMax = std::size_t{256} * 1024;

std::string TextOf(const json::object& object, json::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

bool ListHas(const json::object& object, json::string_view name, std::string_view text) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_array()) return false;
  const json::array& list = value->get_array();
  return std::any_of(list.begin(), list.end(), [&](const json::value& one) {
    return one.is_string() &&
           std::string_view(one.get_string().data(), one.get_string().size()) == text;
  });
}

// An endpoint is where an account's URL could lead, and not in clear when its issuer is not.
absl::Status CheckEndpoint(std::string_view issuer, const std::string& url, std::string_view name) {
  FieldErrors errors;
  ValidateWebhookUrl(url, name, errors);
  if (!errors.empty()) {
    return absl::InvalidArgumentError(StrCat("its ", name, " ", errors.all().begin()->second));
  }
  if (issuer.starts_with("https://") && !url.starts_with("https://")) {
    return absl::InvalidArgumentError(StrCat("its ", name, " is not https"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<OidcEndpoints> ReadDiscovery(std::string_view issuer, std::string_view text) {
  json::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) {
    return absl::InvalidArgumentError("its discovery document is no JSON object");
  }
  const json::object& object = value.get_object();
  OidcEndpoints endpoints;
  endpoints.issuer = TextOf(object, "issuer");
  if (endpoints.issuer != issuer) {
    return absl::InvalidArgumentError("its discovery document is of another issuer");
  }
  const std::pair<std::string_view, std::string*> urls[] = {
      {"authorization_endpoint", &endpoints.authorization_url},
      {"token_endpoint", &endpoints.token_url},
      {"jwks_uri", &endpoints.keys_url},
      {"end_session_endpoint", &endpoints.end_session_url}};
  for (const auto& [name, url] : urls) {
    *url = TextOf(object, {name.data(), name.size()});
    const bool may_lack = url == &endpoints.end_session_url;
    if (may_lack && url->empty()) continue;
    if (absl::Status good = CheckEndpoint(issuer, *url, name); !good.ok()) return good;
  }
  const json::string_view kMethods = "token_endpoint_auth_methods_supported";
  endpoints.takes_basic =
      !object.contains(kMethods) || ListHas(object, kMethods, "client_secret_basic");
  const json::value* names_itself =
      object.if_contains("authorization_response_iss_parameter_supported");
  endpoints.names_itself =
      names_itself != nullptr && names_itself->is_bool() && names_itself->get_bool();
  return endpoints;
}

bool OidcDirectory::IsFresh(std::int64_t at_ms) const {
  return at_ms != 0 && clock_.NowUnixMs() - at_ms < kFreshMs;
}

void OidcDirectory::TakeUp(const std::string& issuer) {
  if (known_.issuer == issuer) return;
  known_ = Known();
  known_.issuer = issuer;
}

absl::StatusOr<OidcEndpoints> OidcDirectory::Endpoints(const std::string& issuer) {
  std::unique_lock lock(mutex_);
  TakeUp(issuer);
  if (!IsFresh(known_.endpoints_at_ms)) {
    const absl::Status renewed = Renew(lock, issuer, Wanted::kEndpoints);
    // What it said before will do while it is away.
    const bool has_old = known_.issuer == issuer && known_.endpoints_at_ms != 0;
    if (!renewed.ok() && !has_old) return renewed;
  }
  if (known_.issuer != issuer) return absl::UnavailableError("the provider was changed; try again");
  return known_.endpoints;
}

absl::StatusOr<Jwk> OidcDirectory::KeyFor(const std::string& issuer, std::string_view algorithm,
                                          std::string_view kid) {
  if (auto endpoints = Endpoints(issuer); !endpoints.ok()) return endpoints.status();
  std::unique_lock lock(mutex_);
  TakeUp(issuer);
  const Jwk* key = IsFresh(known_.keys_at_ms) ? FindJwk(known_.keys, algorithm, kid) : nullptr;
  const bool may_ask = clock_.NowUnixMs() - known_.keys_at_ms >= kAgainMs;
  if (key == nullptr && may_ask) {
    if (absl::Status renewed = Renew(lock, issuer, Wanted::kKeys); !renewed.ok()) return renewed;
    if (known_.issuer == issuer) key = FindJwk(known_.keys, algorithm, kid);
  }
  if (key == nullptr) {
    return absl::UnauthenticatedError("the provider has no key of that name and algorithm");
  }
  return *key;
}

absl::Status OidcDirectory::Renew(std::unique_lock<std::mutex>& lock, const std::string& issuer,
                                  Wanted wanted) {
  const auto made_at_ms = [&] {
    return wanted == Wanted::kKeys ? known_.keys_at_ms : known_.endpoints_at_ms;
  };
  const std::int64_t before_ms = made_at_ms();
  while (asking_) {
    if (waiting_ >= kWaitingMax) return absl::UnavailableError("the provider is slow; try again");
    ++waiting_;
    done_.wait(lock, [this] { return !asking_; });
    --waiting_;
    // Perhaps somebody asked for something else, or of another provider.
    if (!known_.failure.ok() || made_at_ms() != before_ms) return known_.failure;
  }
  if (!known_.failure.ok() && clock_.NowUnixMs() - known_.failed_at_ms < kFailedMs) {
    return known_.failure;
  }
  Known known = known_;
  asking_ = true;
  lock.unlock();
  known.failure = Fetch(known, wanted);
  known.failed_at_ms = known.failure.ok() ? 0 : clock_.NowUnixMs();
  lock.lock();
  asking_ = false;
  done_.notify_all();
  absl::Status done = known.failure;
  if (known_.issuer == issuer) known_ = std::move(known);
  return done;
}

absl::Status OidcDirectory::Fetch(Known& known, Wanted wanted) const {
  const bool keys = wanted == Wanted::kKeys;
  auto text = Get(keys ? known.endpoints.keys_url : StrCat(known.issuer, kPath));
  if (!text.ok()) return text.status();
  const auto unavailable = [](const absl::Status& status) {
    return absl::UnavailableError(StrCat("the provider cannot be used: ", status.message()));
  };
  if (keys) {
    auto parsed = ParseJwkSet(*text);
    if (!parsed.ok()) return unavailable(parsed.status());
    known.keys = *std::move(parsed);
    known.keys_at_ms = clock_.NowUnixMs();
    return absl::OkStatus();
  }
  auto endpoints = ReadDiscovery(known.issuer, *text);
  if (!endpoints.ok()) return unavailable(endpoints.status());
  known.endpoints = *std::move(endpoints);
  known.endpoints_at_ms = clock_.NowUnixMs();
  return absl::OkStatus();
}

absl::StatusOr<std::string> OidcDirectory::Get(const std::string& url) const {
  WebCall call;
  call.url = url;
  call.headers = {"accept: application/json"};
  call.timeout_ms = kCallMs;
  call.answer_bytes_max = kAnswerBytesMax;
  const absl::StatusOr<WebAnswer> answer = send_(call);
  if (!answer.ok()) {
    return absl::UnavailableError(
        StrCat("the provider does not answer: ", answer.status().message()));
  }
  if (answer->status != 200) {
    return absl::UnavailableError(StrCat("the provider answered ", answer->status));
  }
  return answer->body.Reveal();
}

}  // namespace weir::admin

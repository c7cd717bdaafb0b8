// What a provider publishes of itself: its endpoints (OpenID Connect Discovery) and its keys. Kept
// for a while; a key that is not known is looked for again, but not at anybody's pace.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/clock.h"
#include "services/admin/oidc/jwk_set.h"
#include "services/admin/outbound/web_client.h"

namespace weir::admin {

struct OidcEndpoints {
  std::string issuer;
  std::string authorization_url;
  std::string token_url;
  std::string keys_url;
  std::string end_session_url;  // empty = it has none
  bool takes_basic = true;      // the client's secret in the head, not the body
  bool names_itself = false;    // its answers say who it is (RFC 9207)
};

// The document that `issuer` publishes. InvalidArgument, in words for an operator: it is none, of
// another issuer, or leads where no endpoint may be.
absl::StatusOr<OidcEndpoints> ReadDiscovery(std::string_view issuer, std::string_view text);

// Thread-safe; calls may block for kCallMs.
class OidcDirectory {
 public:
  static constexpr std::int64_t kCallMs = 5'000;
  static constexpr std::int64_t kFreshMs = 3'600'000;
  static constexpr std::int64_t kAgainMs = 30'000;  // between two looks for an unknown key
  static constexpr std::int64_t kFailedMs = 5'000;  // a failure is remembered for so long
  static constexpr int kWaitingMax = 4;             // who may wait for a call under way

  // `clock` must outlive this.
  OidcDirectory(SendWebCall send, const Clock& clock) : send_(std::move(send)), clock_(clock) {}

  // Unavailable: the provider does not say, and did not lately.
  absl::StatusOr<OidcEndpoints> Endpoints(const std::string& issuer);
  // The key for a token of that issuer. Unauthenticated: it has none of that name.
  absl::StatusOr<Jwk> KeyFor(const std::string& issuer, std::string_view algorithm,
                             std::string_view kid);

 private:
  struct Known {
    std::string issuer;
    OidcEndpoints endpoints;
    std::int64_t endpoints_at_ms = 0;  // 0 = not yet
    std::vector<Jwk> keys;
    std::int64_t keys_at_ms = 0;
    absl::Status failure;
    std::int64_t failed_at_ms = 0;
  };
  enum class Wanted { kEndpoints, kKeys };

  // One caller asks the provider, a few wait for it, the rest are turned away.
  absl::Status Renew(std::unique_lock<std::mutex>& lock, const std::string& issuer, Wanted wanted);
  absl::Status Fetch(Known& known, Wanted wanted) const;
  absl::StatusOr<std::string> Get(const std::string& url) const;
  void TakeUp(const std::string& issuer);
  bool IsFresh(std::int64_t at_ms) const;

  const SendWebCall send_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable done_;
  bool asking_ = false;
  int waiting_ = 0;
  Known known_;
};

}  // namespace weir::admin

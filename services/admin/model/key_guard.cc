#include "services/admin/model/key_guard.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "libs/common/ip_block.h"

namespace weir::admin {
namespace {

constexpr std::string_view kOnlyNarrower = "was set by an administrator; it may only be narrowed";

struct Cap {
  std::string_view field;
  std::int64_t Limits::*value;
};
constexpr std::array<Cap, 9> kCaps = {{
    {"limits.rpm", &Limits::requests_per_minute},
    {"limits.tpm", &Limits::tokens_per_minute},
    {"limits.concurrency", &Limits::concurrency},
    {"limits.requests_per_day", &Limits::requests_per_day},
    {"limits.requests_per_month", &Limits::requests_per_month},
    {"limits.requests_total", &Limits::requests_total},
    {"limits.usd_per_day", &Limits::nano_usd_per_day},
    {"limits.usd_per_month", &Limits::nano_usd_per_month},
    {"limits.usd_total", &Limits::nano_usd_total},
}};

// For values where 0 stands for none.
bool IsAtMost(std::int64_t after, std::int64_t before) {
  return before == 0 || (after != 0 && after <= before);
}

bool CoversModel(std::string_view wide, std::string_view narrow) {
  if (!wide.ends_with('*')) return wide == narrow;
  return narrow.starts_with(wide.substr(0, wide.size() - 1));
}

bool CoversAddress(std::string_view wide, std::string_view narrow) {
  const absl::StatusOr<IpBlock> outer = ParseIpBlock(wide);
  const absl::StatusOr<IpBlock> inner = ParseIpBlock(narrow);
  return outer.ok() && inner.ok() && outer->prefix_bits <= inner->prefix_bits &&
         Contains(*outer, inner->address);
}

// An empty list stands for all.
template <class Covers>
bool IsWithin(const std::vector<std::string>& after, const std::vector<std::string>& before,
              Covers covers) {
  if (before.empty()) return true;
  return !after.empty() && std::all_of(after.begin(), after.end(), [&](const std::string& narrow) {
    return std::any_of(before.begin(), before.end(),
                       [&](const std::string& wide) { return covers(wide, narrow); });
  });
}

bool SameBindings(const ApiKey& a, const ApiKey& b) {
  const auto bindings = [](const ApiKey& key) {
    return std::tie(key.status, key.limits, key.allowed_models, key.allowed_ips, key.expires_at_ms,
                    key.group_id, key.system_prompt);
  };
  return bindings(a) == bindings(b);
}

}  // namespace

bool IsNarrowed(const ApiKey& key, std::int64_t owners_group_id) {
  ApiKey open;
  open.group_id = owners_group_id;
  return !SameBindings(key, open);
}

bool ManagedAfter(const ApiKey& before, const ApiKey& after, std::int64_t owners_group_id) {
  return SameBindings(before, after) ? before.managed : IsNarrowed(after, owners_group_id);
}

void CheckNarrower(const ApiKey& before, const ApiKey& after, FieldErrors& errors) {
  const auto require = [&errors](bool narrower, std::string_view field) {
    if (!narrower) errors.Add(field, kOnlyNarrower);
  };
  for (const Cap& cap : kCaps) {
    require(IsAtMost(after.limits.*cap.value, before.limits.*cap.value), cap.field);
  }
  require(before.status == ActiveStatus::kActive || after.status == before.status, "status");
  require(IsAtMost(after.expires_at_ms, before.expires_at_ms), "expires_at");
  require(IsWithin(after.allowed_models, before.allowed_models, CoversModel), "allowed_models");
  require(IsWithin(after.allowed_ips, before.allowed_ips, CoversAddress), "allowed_ips");
  require(after.group_id == before.group_id, "group_id");
  require(before.system_prompt.empty() || after.system_prompt == before.system_prompt,
          "system_prompt");
}

}  // namespace weir::admin

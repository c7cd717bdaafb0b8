#include "libs/common/grpc_roles.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"

#include "libs/common/text.h"

namespace weir {
namespace {

constexpr std::array<std::pair<std::string_view, GrpcRole>, 3> kRoles = {{
    {"relay", kRelayRole},
    {"admin", kAdminRole},
    {"usage", kUsageRole},
}};

std::string NamesOf(unsigned roles) {
  std::vector<std::string> names;
  for (const auto& [name, role] : kRoles) {
    if ((roles & role) != 0) names.emplace_back(name);
  }
  return absl::StrJoin(names, " or ");
}

std::string Described(const std::vector<std::string>& dns_names) {
  if (dns_names.empty()) return "no DNS name";
  return StrCat("DNS names ", absl::StrJoin(dns_names, ", "));
}

}  // namespace

const std::vector<GrpcMethod>& GrpcMethods() {
  static const std::vector<GrpcMethod> methods = {
      {"/weir.v1.SnapshotService/Watch", kRelayRole},
      {"/weir.v1.SpendService/ExchangeLeases", kRelayRole},
      {"/weir.v1.SpendService/GetSpend", kAdminRole},
      {"/weir.v1.SpendService/PeekBudgets", kRelayRole | kAdminRole},
      {"/weir.v1.UsageBodies/ApplyBodyRetention", kAdminRole},
      {"/weir.v1.UsageBodies/DeleteBodies", kAdminRole},
      {"/weir.v1.UsageBodies/GetBodies", kAdminRole},
      {"/weir.v1.UsageBodies/Record", kRelayRole},
      {"/weir.v1.UsageIngest/Report", kRelayRole},
      {"/weir.v1.UsageMaintenance/ApplyRetention", kAdminRole},
      {"/weir.v1.UsageMaintenance/DeleteEvents", kAdminRole},
      {"/weir.v1.UsageMaintenance/GetIngest", kAdminRole},
      {"/weir.v1.UsageMaintenance/GetStorage", kAdminRole},
      {"/weir.v1.UsageMaintenance/MakePartitions", kAdminRole},
      {"/weir.v1.UsageQuery/GetEvent", kAdminRole},
      {"/weir.v1.UsageQuery/LastUsed", kAdminRole},
      {"/weir.v1.UsageQuery/ListEvents", kAdminRole},
      {"/weir.v1.UsageQuery/Summarize", kAdminRole},
      {"/weir.v1.UsageReports/Conflicts", kAdminRole},
      {"/weir.v1.UsageReports/Export", kAdminRole},
      {"/weir.v1.UsageReports/Overheads", kAdminRole},
      {"/weir.v1.UsageReports/Errors", kAdminRole},
      {"/weir.v1.UsageReports/Latency", kAdminRole},
      {"/weir.v1.UsageReports/Series", kAdminRole},
      {"/weir.v1.UsageReports/ServedDays", kAdminRole},
      {"/weir.v1.UsageReports/Stats", kAdminRole},
      {"/weir.v1.UsageReports/Unpriced", kAdminRole},
      {"/weir.v1.UsageRerate/CancelRerate", kAdminRole},
      {"/weir.v1.UsageRerate/GetRerate", kAdminRole},
      {"/weir.v1.UsageRerate/ListRerates", kAdminRole},
      {"/weir.v1.UsageRerate/StartRerate", kAdminRole},
  };
  return methods;
}

unsigned RolesOf(const std::vector<std::string>& dns_names) {
  unsigned roles = kNoRole;
  for (const std::string& name : dns_names) {
    const std::string label = name.substr(0, name.find('.'));
    for (const auto& [role_name, role] : kRoles) {
      if (absl::EqualsIgnoreCase(label, absl::string_view(role_name.data(), role_name.size()))) {
        roles |= role;
      }
    }
  }
  return roles;
}

absl::Status CheckCaller(std::string_view path, const std::vector<std::string>& dns_names) {
  const std::vector<GrpcMethod>& methods = GrpcMethods();
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [&](const GrpcMethod& method) { return method.path == path; });
  if (found == methods.end()) {
    return absl::UnimplementedError(StrCat(path, " is no method that this version knows"));
  }
  if ((found->callers & RolesOf(dns_names)) != 0) return absl::OkStatus();
  return absl::PermissionDeniedError(
      StrCat("a certificate with ", Described(dns_names), " may not call ", path,
             ": among its names must be one whose first part is ", NamesOf(found->callers)));
}

}  // namespace weir

#include "libs/common/grpc_roles.h"

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/common/text.h"

namespace weir {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

// Of all contracts in the folder, as they are written: what is linked into a test is not all.
std::set<std::string> MethodsOfContracts() {
  static const std::regex word(R"(^\s*(package|service|rpc)\s+([\w.]+))");
  std::set<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(WEIR_PROTO_DIR)) {
    std::ifstream file(entry.path());
    std::string package;
    std::string service;
    std::smatch found;
    for (std::string line; std::getline(file, line);) {
      if (!std::regex_search(line, found, word)) continue;
      if (found[1] == "package") package = found[2];
      if (found[1] == "service") service = found[2];
      if (found[1] == "rpc") paths.insert(StrCat("/", package, ".", service, "/", found[2].str()));
    }
  }
  return paths;
}

TEST(GrpcRolesTest, EachMethodOfTheContractsHasItsCallers) {
  std::set<std::string> in_table;
  for (const GrpcMethod& method : GrpcMethods()) {
    EXPECT_NE(method.callers, kNoRole) << method.path;
    EXPECT_TRUE(in_table.emplace(method.path).second) << method.path << " stands there twice";
  }
  const std::set<std::string> in_contracts = MethodsOfContracts();
  EXPECT_GT(in_contracts.size(), 20U);
  EXPECT_THAT(in_table, ElementsAreArray(in_contracts))
      << "a method between the services needs its row in libs/common/grpc_roles.cc";
}

TEST(GrpcRolesTest, TheFirstLabelIsTheRole) {
  const struct {
    std::vector<std::string> names;
    unsigned roles;
  } cases[] = {
      {{"relay"}, kRelayRole},
      {{"relay.weir.svc"}, kRelayRole},
      {{"Admin.weir.svc.cluster.local"}, kAdminRole},
      {{"gateway.example", "usage"}, kUsageRole},
      {{"relay", "admin", "usage"}, kRelayRole | kAdminRole | kUsageRole},
      {{}, kNoRole},
      {{""}, kNoRole},
      {{"."}, kNoRole},
      {{"relay-1", "weir.admin", "adminx", "*.usage", " admin"}, kNoRole},
      {{std::string("admin\0.evil.example", 19)}, kNoRole},
  };
  for (const auto& row : cases) EXPECT_EQ(RolesOf(row.names), row.roles);
}

TEST(GrpcRolesTest, ARelayChangesNothingInTheLedger) {
  for (const char* path :
       {"/weir.v1.UsageMaintenance/DeleteEvents", "/weir.v1.UsageMaintenance/ApplyRetention",
        "/weir.v1.UsageBodies/GetBodies", "/weir.v1.UsageReports/Export",
        "/weir.v1.UsageRerate/StartRerate", "/weir.v1.UsageQuery/ListEvents"}) {
    const absl::Status status = CheckCaller(path, {"relay", "relay.weir.svc"});
    EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("relay.weir.svc"));
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
    EXPECT_THAT(std::string(status.message()), HasSubstr("admin"));
    EXPECT_TRUE(CheckCaller(path, {"admin"}).ok());
  }
  EXPECT_TRUE(CheckCaller("/weir.v1.UsageIngest/Report", {"relay"}).ok());
  EXPECT_FALSE(CheckCaller("/weir.v1.UsageIngest/Report", {"admin"}).ok());
}

TEST(GrpcRolesTest, WhatIsNotInTheTableIsRefused) {
  for (const char* path : {"", "/", "/weir.v1.UsageQuery/", "/weir.v1.UsageQuery/ListEvents/",
                           "/weir.v1.UsageQuery/Later"}) {
    EXPECT_TRUE(absl::IsUnimplemented(CheckCaller(path, {"relay", "admin", "usage"}))) << path;
  }
  EXPECT_THAT(std::string(CheckCaller("/weir.v1.UsageIngest/Report", {}).message()),
              HasSubstr("no DNS name"));
}

}  // namespace
}  // namespace weir

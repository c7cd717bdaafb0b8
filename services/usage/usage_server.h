// The composition root of weir-usage.
#pragma once

#include <memory>

#include "absl/status/statusor.h"

#include "libs/common/settings.h"

namespace weir::usage {

class UsageServer {
 public:
  // Opens the database and brings its schema up to date, then serves. Errors are for the operator:
  // one clear line each.
  static absl::StatusOr<std::unique_ptr<UsageServer>> Start(const Settings& settings);

  // Takes no more events, commits and answers what it has, closes the ports.
  ~UsageServer();

 private:
  struct Parts;
  explicit UsageServer(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace weir::usage

// The composition root of the control plane: builds the parts bottom-up, stops them in reverse.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/settings.h"

namespace weir::admin {

class Admin {
 public:
  // Opens and migrates the database, loads the price list and the YAML file, starts to listen.
  // Every error names the setting or the file that is at fault.
  static absl::StatusOr<std::unique_ptr<Admin>> Start(const weir::Settings& settings);
  ~Admin();

  int http_port() const;
  int grpc_port() const;

 private:
  struct Parts;
  explicit Admin(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

// `weir-admin seed`: prepares the database that `settings` name; returns the lines to print.
absl::StatusOr<std::string> RunSeed(const weir::Settings& settings);

}  // namespace weir::admin

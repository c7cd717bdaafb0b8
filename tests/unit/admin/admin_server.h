// The real control plane on free ports, over a new SQLite database, and a client that speaks to it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include "libs/common/settings.h"
#include "services/admin/admin.h"

namespace weir::admin {

struct Reply {
  int status = 0;
  std::string body;
  std::multimap<std::string, std::string> headers;  // names in lower case

  boost::json::value Json() const;  // null when it is none
  std::string Header(const std::string& name) const;
};

class AdminServerTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Starts (again) with these settings beside the usual ones.
  void Start(const std::map<std::string, std::string>& more = {});

  // The same on an empty database, without the administrator that the others begin with. Says what
  // went wrong.
  absl::Status StartEmpty(const std::map<std::string, std::string>& more = {});
  std::string setup_token() const { return admin_->setup_token().Reveal(); }

  using Headers = std::multimap<std::string, std::string>;
  Reply Send(const std::string& method, const std::string& path, const std::string& body = "",
             const Headers& headers = {});
  // As the administrator, by token.
  Reply Admin(const std::string& method, const std::string& path, const std::string& body = "",
              const Headers& more = {});
  // As somebody else, by token.
  Reply As(const std::string& token, const std::string& method, const std::string& path,
           const std::string& body = "");
  // A user with password "correct horse"; the token.
  std::string MakeUser(const std::string& username, std::int64_t* id = nullptr);
  std::string LogIn(const std::string& username, const std::string& password);

  const std::string& admin_password() const { return admin_password_; }
  const std::string& folder() const { return folder_; }
  std::string grpc_target() const;
  static constexpr char kInternalToken[] =
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

 private:
  std::map<std::string, std::string> Settings(const std::map<std::string, std::string>& more) const;

  std::string folder_;
  std::string admin_password_;
  std::string admin_token_;
  std::unique_ptr<weir::admin::Admin> admin_;
};

// Walks into an answer: At(json, "user", "id").
template <class... Names>
const boost::json::value& At(const boost::json::value& value, const Names&... names) {
  const boost::json::value* at = &value;
  ((at = &at->at(names)), ...);
  return *at;
}

}  // namespace weir::admin

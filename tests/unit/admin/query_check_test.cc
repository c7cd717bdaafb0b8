#include "services/admin/http/query_check.h"

#include <string>

#include <gtest/gtest.h>

#include "services/admin/model/problem.h"

namespace weir::admin {
namespace {

const QueryParameters kParameters = {
    IntegerParameter("page", 1, 9),  WordParameter("role", {"user", "admin"}),
    OrderParameter({"id", "name"}),  TextParameter("name"),
    Repeated(IdParameter("key_id")), Required(TextParameter("before")),
};

struct Case {
  std::string name;
  std::string value;
  bool good;
};

TEST(QueryCheckTest, RefusesWhatIsNotOfItsForm) {
  const Case cases[] = {
      {"page", "1", true},
      {"page", "9", true},
      {"page", "10", false},
      {"page", "0", false},
      {"page", "", false},
      {"page", "1.5", false},
      {"page", "+1", false},
      {"page", " 1", false},
      {"page", "one", false},
      {"role", "admin", true},
      {"role", "root", false},
      {"role", "", false},
      {"role", "ADMIN", false},
      {"sort", "id", true},
      {"sort", "-name", true},
      {"sort", "--name", false},
      {"sort", "-", false},
      {"sort", "email", false},
      {"name", "", true},
      {"name", "%_\\'", true},
      {"key_id", "0", false},
      {"key_id", "9223372036854775807", true},
      {"key_id", "9223372036854775808", false},
      {"nmae", "x", false},
      {"", "x", false},
  };
  for (const Case& one : cases) {
    Request request;
    request.query = {{"before", "x"}, {one.name, one.value}};
    const absl::Status status = CheckQuery(request, kParameters);
    EXPECT_EQ(status.ok(), one.good) << one.name << "=" << one.value << ": " << status;
    if (!one.good) {
      EXPECT_EQ(FieldsOf(status).count(one.name), 1u) << one.name;
    }
  }
}

TEST(QueryCheckTest, CountsParameters) {
  Request request;
  request.query = {{"before", "x"}, {"key_id", "1"}, {"key_id", "2"}};
  EXPECT_TRUE(CheckQuery(request, kParameters).ok());
  request.query.emplace("page", "1");
  request.query.emplace("page", "1");
  EXPECT_EQ(FieldsOf(CheckQuery(request, kParameters)).count("page"), 1u) << "twice";
  request.query = {};
  EXPECT_EQ(FieldsOf(CheckQuery(request, kParameters)).count("before"), 1u) << "missing";
}

}  // namespace
}  // namespace weir::admin

#include "services/admin/http/query_check.h"

#include <functional>
#include <map>
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

TEST(QueryCheckTest, RefusesARangeThatEndsBeforeItBegins) {
  const QueryParameters parameters = {TextParameter("from"), TextParameter("to"),
                                      TextParameter("before"), TextParameter("tz")};
  struct RangeCase {
    std::multimap<std::string, std::string, std::less<>> query;
    std::string refused;
  };
  const RangeCase cases[] = {
      {{{"from", "2026-03-02"}, {"to", "2026-03-01"}}, "to"},
      {{{"from", "2026-03-02"}, {"before", "2026-03-01"}}, "before"},
      {{{"from", "2026-03-01T00:00:00Z"}, {"to", "2026-03-01"}, {"tz", "Asia/Shanghai"}}, "to"},
      {{{"from", "2026-03-01"}, {"to", "2026-03-01"}}, ""},
      {{{"from", "2026-03-01"}, {"to", "2026-03-02"}}, ""},
      {{{"from", "2026-03-01"}}, ""},
      {{{"from", "never"}, {"to", "2026-03-02"}}, ""},
  };
  for (const RangeCase& one : cases) {
    Request request;
    request.query = one.query;
    const absl::Status status = CheckQuery(request, parameters);
    EXPECT_EQ(status.ok(), one.refused.empty()) << status;
    EXPECT_EQ(FieldsOf(status).count(one.refused), one.refused.empty() ? 0u : 1u) << one.refused;
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

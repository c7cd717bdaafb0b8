// What the contract says of a route. It stands in the route's row; the router goes by it where it
// can, so that no handler has to repeat it.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

namespace weir::admin {

class BodyReader;

// One name of the query. The router refuses what is not of its form.
struct QueryParameter {
  enum class Kind {
    kText,
    kInteger,
    kWord,
    kOrder  // one of the words, with - before it for descending; those that begin with it are that
            // alone
  };
  std::string_view name;
  Kind kind = Kind::kText;
  std::string_view about = {};
  std::int64_t min = 1;  // of kInteger
  std::int64_t max = INT64_MAX;
  std::vector<std::string_view> words = {};  // of kWord and kOrder
  bool repeated = false;                     // may be given more than once
  bool required = false;
};

QueryParameter TextParameter(std::string_view name, std::string_view about = {});
QueryParameter IntegerParameter(std::string_view name, std::int64_t min, std::int64_t max);
QueryParameter IdParameter(std::string_view name);
QueryParameter WordParameter(std::string_view name, std::vector<std::string_view> words);
QueryParameter OrderParameter(std::vector<std::string_view> names);  // `sort`
QueryParameter FlagParameter(std::string_view name);
QueryParameter Repeated(QueryParameter parameter);
QueryParameter Required(QueryParameter parameter);

using QueryParameters = std::vector<QueryParameter>;
// `a`, then `b`.
QueryParameters Joined(QueryParameters a, const QueryParameters& b);

// Writes what an answer looks like; run while describing (json/describe.h).
using Shape = std::function<boost::json::value()>;

struct Answer {
  int status = 200;
  Shape shape = {};  // none: the answer has no body, or one that is no JSON
  std::string_view content_type = "application/json";
  std::string_view about = {};
};

// Reads a body; run on a reader that describes.
using BodyShape = std::function<void(BodyReader&)>;

struct RouteDoc {
  std::string_view summary;
  QueryParameters query = {};
  BodyShape body = {};
  // Of a body that is no JSON object, its types.
  std::vector<std::string_view> file_types = {};
  std::vector<Answer> answers;
  // Takes If-Match with the version of the record.
  bool guarded = false;
  // What it may refuse beside what follows from the row (contract/openapi.cc).
  std::vector<int> refusals = {};
  std::string_view about = {};
  // The query may hold what nobody here knows: it comes from elsewhere.
  bool takes_more_query = false;
  // Also for whoever must choose a new password before all else.
  bool before_new_password = false;
};

}  // namespace weir::admin

#include "services/admin/http/message.h"

#include "libs/common/text.h"
#include "services/admin/model/problem.h"

namespace weir::admin {

absl::StatusOr<std::int64_t> Request::Id(std::string_view name) const {
  std::int64_t id = 0;
  const auto found = path_params.find(name);
  if (found == path_params.end() || !ParseInteger(found->second, id) || id <= 0) {
    return NotFound("resource");
  }
  return id;
}

std::string_view Request::Cookie(std::string_view name) const {
  for (std::string_view pair : Split(Header("cookie"), ';')) {
    pair = StripSpace(pair);
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return pair.substr(equals + 1);
    }
  }
  return {};
}

bool Request::AcceptsHtml() const {
  return Header("accept").find("text/html") != std::string_view::npos;
}

}  // namespace weir::admin

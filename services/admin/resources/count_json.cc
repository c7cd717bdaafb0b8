#include "services/admin/resources/count_json.h"

namespace weir::admin {

boost::json::object CountJson(const RowTotal& total) {
  return {{"total", total.rows}, {"total_at_least", total.at_least}};
}

}  // namespace weir::admin

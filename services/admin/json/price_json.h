// Lists of prices as JSON in, and what an import would change, or has changed, as JSON out.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include <boost/json/object.hpp>

#include "services/admin/json/body_reader.h"
#include "services/admin/model/price_fields.h"

namespace weir::admin {

// `free`, which must be true where input and output cost nothing; said in `errors`. After
// ReadPrice.
void ReadFree(BodyReader& reader, const Price& price, FieldErrors& errors);

// A list of prices as GET answers them, or an object with such a list as `data`. `free: true` is
// needed where input and output cost nothing. Entries that are wrong are refused, field by field.
// InvalidArgument (malformed_json): it is no such list.
absl::StatusOr<PriceFile> ReadPriceJson(std::string_view text);

// added, changed (field by field), unchanged, removed, suspicious and refused.
boost::json::object PlanJson(const PriceFile& file, const PriceListPlan& plan);

// What PlanJson writes, while describing.
boost::json::object PlanShape();

}  // namespace weir::admin

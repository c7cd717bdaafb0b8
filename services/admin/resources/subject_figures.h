// What only usage knows of keys, users and groups, beside their records: what they have used today
// and this month, and which of their budgets is nearest to its end.
#pragma once

#include <cstdint>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "services/admin/model/types.h"
#include "services/admin/usage_glance.h"

namespace weir::admin {

enum class SubjectKind { kKeys, kUsers, kGroups };

// `requests`, `errors`, `tokens`, `cost_nano_usd`, `cost_usd`.
boost::json::object UseJson(const Use& use);

// `today` (UTC), of users `month` too, and `tightest_limit` into `data`, the records as answers
// have them; `limits` are theirs, in their order. While usage is away nothing is added.
void AddFigures(UsageGlance& glance, SubjectKind kind, const std::vector<const Limits*>& limits,
                std::int64_t now_ms, boost::json::array& data);

// The same in a shape.
void AddFiguresShape(SubjectKind kind, boost::json::object& record);

}  // namespace weir::admin

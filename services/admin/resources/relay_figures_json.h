// What a relay tells of itself, as the status shows it.
#pragma once

#include <optional>

#include <boost/json/value.hpp>

#include "services/admin/publish/relay_registry.h"

namespace weir::admin {

// ok, down or not_configured.
boost::json::value RedisWord(RedisState state);

// Null where it has not told.
boost::json::value FiguresJson(const std::optional<RelayFigures>& told);

}  // namespace weir::admin

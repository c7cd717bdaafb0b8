// What a relay tells of itself, read.
#pragma once

#include "services/admin/publish/relay_registry.h"

namespace weir::v1 {
class RelayFigures;
}

namespace weir::admin {

// What a newer relay says in words that are not known here is left out.
RelayFigures FiguresOf(const weir::v1::RelayFigures& told);

}  // namespace weir::admin

// The dialect that an input's first byte asks for.
#pragma once

#include "services/relay/dialects/dialect.h"

namespace weir::fuzz {

inline relay::Dialect DialectOf(unsigned choice) {
  return relay::kDialectWords[(choice & 3) % relay::kDialectWords.size()].dialect;
}

}  // namespace weir::fuzz

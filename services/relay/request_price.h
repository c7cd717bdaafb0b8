// What the request's model costs where it is served.
#pragma once

#include "services/relay/request_context.h"

namespace weir::relay {

// The model of the step at hand, if this account serves it; null = it has no price.
const Price* PriceAt(const RequestContext& context, const Account& account);

// The model that was asked for last, at its account, as the record names them.
const Price* PriceOf(const RequestContext& context);

}  // namespace weir::relay

// What is known so far of the request at hand; each stage of the path adds its part.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "services/relay/auth/authenticator.h"
#include "services/relay/dialects/request_scan.h"
#include "services/relay/http/endpoints.h"
#include "services/relay/http/exchange.h"
#include "services/relay/metering/usage_record.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

struct RequestContext {
  std::shared_ptr<const Snapshot> snapshot;  // pinned: a push changes nothing for this request
  const Endpoint* endpoint = nullptr;
  Dialect dialect = Dialect::kOpenAiChat;  // of the caller; errors are written in it
  Caller caller;
  RequestFacts facts;
  std::string request_id;                   // UUIDv7 as text
  std::int64_t began_ns = 0;                // steady, first byte of the request
  std::int64_t estimated_input_tokens = 0;  // of the body, taken before it is freed
  bool request_sent = false;                // to some upstream, whole: it may be billed
  std::int64_t upstream_waited_ns = 0;      // of all attempts
  UsageRecord record;
  bool settled = false;
};

}  // namespace weir::relay

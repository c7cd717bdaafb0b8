// What is told of a request once it is over, whatever way it ended: its spans and its line in the
// log.
#pragma once

#include <string_view>

#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// Stands in the path's own frame, behind the context: tells when it goes.
class RequestEnd {
 public:
  // All must outlive it, `unknown_path` until the request is known to be for an endpoint: it is
  // what stands in the line of one that is for none.
  RequestEnd(RelayEnvironment& environment, RequestContext& context, std::string_view unknown_path)
      : environment_(environment), context_(context), unknown_path_(unknown_path) {}
  ~RequestEnd();
  RequestEnd(const RequestEnd&) = delete;
  RequestEnd& operator=(const RequestEnd&) = delete;

 private:
  RelayEnvironment& environment_;
  RequestContext& context_;
  std::string_view unknown_path_;
};

}  // namespace weir::relay

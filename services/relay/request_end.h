// What is told of a request once it is over, whatever way it ended.
#pragma once

#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// Stands in the path's own frame, behind the context: tells when it goes.
class RequestEnd {
 public:
  // Both must outlive it.
  RequestEnd(RelayEnvironment& environment, RequestContext& context)
      : environment_(environment), context_(context) {}
  ~RequestEnd();
  RequestEnd(const RequestEnd&) = delete;
  RequestEnd& operator=(const RequestEnd&) = delete;

 private:
  RelayEnvironment& environment_;
  RequestContext& context_;
};

}  // namespace weir::relay

// The client of an answer: there, or gone while the answer is read on without it.
#pragma once

#include <cstdint>
#include <memory>

#include "services/relay/answer_framing.h"
#include "services/relay/http/exchange.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// As long as the answer, on its loop. Its end is the end of a resumable stream.
class ClientSide {
 public:
  // All must outlive it.
  ClientSide(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
             Answer& answer);
  ~ClientSide();
  ClientSide(const ClientSide&) = delete;
  ClientSide& operator=(const ClientSide&) = delete;

  // Whether the answer is wanted: its client is there, or it is read on alone. Ask after each wait
  // and each read.
  bool GoesOn();
  // Before anything is sent: the client may have left while the answer was waited for.
  void NoteIfGone() {
    if (!left() && exchange_.gone()) Leave();
  }
  bool left() const { return answer_.client_left; }

  // Its connection, to be waited on for a hangup; null when it has left.
  FdWatch* watch() { return left() ? nullptr : &exchange_.stream().watch(); }
  // When to ask GoesOn again though nothing has happened; steady ms.
  std::int64_t look_again_ms() const;

 private:
  void Leave();
  bool GoesOnAlone() const;

  RelayEnvironment& environment_;
  RequestContext& context_;
  Exchange& exchange_;
  Answer& answer_;
  std::int64_t left_ms_ = 0;
  std::shared_ptr<const int> connection_;  // its descriptor, for one who takes the stream over
};

}  // namespace weir::relay

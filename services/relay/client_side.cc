#include "services/relay/client_side.h"

#include <sys/socket.h>

#include <limits>
#include <string>

#include "services/relay/disconnect.h"
#include "services/relay/settle.h"
#include "services/relay/streams/stream_registry.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kLookAgainMs = 500;

}  // namespace

ClientSide::ClientSide(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
                       Answer& answer)
    : environment_(environment), context_(context), exchange_(exchange), answer_(answer) {
  if (answer_.resumable == nullptr) return;
  connection_ = std::make_shared<const int>(exchange_.stream().watch().fd);
  // A client that comes back may know before us that its old connection is dead. The descriptor is
  // only touched on its own loop, while this object lives.
  EventLoop& loop = exchange_.loop();
  const std::weak_ptr<const int> connection = connection_;
  answer_.resumable->OnTakeOver([&loop, connection] {
    loop.Post([connection] {
      if (const auto fd = connection.lock()) ::shutdown(*fd, SHUT_RDWR);
    });
  });
}

ClientSide::~ClientSide() {
  if (answer_.resumable != nullptr) answer_.resumable->End(exchange_.loop().now_ms());
}

bool ClientSide::GoesOn() {
  NoteIfGone();
  return !left() || GoesOnAlone();
}

std::int64_t ClientSide::look_again_ms() const {
  return left() ? exchange_.loop().now_ms() + kLookAgainMs
                : std::numeric_limits<std::int64_t>::max();
}

void ClientSide::Leave() {
  answer_.client_left = true;
  left_ms_ = exchange_.loop().now_ms();
  LoopCounters::Add(environment_.counters.client_gone);
  if (answer_.resumable != nullptr) answer_.resumable->FirstClientLeft(left_ms_);
  if (answer_.head.empty()) return;
  context_.record.status = kClientClosedRequest;  // not a byte has reached it
  std::string().swap(answer_.head);
}

bool ClientSide::GoesOnAlone() const {
  if (environment_.closing.load(std::memory_order_relaxed)) return false;
  const DisconnectPolicy& policy = context_.on_disconnect;
  if (!policy.drain && answer_.resumable == nullptr) return false;
  Absence absence;
  absence.now_ms = exchange_.loop().now_ms();
  absence.left_ms = left_ms_;
  if (answer_.resumable != nullptr) {
    absence.resumable = true;
    absence.alone_since_ms = answer_.resumable->alone_since_ms();
  }
  if (policy.nano_usd_max > 0 && answer_.is_metered) {
    absence.cost_nano_usd = CostSoFar(context_, answer_.meter);
  }
  return relay::GoesOn(policy, environment_.streams.limits().window_ms, absence);
}

}  // namespace weir::relay

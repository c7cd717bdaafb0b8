// Which relays are connected and what they serve by. In memory: a relay that is alive tells again.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "libs/common/clock.h"

namespace weir::admin {

struct RelayState {
  std::string id;
  std::string version;
  std::string address;
  bool connected = false;
  std::int64_t connected_since_ms = 0;
  std::int64_t last_seen_ms = 0;
  std::int64_t acked_revision = 0;
  std::int64_t acked_at_ms = 0;
  std::int64_t nacked_revision = 0;  // 0 = the last answer was an ack
  std::string nack_reason;
  std::int64_t sent_revision = 0;
  std::int64_t sent_at_ms = 0;  // when the last revision went out that is not acked; 0 = none
};

// Thread-safe.
class RelayRegistry {
 public:
  explicit RelayRegistry(const Clock& clock) : clock_(clock) {}

  // Returns the number of this connection: a relay may connect again before its old stream is seen
  // to be dead, and the old one's end must not mark it as gone.
  std::uint64_t Connected(std::string_view id, std::string_view version, std::string_view address,
                          std::int64_t have_revision);
  void Disconnected(std::string_view id, std::uint64_t connection);
  void Sent(std::string_view id, std::int64_t revision);
  void Acked(std::string_view id, std::int64_t revision);
  void Nacked(std::string_view id, std::int64_t revision, std::string_view reason);
  void Seen(std::string_view id);

  // By id. Relays gone for more than ten minutes are left out and forgotten.
  std::vector<RelayState> List();

 private:
  struct Entry {
    RelayState state;
    std::uint64_t connection = 0;
  };

  const Clock& clock_;
  std::mutex mutex_;
  std::uint64_t connections_ = 0;
  std::map<std::string, Entry, std::less<>> relays_;
};

}  // namespace weir::admin

// When a relay tells admin how it is: at the beginning of a stream, every few seconds, and as soon
// as Redis has come or gone. No I/O; not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "weir/v1/snapshot.pb.h"

namespace weir::relay {

class FiguresTeller {
 public:
  static constexpr std::int64_t kPauseMs = 5'000;
  static constexpr std::int64_t kLookMs = 1'000;  // whether Redis has come or gone

  // `figures` may have none yet.
  explicit FiguresTeller(std::function<std::optional<v1::RelayFigures>()> figures);

  // A new stream knows nothing.
  void TellAnew();
  // A WatchRequest, when there is something to tell. `now_ms` is steady.
  std::optional<std::string> NextMessage(std::int64_t now_ms);

 private:
  std::function<std::optional<v1::RelayFigures>()> figures_;
  std::int64_t look_at_ms_ = 0;
  std::int64_t tell_at_ms_ = 0;
  v1::RedisState redis_ = v1::REDIS_STATE_UNSPECIFIED;  // as it was told
};

}  // namespace weir::relay

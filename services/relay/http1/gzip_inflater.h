// Undoes a provider's gzip for a client that did not ask for it, and so that usage can be read.
#pragma once

#include <memory>
#include <string_view>

namespace weir::relay {

class GzipInflater {
 public:
  // About what one holds, zlib's window included.
  static constexpr std::size_t kStateBytes = 128 * 1024;

  GzipInflater();
  ~GzipInflater();

  // The next compressed bytes, which are copied: the output may be taken in steps with pauses.
  void Feed(std::string_view compressed);

  enum class Status { kOutput, kNeedInput, kBroken };
  // One piece of output of at most 64 KiB, valid until the next call.
  Status Next(std::string_view& output);

  // The stream's own end was reached.
  bool finished() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::relay

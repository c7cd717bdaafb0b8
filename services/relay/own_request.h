// A request that the relay makes of itself over a pair of sockets: it takes the same path as a
// client's, so keys, limits, budgets and the ledger see no difference. For clients whose transport
// is not plain HTTP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "services/relay/http1/body_decoder.h"
#include "services/relay/http1/head_parser.h"
#include "services/relay/net/loop_signal.h"
#include "services/relay/net/stream.h"
#include "services/relay/relay_environment.h"

namespace weir::relay {

// One request and its answer, on the loop's thread. Ending it early is a client's leaving.
class OwnRequest {
 public:
  // `head_and_body` is a whole HTTP/1.1 request; `client_address` whose it is. Ready when usable().
  OwnRequest(RelayEnvironment& environment, std::string client_address, std::string head_and_body);

  // False: no descriptors are left.
  bool usable() const { return stream_ != nullptr && stream_->usable(); }

  enum class Progress : std::uint8_t { kWaits, kAnswered, kBroken };

  // Sends and reads what can be now; the body's bytes go to `on_body`. kWaits: for watch() to have
  // one of wants(). After kAnswered or kBroken do not call it again.
  Progress Step(const std::function<void(std::string_view)>& on_body);
  FdWatch& watch() { return stream_->watch(); }
  std::uint8_t wants() const;

  // Of the answer; 0 = its head has not come.
  int status() const { return status_; }
  bool is_stream() const { return is_stream_; }
  const std::string& retry_after() const { return retry_after_; }

  // As a client that leaves. Its path may take a while to end: wait for over().
  void Leave();
  // Readable when the path has ended; then nothing of it is left.
  FdWatch& over() { return ended_->watch(); }
  bool is_over() const { return *over_; }

 private:
  bool Send();
  bool ReadHead(std::string_view bytes);
  Progress ReadBody(char* bytes, std::size_t size,
                    const std::function<void(std::string_view)>& on_body);

  EventLoop& loop_;
  std::unique_ptr<Stream> stream_;
  std::shared_ptr<LoopSignal> ended_;
  std::shared_ptr<bool> over_;
  std::string request_;  // what is left to send
  std::string head_;     // of the answer, until it is whole
  BodyDecoder decoder_;
  int status_ = 0;
  bool is_stream_ = false;
  std::string retry_after_;
};

}  // namespace weir::relay

// A bidirectional gRPC stream for a client with one thread of its own, over serialized messages.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"

#include "libs/common/grpc_security.h"

namespace weir {

// The owner's thread calls Take and Write, sleeps when neither has anything for it, and is woken
// by `wake`, which gRPC's threads call after every change (it must be quick and thread-safe). Apart
// from `wake` all is for that one thread.
class GrpcStream {
 public:
  // `method` as "/weir.v1.SnapshotService/Watch". The call begins at once; that there is nobody is
  // told by ended().
  GrpcStream(std::shared_ptr<grpc::Channel> channel, const std::string& method,
             const GrpcSecurity& security, std::function<void()> wake);
  ~GrpcStream();  // Finish()
  GrpcStream(const GrpcStream&) = delete;
  GrpcStream& operator=(const GrpcStream&) = delete;

  // The next message's bytes; false when there is none yet. The one after is asked for only now, so
  // that a slow owner slows the sender.
  bool Take(std::string& bytes);
  // False while the message before is under way.
  bool CanWrite() const;
  // Only when CanWrite().
  void Write(const std::string& bytes);
  // A message has reached the connection: the other side is there.
  bool connected() const;
  // Nothing more will come; what came before can still be taken.
  bool ended() const;
  // Cancels the call if it is under way, waits until it is over and says how it ended.
  absl::Status Finish();

 private:
  class Reactor;
  std::unique_ptr<Reactor> reactor_;
};

}  // namespace weir

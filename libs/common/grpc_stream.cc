#include "libs/common/grpc_stream.h"

#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>

namespace weir {
namespace {

grpc::ByteBuffer BufferOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

}  // namespace

// gRPC's calls are made without the lock: they may run a reaction on the spot.
class GrpcStream::Reactor final
    : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  Reactor(std::shared_ptr<grpc::Channel> channel, const std::string& method,
          const GrpcSecurity& security, std::function<void()> wake)
      : wake_(std::move(wake)), stub_(std::move(channel)) {
    AddToken(context_, security);
    stub_.PrepareBidiStreamingCall(&context_, method, grpc::StubOptions(), this);
    AddHold();  // Take and Write start operations from outside of reactions
    StartRead(&incoming_);
    StartCall();
  }

  bool Take(std::string& bytes) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!has_read_) return false;
      has_read_ = false;
    }
    bytes = BytesOf(incoming_);
    incoming_.Clear();
    StartRead(&incoming_);
    return true;
  }

  bool CanWrite() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return !writing_ && !write_failed_;
  }

  void Write(const std::string& bytes) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      writing_ = true;
    }
    outgoing_ = BufferOf(bytes);
    StartWrite(&outgoing_);
  }

  bool connected() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return connected_;
  }

  bool ended() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return read_failed_ || (write_failed_ && !has_read_);
  }

  absl::Status Finish() {
    std::unique_lock<std::mutex> lock(mutex_);
    const bool cancel = !read_failed_;
    const bool first = !std::exchange(finished_, true);
    lock.unlock();
    if (first) {
      // A call whose reading has ended has a status of its own, which a cancel would hide.
      if (cancel) context_.TryCancel();
      RemoveHold();
    }
    lock.lock();
    done_changed_.wait(lock, [this] { return done_; });
    return absl::Status(static_cast<absl::StatusCode>(status_.error_code()),
                        status_.error_message());
  }

  void OnReadDone(bool ok) override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      (ok ? has_read_ : read_failed_) = true;
      if (ok) connected_ = true;
    }
    wake_();
  }

  void OnWriteDone(bool ok) override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      writing_ = false;
      (ok ? connected_ : write_failed_) = true;
    }
    wake_();
  }

  void OnDone(const grpc::Status& status) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    status_ = status;
    done_ = true;
    // Under the lock: the waiter destroys this object as soon as it may go on.
    done_changed_.notify_all();
  }

 private:
  std::function<void()> wake_;
  grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer> stub_;
  grpc::ClientContext context_;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;

  mutable std::mutex mutex_;
  std::condition_variable done_changed_;
  bool has_read_ = false;  // these by mutex_
  bool writing_ = false;
  bool connected_ = false;
  bool read_failed_ = false;
  bool write_failed_ = false;
  bool finished_ = false;
  bool done_ = false;
  grpc::Status status_;
};

GrpcStream::GrpcStream(std::shared_ptr<grpc::Channel> channel, const std::string& method,
                       const GrpcSecurity& security, std::function<void()> wake)
    : reactor_(std::make_unique<Reactor>(std::move(channel), method, security, std::move(wake))) {}

GrpcStream::~GrpcStream() { (void)Finish(); }

bool GrpcStream::Take(std::string& bytes) { return reactor_->Take(bytes); }
bool GrpcStream::CanWrite() const { return reactor_->CanWrite(); }
void GrpcStream::Write(const std::string& bytes) { reactor_->Write(bytes); }
bool GrpcStream::connected() const { return reactor_->connected(); }
bool GrpcStream::ended() const { return reactor_->ended(); }
absl::Status GrpcStream::Finish() { return reactor_->Finish(); }

}  // namespace weir

#include "services/relay/upstream/connection_pool.h"

#include <algorithm>
#include <utility>

namespace weir::relay {
namespace {

// Nothing has come on an idle connection that nobody asked for. TLS 1.3 sends its session tickets
// whenever it likes; reading takes them in.
bool IsQuiet(Stream& stream) {
  if (stream.peer_gone()) return false;
  if ((stream.watch().ready & ready::kRead) == 0) return true;
  char byte = 0;
  return stream.Read(&byte, 1).status == IoStatus::kWouldBlock;
}

}  // namespace

// Waits for what must not happen on an idle connection: bytes, an end, or old age.
class ConnectionPool::Idle final : public Waiter {
 public:
  Idle(ConnectionPool& pool, List& list, std::unique_ptr<Stream> stream)
      : pool_(pool), list_(list), stream_(std::move(stream)) {
    stream_->watch().waiter = this;
    stream_->watch().wanted = ready::kRead | ready::kHangup;
    pool_.loop_.timers().Add(*this, pool_.loop_.now_ms() + pool_.idle_ms_);
  }
  ~Idle() { pool_.loop_.timers().Remove(*this); }
  Idle(const Idle&) = delete;
  Idle& operator=(const Idle&) = delete;

  void Wake(bool timed_out) override {
    if (!timed_out && IsQuiet(*stream_)) return;
    pool_.Remove(*this);  // destroys this
  }

  std::unique_ptr<Stream> TakeStream() {
    stream_->watch().waiter = nullptr;
    stream_->watch().wanted = 0;
    return std::move(stream_);
  }
  List& list() { return list_; }

 private:
  ConnectionPool& pool_;
  List& list_;
  std::unique_ptr<Stream> stream_;
};

ConnectionPool::ConnectionPool(EventLoop& loop, std::int64_t idle_ms, std::size_t idle_per_key_max)
    : loop_(loop), idle_ms_(idle_ms), idle_per_key_max_(idle_per_key_max) {}

ConnectionPool::~ConnectionPool() = default;

std::unique_ptr<Stream> ConnectionPool::Take(const std::string& key) {
  const auto found = lists_.find(key);
  if (found == lists_.end() || found->second.empty()) return nullptr;
  std::unique_ptr<Stream> stream = found->second.back()->TakeStream();
  found->second.pop_back();
  --idle_;
  return stream;
}

void ConnectionPool::Give(const std::string& key, std::unique_ptr<Stream> stream) {
  // What lies unread would be taken for the answer to the next request.
  if (!IsQuiet(*stream)) return;
  // References to an unordered_map's values hold until they are erased, and lists never are: one
  // small list for each upstream that was ever configured.
  List& list = lists_[key];
  if (list.size() >= idle_per_key_max_) return;
  list.push_back(std::make_unique<Idle>(*this, list, std::move(stream)));
  ++idle_;
}

void ConnectionPool::Remove(Idle& idle) {
  List& list = idle.list();
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&idle](const auto& entry) { return entry.get() == &idle; });
  if (found == list.end()) return;
  list.erase(found);
  --idle_;
}

}  // namespace weir::relay

#include "services/relay/net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cstring>
#include <utility>

#include "libs/common/clock.h"
#include "libs/common/text.h"
#include "services/relay/net/event_loop.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kKeepMs = 30'000;
constexpr std::int64_t kKeepFailureMs = 1'000;
constexpr std::size_t kCacheEntriesMax = 10'000;

std::int64_t NowMs() { return SteadyNs() / kNsPerMs; }

Resolver::Addresses LookUp(const std::string& host, int port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  Resolver::Addresses addresses;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return addresses;
  }
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.length = info->ai_addrlen;
    addresses.push_back(address);
  }
  ::freeaddrinfo(found);
  return addresses;
}

}  // namespace

Resolver::Resolver() : thread_([this] { Work(); }) {}

Resolver::~Resolver() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

bool Resolver::Cached(const std::string& host, int port, Addresses& addresses) {
  const std::string key = StrCat(host, ":", port);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = cache_.find(key);
    if (found != cache_.end() && found->second.valid_until_ms > NowMs()) {
      addresses = found->second.addresses;
      return true;
    }
  }
  addresses = LookUp(host, port, AI_NUMERICHOST);  // parses only, asks nobody
  return !addresses.empty();
}

void Resolver::Resolve(EventLoop& loop, const std::string& host, int port,
                       std::function<void(Addresses)> done) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    jobs_.push_back({&loop, host, port, std::move(done)});
  }
  wake_.notify_one();
}

void Resolver::Work() {
  for (;;) {
    Job job;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    Addresses addresses;
    if (!Cached(job.host, job.port, addresses)) {
      addresses = LookUp(job.host, job.port, AI_ADDRCONFIG);
      const std::int64_t keep_ms = addresses.empty() ? kKeepFailureMs : kKeepMs;
      const std::lock_guard<std::mutex> lock(mutex_);
      if (cache_.size() >= kCacheEntriesMax) cache_.clear();
      cache_[StrCat(job.host, ":", job.port)] = {addresses, NowMs() + keep_ms};
    }
    job.loop->Post([done = std::move(job.done), addresses = std::move(addresses)]() mutable {
      done(std::move(addresses));
    });
  }
}

}  // namespace weir::relay

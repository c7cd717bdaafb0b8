#include "services/relay/net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "libs/common/clock.h"
#include "libs/common/text.h"
#include "services/relay/net/event_loop.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kKeepMs = 30'000;
constexpr std::int64_t kKeepFailureMs = 1'000;
constexpr std::int64_t kStaleMs = 600'000;
constexpr std::size_t kCacheEntriesMax = 10'000;
constexpr int kThreads = 3;

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

struct Resolver::State {
  struct Waiting {
    EventLoop* loop;
    std::function<void(Addresses)> done;
  };
  struct Entry {
    Addresses addresses;
    std::int64_t valid_until_ms = 0;  // steady; 0 = never looked up
    bool looking_up = false;
    std::vector<Waiting> waiting;
  };
  struct Job {
    std::string key;
    std::string host;
    int port;
  };

  void LookUpSoon(const std::string& key, const std::string& host, int port, Entry& entry) {
    if (entry.looking_up) return;
    entry.looking_up = true;
    jobs.push_back({key, host, port});
    wake.notify_one();
  }
  void MakeRoom() {
    if (cache.size() < kCacheEntriesMax) return;
    std::erase_if(cache, [](const auto& item) { return !item.second.looking_up; });
  }

  std::mutex mutex;  // guards all below
  std::condition_variable wake;
  std::deque<Job> jobs;
  std::map<std::string, Entry> cache;  // by "host:port"
  bool stopping = false;
};

Resolver::Resolver() : state_(std::make_shared<State>()) {
  for (int i = 0; i < kThreads; ++i) {
    // tidy: allowed, getaddrinfo cannot be broken off; what the thread uses it shares
    std::thread([state = state_] { Work(state); }).detach();
  }
}

Resolver::~Resolver() { Stop(); }

void Resolver::Stop() {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->stopping = true;
  state_->jobs.clear();
  state_->wake.notify_all();
}

bool Resolver::Cached(const std::string& host, int port, Addresses& addresses) {
  const std::string key = StrCat(host, ":", port);
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    const auto found = state_->cache.find(key);
    if (found != state_->cache.end()) {
      State::Entry& entry = found->second;
      const std::int64_t age_ms = NowMs() - entry.valid_until_ms;
      const bool stale = age_ms >= 0 && age_ms < kStaleMs && !entry.addresses.empty();
      if (stale) state_->LookUpSoon(key, host, port, entry);
      if (age_ms < 0 || stale) {
        addresses = entry.addresses;
        return true;
      }
    }
  }
  addresses = LookUp(host, port, AI_NUMERICHOST);  // parses only, asks nobody
  return !addresses.empty();
}

void Resolver::Resolve(EventLoop& loop, const std::string& host, int port,
                       std::function<void(Addresses)> done) {
  const std::string key = StrCat(host, ":", port);
  const std::lock_guard<std::mutex> lock(state_->mutex);
  if (state_->stopping) return;
  state_->MakeRoom();
  State::Entry& entry = state_->cache[key];
  entry.waiting.push_back({&loop, std::move(done)});
  state_->LookUpSoon(key, host, port, entry);
}

void Resolver::Work(const std::shared_ptr<State>& state) {
  for (;;) {
    std::unique_lock<std::mutex> lock(state->mutex);
    state->wake.wait(lock, [&state] { return state->stopping || !state->jobs.empty(); });
    if (state->stopping) return;
    const State::Job job = std::move(state->jobs.front());
    state->jobs.pop_front();
    lock.unlock();
    Addresses addresses = LookUp(job.host, job.port, AI_ADDRCONFIG);
    lock.lock();
    if (state->stopping) return;
    State::Entry& entry = state->cache[job.key];
    entry.looking_up = false;
    entry.valid_until_ms = NowMs() + (addresses.empty() ? kKeepFailureMs : kKeepMs);
    // A failed refresh leaves what was known: it is stale again in a second.
    const bool keep_known = addresses.empty() && !entry.addresses.empty();
    if (!keep_known) entry.addresses = std::move(addresses);
    // Posted under the lock, so that none comes after Stop.
    for (State::Waiting& waiting : std::exchange(entry.waiting, {})) {
      waiting.loop->Post([done = std::move(waiting.done), answer = entry.addresses]() mutable {
        done(std::move(answer));
      });
    }
  }
}

}  // namespace weir::relay

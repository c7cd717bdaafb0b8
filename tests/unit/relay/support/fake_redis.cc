#include "tests/unit/relay/support/fake_redis.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "libs/common/text.h"

namespace weir::relay::testing {
namespace {

constexpr int kPollMs = 5;

// Takes one whole command from the front of `buffer`.
bool TakeCommand(std::string& buffer, FakeRedis::Words& words) {
  std::size_t at = 0;
  const auto number = [&](char mark, std::size_t& value) {
    const std::size_t end = buffer.find("\r\n", at);
    if (end == std::string::npos || buffer[at] != mark) return false;
    ParseInteger(std::string_view(buffer).substr(at + 1, end - at - 1), value);
    at = end + 2;
    return true;
  };
  std::size_t count = 0;
  if (!number('*', count)) return false;
  words.clear();
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t size = 0;
    if (!number('$', size) || buffer.size() < at + size + 2) return false;
    words.push_back(buffer.substr(at, size));
    at += size + 2;
  }
  buffer.erase(0, at);
  return true;
}

}  // namespace

FakeRedis::FakeRedis(Handler handler)
    : listening_(ListenOn("127.0.0.1")),
      handler_(std::move(handler)),
      thread_([this] { Serve(); }) {}

FakeRedis::~FakeRedis() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void FakeRedis::SetHandler(Handler handler) {
  const std::lock_guard<std::mutex> lock(mutex_);
  handler_ = std::move(handler);
}

void FakeRedis::SetInfo(std::string answer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  info_ = std::move(answer);
}

std::string FakeRedis::Answer(const Words& words) {
  Handler handler;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (words[0] == "INFO") return info_;
    commands_.push_back(words);
    handler = handler_;
  }
  return handler(words);
}

std::vector<FakeRedis::Words> FakeRedis::commands() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return commands_;
}

std::vector<FakeRedis::Words> FakeRedis::CallsOf(std::string_view sha1, std::string_view text) {
  std::vector<Words> calls;
  for (const Words& words : commands()) {
    if (words.size() > 1 && (words[1] == sha1 || (words[0] == "EVAL" && words[1] == text))) {
      calls.push_back(words);
    }
  }
  return calls;
}

void FakeRedis::Serve() {
  for (;;) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (stopping_) return;
    }
    pollfd waiting{listening_.socket.fd(), POLLIN, 0};
    if (::poll(&waiting, 1, kPollMs) <= 0) continue;
    const Socket connection(::accept(listening_.socket.fd(), nullptr, nullptr));
    if (connection.fd() >= 0) ServeConnection(connection.fd());
  }
}

void FakeRedis::ServeConnection(int fd) {
  std::string buffer;
  std::array<char, 65'536> chunk;
  for (;;) {
    Words words;
    while (TakeCommand(buffer, words)) {
      const std::string answer = Answer(words);
      if (answer == kHangUp) return;
      if (!answer.empty()) ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (stopping_) return;
    }
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, kPollMs) <= 0) continue;
    const ssize_t received = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (received <= 0) return;
    buffer.append(chunk.data(), static_cast<std::size_t>(received));
  }
}

}  // namespace weir::relay::testing

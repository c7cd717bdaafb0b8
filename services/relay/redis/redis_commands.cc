// The commands of a link and their answers.
#include <algorithm>
#include <string_view>
#include <utility>

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include "libs/common/clock.h"
#include "libs/common/text.h"
#include "services/relay/redis/redis_link.h"

namespace weir::relay {
namespace {

std::string_view ErrorText(const redisReply& reply) {
  return reply.type == REDIS_REPLY_ERROR ? std::string_view(reply.str, reply.len)
                                         : std::string_view();
}

std::vector<std::int64_t> NumbersOf(const redisReply& reply) {
  std::vector<std::int64_t> numbers;
  if (reply.type == REDIS_REPLY_INTEGER) numbers.push_back(reply.integer);
  if (reply.type != REDIS_REPLY_ARRAY) return numbers;
  for (std::size_t i = 0; i < reply.elements; ++i) numbers.push_back(reply.element[i]->integer);
  return numbers;
}

}  // namespace

void RedisLink::TakeReply(redisAsyncContext*, void* reply, void* command) {
  std::unique_ptr<Command> owned(static_cast<Command*>(command));
  RedisLink& link = *owned->link;
  link.OnReply(reply, std::move(owned));
}

void RedisLink::OnReply(const void* reply, std::unique_ptr<Command> command) {
  if (command->purpose == Purpose::kInfo) {
    NoteInfo(reply);
    return;
  }
  if (command->purpose != Purpose::kGreeting) {
    OnAnswer(reply, std::move(command));
    return;
  }
  if (reply == nullptr) return;  // the connection's end is told elsewhere
  if (const std::string_view error = ErrorText(*static_cast<const redisReply*>(reply));
      !error.empty()) {
    Fail(StrCat("it refused the relay: ", error));
    return;
  }
  if (--greetings_open_ == 0 && state_ == State::kConnecting) SendFirstBeat();
}

void RedisLink::OnAnswer(const void* reply, std::unique_ptr<Command> command) {
  const auto* answer = static_cast<const redisReply*>(reply);
  const std::string_view error = answer == nullptr ? "closed" : ErrorText(*answer);
  if (error.starts_with("NOSCRIPT") && command->script != nullptr && !command->by_text) {
    // Somebody flushed the scripts; with its text Redis knows it again.
    command->by_text = true;
    const std::string bytes = command->arguments.ByText(command->script->text);
    Send(std::move(command), bytes);
    return;
  }
  const bool good = answer != nullptr && error.empty();
  const std::vector<std::int64_t> numbers = good ? NumbersOf(*answer) : std::vector<std::int64_t>();
  if (command->sink != nullptr) {
    if (good && answer->type == REDIS_REPLY_STRING) {
      command->sink->OnText({answer->str, answer->len});
    } else {
      command->sink->OnAnswer(good, numbers);
    }
  }
  if (!good && answer != nullptr) NoteRefusal(error);
  if (good && command->purpose == Purpose::kBeat) OnBeatAnswer(numbers);
}

void RedisLink::OnBeatAnswer(std::span<const std::int64_t> numbers) {
  beat_answered_ = true;
  NoteRoundTrip();
  if (state_ == State::kConnecting) {
    BecomeUp();
  } else if (!user_.OnBeat(numbers)) {
    Fail("it had taken this relay for dead");  // begins anew, and tells it what is in flight
  }
}

void RedisLink::NoteRoundTrip() {
  constexpr std::int64_t kSmoothing = 4;  // one slow answer in a busy moment is not how Redis is
  const std::int64_t took_us = std::max<std::int64_t>((SteadyNs() - beat_sent_ns_) / kNsPerUs, 1);
  const auto before_us =
      static_cast<std::int64_t>(counters_.round_trip_us.load(std::memory_order_relaxed));
  const std::int64_t now_us =
      before_us == 0 ? took_us : before_us + (took_us - before_us) / kSmoothing;
  counters_.round_trip_us.store(static_cast<std::uint64_t>(now_us), std::memory_order_relaxed);
}

// For the operator's eyes alone: nothing waits for it, and a refusal changes nothing. Proxies that
// close the connection on such a command are not asked any more.
void RedisLink::AskInfo() {
  constexpr int kHangupsMax = 3;
  beats_since_info_ = 0;
  if (infos_open_ > 0 || info_hangups_ >= kHangupsMax) return;
  for (const std::string_view section : {"server", "replication"}) {
    ++infos_open_;
    Send(std::make_unique<Command>(
             Command{this, Purpose::kInfo, nullptr, RedisArguments(), nullptr}),
         RedisArguments::Command({"INFO", section}).Whole());
  }
}

void RedisLink::NoteInfo(const void* reply) {
  if (reply == nullptr) return;  // the connection ended on it
  --infos_open_;
  info_hangups_ = 0;
  const auto* answer = static_cast<const redisReply*>(reply);
  if (answer->type != REDIS_REPLY_STRING) return;
  const RedisInfo known{.role = counters_.role.load(std::memory_order_relaxed),
                        .mode = counters_.mode.load(std::memory_order_relaxed)};
  const RedisInfo told = ReadRedisInfo({answer->str, answer->len}, known);
  counters_.role.store(told.role, std::memory_order_relaxed);
  counters_.mode.store(told.mode, std::memory_order_relaxed);
}

void RedisLink::Run(const RedisScript& script, RedisArguments arguments,
                    std::unique_ptr<Sink> sink) {
  if (state_ != State::kUp) {
    if (sink != nullptr) sink->OnAnswer(false, {});
    return;
  }
  const std::string bytes = arguments.ByHash(script.sha1);
  Send(std::make_unique<Command>(
           Command{this, Purpose::kUsers, &script, std::move(arguments), std::move(sink)}),
       bytes);
}

void RedisLink::Run(const RedisArguments& command, std::unique_ptr<Sink> sink) {
  if (state_ != State::kUp) {
    if (sink != nullptr) sink->OnAnswer(false, {});
    return;
  }
  Send(std::make_unique<Command>(
           Command{this, Purpose::kUsers, nullptr, RedisArguments(), std::move(sink)}),
       command.Whole());
}

void RedisLink::Send(std::unique_ptr<Command> command, const std::string& bytes) {
  Command* raw = command.release();
  if (context_ == nullptr || redisAsyncFormattedCommand(context_, &RedisLink::TakeReply, raw,
                                                        bytes.data(), bytes.size()) != REDIS_OK) {
    const std::unique_ptr<Command> unsent(raw);
    if (unsent->sink != nullptr) unsent->sink->OnAnswer(false, {});
    return;
  }
  Flush();
}

void RedisLink::NoteRefusal(std::string_view error) {
  counters_.CountError();
  const bool enough = state_ == State::kConnecting || ++failures_ >= options_.failures_max;
  if (enough && state_ != State::kDown) Fail(StrCat("it refuses commands: ", error));
}

void RedisLink::NoteTimeout() {
  counters_.CountError();
  if (++failures_ >= options_.failures_max && state_ == State::kUp)
    Fail("it does not answer in time");
}

}  // namespace weir::relay

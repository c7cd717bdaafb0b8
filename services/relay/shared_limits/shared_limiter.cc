#include "services/relay/shared_limits/shared_limiter.h"

#include <algorithm>
#include <utility>

#include "libs/common/clock.h"
#include "libs/common/text.h"
#include "services/relay/shared_limits/redis_scripts.h"

namespace weir::relay {

using shared_limits_internal::Held;

namespace {

constexpr std::size_t kHeadNumbers = 3;  // of AdmitScript's answer
constexpr std::size_t kNumbersPerSubject = 4;

void Add(std::atomic<std::uint64_t>& counter, std::uint64_t by) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

std::int64_t CapOf(const LimitedSubject& subject, LimitKind kind) {
  switch (kind) {
    case LimitKind::kRequests:
      return subject.requests_per_minute;
    case LimitKind::kTokens:
      return subject.tokens_per_minute;
    case LimitKind::kConcurrency:
      break;
  }
  return subject.concurrency;
}

bool Limited(const LimitedSubject& subject, bool tokens) {
  return (tokens ? subject.tokens_per_minute : subject.concurrency) > 0;
}

bool Sensible(std::span<const std::int64_t> numbers, const Held& held) {
  return numbers.size() == kHeadNumbers + held.size * kNumbersPerSubject && numbers[0] >= 0 &&
         numbers[0] <= static_cast<std::int64_t>(held.size);
}

// AdmitScript's answer, as its header says.
void ReadAnswer(std::span<const std::int64_t> numbers, Held& held, SharedAnswer& answer) {
  const auto blocked = static_cast<std::size_t>(numbers[0]);
  if (blocked > 0) {
    const LimitedSubject& subject = held.subjects[blocked - 1];
    const auto kind = static_cast<LimitKind>(std::clamp<std::int64_t>(numbers[1], 0, 2));
    answer.denial =
        Denial{subject.kind, kind, CapOf(subject, kind), std::max<std::int64_t>(numbers[2], 1)};
  }
  for (std::size_t i = 0; i < held.size; ++i) {
    const auto of_subject = numbers.subspan(kHeadNumbers + i * kNumbersPerSubject);
    const LimitedSubject& subject = held.subjects[i];
    if (subject.requests_per_minute > 0) {
      answer.report.requests.Tighten(subject.requests_per_minute, of_subject[0], of_subject[3]);
    }
    if (subject.tokens_per_minute > 0) {
      answer.report.tokens.Tighten(subject.tokens_per_minute, of_subject[1], of_subject[3]);
    }
    held.second[i] = of_subject[2];
  }
  held.counted = !answer.denial.has_value();
}

}  // namespace

// Takes the answer about one subject that is only looked at; the last one tells all.
class SharedLimiter::PeekSink final : public RedisLink::Sink {
 public:
  struct Look {
    std::vector<SharedPeek> peeks;
    std::size_t open = 0;
    bool asked = true;
    PeekDone done;
  };

  PeekSink(std::shared_ptr<Look> look, std::size_t number)
      : look_(std::move(look)), number_(number) {}

  void OnAnswer(bool ok, std::span<const std::int64_t> numbers) override {
    SharedPeek& peek = look_->peeks[number_];
    Held held;
    held.subjects[0] = peek.subject;
    held.size = 1;
    SharedAnswer answer;
    if (ok && Sensible(numbers, held)) {
      ReadAnswer(numbers, held, answer);
      peek.denial = answer.denial;
    } else {
      look_->asked = false;
    }
    if (--look_->open == 0) look_->done(look_->asked, std::move(look_->peeks));
  }

 private:
  std::shared_ptr<Look> look_;
  std::size_t number_;
};

// Takes the answer, also one that comes after its request has gone on or ended.
class SharedLimiter::AdmitSink final : public RedisLink::Sink {
 public:
  AdmitSink(std::shared_ptr<Held> held, SharedAdmission* waiting, bool first)
      : held_(std::move(held)), waiting_(waiting), first_(first) {}
  AdmitSink(const AdmitSink&) = delete;
  AdmitSink& operator=(const AdmitSink&) = delete;
  ~AdmitSink() override {
    if (waiting_ != nullptr) waiting_->sink_ = nullptr;
  }

  void StopWaiting() { waiting_ = nullptr; }

  void OnAnswer(bool ok, std::span<const std::int64_t> numbers) override {
    SharedAnswer answer;
    answer.away = !ok || !Sensible(numbers, *held_);
    if (!answer.away) {
      ReadAnswer(numbers, *held_, answer);
      held_->epoch = held_->limiter->epoch_;
      if (held_->ended) held_->limiter->Settle(*held_);
    }
    if (waiting_ == nullptr) return;
    // The place may be one that was given back on another connection just before; Redis reads
    // connections in no order, but has read both when it has answered.
    const bool no_place = answer.denial && answer.denial->limit == LimitKind::kConcurrency;
    if (no_place && first_) {
      held_->limiter->Ask(held_, std::exchange(waiting_, nullptr), /*first=*/false);
      return;
    }
    waiting_->answer_ = answer;
    waiting_->done_ = true;
    if (waiting_->waiting_) held_->limiter->link_->WakeSoon(*waiting_);
  }

 private:
  std::shared_ptr<Held> held_;
  SharedAdmission* waiting_;  // null: nobody any more
  bool first_;
};

SharedLimiter::SharedLimiter(EventLoop& loop, Resolver& resolver, const RedisOptions* options,
                             std::string_view prefix, std::string_view member,
                             RedisCounters& counters)
    : loop_(loop),
      prefix_(prefix),
      members_key_(StrCat(prefix, ":relays")),
      member_base_(member),
      counters_(counters) {
  if (options == nullptr) return;
  reply_timeout_ms_ = options->reply_timeout_ms;
  RedisLink::User& user = *this;
  link_ = std::make_unique<RedisLink>(loop, resolver, *options, counters, user);
}

SharedLimiter::~SharedLimiter() = default;

void SharedLimiter::Start() {
  if (link_ != nullptr) link_->Start();
}

std::vector<const RedisScript*> SharedLimiter::Scripts() const {
  return {&AdmitScript(), &SettleScript(), &TakeScript(), &BeatScript()};
}

RedisLink::Call SharedLimiter::FirstBeat() {
  former_member_ = std::exchange(member_, StrCat(member_base_, ".", ++epoch_));
  return NextBeat();
}

RedisLink::Call SharedLimiter::NextBeat() {
  RedisArguments arguments(1);
  arguments.Add(std::string_view(members_key_));
  arguments.Add(std::string_view(member_));
  arguments.Add(kLeaseMs);
  arguments.Add(std::string_view(former_member_));
  return {&BeatScript(), std::move(arguments)};
}

// 0: its lease was over.
bool SharedLimiter::OnBeat(std::span<const std::int64_t> numbers) {
  return !numbers.empty() && numbers[0] != 0;
}

RedisArguments SharedLimiter::AdmitArguments(std::span<const LimitedSubject> subjects,
                                             std::string_view member, std::int64_t tokens) const {
  RedisArguments arguments(1 + 2 * subjects.size());
  arguments.Add(std::string_view(members_key_));
  for (const LimitedSubject& subject : subjects) AddKeys(subject, arguments);
  arguments.Add(member);
  arguments.Add(tokens);
  for (const LimitedSubject& subject : subjects) {
    arguments.Add(subject.requests_per_minute);
    arguments.Add(subject.tokens_per_minute);
    arguments.Add(subject.concurrency);
  }
  return arguments;
}

void SharedLimiter::Ask(const std::shared_ptr<Held>& held, SharedAdmission* waiting, bool first) {
  const std::span<const LimitedSubject> subjects(held->subjects.data(), held->size);
  auto sink = std::make_unique<AdmitSink>(held, waiting, first);
  waiting->sink_ = sink.get();
  link_->Run(AdmitScript(), AdmitArguments(subjects, member_, held->reserved_tokens),
             std::move(sink));
}

void SharedLimiter::Peek(std::vector<SharedPeek> peeks, PeekDone done) {
  if (!up() || peeks.empty()) {
    done(up(), std::move(peeks));
    return;
  }
  const auto look = std::make_shared<PeekSink::Look>();
  look->peeks = std::move(peeks);
  look->open = look->peeks.size();
  look->done = std::move(done);
  for (std::size_t i = 0; i < look->peeks.size(); ++i) {
    const SharedPeek& peek = look->peeks[i];
    RedisArguments arguments = AdmitArguments({&peek.subject, 1}, /*member=*/{}, peek.tokens);
    link_->Run(AdmitScript(), std::move(arguments), std::make_unique<PeekSink>(look, i));
  }
}

// Redis has forgotten, or never knew, what this loop holds.
void SharedLimiter::OnUp() {
  for (Held* held = held_; held != nullptr; held = held->next) {
    held->counted = true;
    held->epoch = epoch_;
    held->second = {};
    const auto limited = [](const LimitedSubject& subject) { return subject.concurrency > 0; };
    const std::span<const LimitedSubject> subjects(held->subjects.data(), held->size);
    const auto count = std::count_if(subjects.begin(), subjects.end(), limited);
    if (count == 0) continue;
    RedisArguments arguments(static_cast<std::size_t>(count));
    for (const LimitedSubject& subject : subjects) {
      if (limited(subject)) arguments.Add(std::string_view(PlacesKey(subject)));
    }
    arguments.Add(std::string_view(member_));
    link_->Run(TakeScript(), std::move(arguments), nullptr);
  }
}

void SharedLimiter::Hold(Held& held) {
  held.next = held_;
  if (held_ != nullptr) held_->previous = &held;
  held_ = &held;
}

void SharedLimiter::LetGo(Held& held) {
  (held.previous == nullptr ? held_ : held.previous->next) = held.next;
  if (held.next != nullptr) held.next->previous = held.previous;
}

void SharedLimiter::Settle(const Held& held) {
  if (!held.counted || held.epoch != epoch_) return;
  RedisArguments arguments(2 * held.size);
  for (std::size_t i = 0; i < held.size; ++i) AddKeys(held.subjects[i], arguments);
  arguments.Add(std::string_view(member_));
  arguments.Add(held.reserved_tokens);
  arguments.Add(held.used_tokens);
  for (std::size_t i = 0; i < held.size; ++i) {
    arguments.Add(held.second[i]);
    arguments.Add(std::int64_t{Limited(held.subjects[i], /*tokens=*/true)});
    arguments.Add(std::int64_t{Limited(held.subjects[i], /*tokens=*/false)});
  }
  link_->Run(SettleScript(), std::move(arguments), nullptr);
}

void SharedLimiter::AddKeys(const LimitedSubject& subject, RedisArguments& arguments) const {
  constexpr std::array<char, 4> kLetters = {'k', 'u', 'g', 'a'};
  const char letter = kLetters[static_cast<std::size_t>(subject.kind)];
  arguments.Add(std::string_view(StrCat(prefix_, ":", letter, subject.id)));
  arguments.Add(std::string_view(PlacesKey(subject)));
}

std::string SharedLimiter::PlacesKey(const LimitedSubject& subject) const {
  constexpr std::array<char, 4> kLetters = {'k', 'u', 'g', 'a'};
  return StrCat(prefix_, ":", kLetters[static_cast<std::size_t>(subject.kind)], subject.id, ":p");
}

SharedPermit& SharedPermit::operator=(SharedPermit&& other) noexcept {
  if (this == &other) return *this;
  if (held_ != nullptr) Release(held_->reserved_tokens);
  held_ = std::move(other.held_);
  return *this;
}

SharedPermit::~SharedPermit() {
  if (held_ != nullptr) Release(held_->reserved_tokens);
}

void SharedPermit::Release(std::int64_t used_tokens) {
  const std::shared_ptr<Held> held = std::move(held_);
  if (held == nullptr) return;
  held->ended = true;
  held->used_tokens = used_tokens;
  held->limiter->LetGo(*held);
  held->limiter->Settle(*held);
}

SharedAdmission::SharedAdmission(SharedLimiter& limiter, std::span<const LimitedSubject> subjects,
                                 std::int64_t tokens, SharedPermit& permit)
    : limiter_(limiter), held_(std::make_shared<Held>()), began_ns_(SteadyNs()) {
  held_->limiter = &limiter;
  std::copy(subjects.begin(), subjects.end(), held_->subjects.begin());
  held_->size = subjects.size();
  held_->reserved_tokens = tokens;
  limiter.Hold(*held_);
  permit.held_ = held_;
  if (!limiter.up()) {
    answer_.away = true;
    done_ = true;
    return;
  }
  limiter.Ask(held_, this, /*first=*/true);
}

SharedAdmission::~SharedAdmission() {
  if (sink_ != nullptr) sink_->StopWaiting();
  limiter_.loop_.timers().Remove(*this);
  if (done_ && waiting_) limiter_.link_->Forget(*this);
}

void SharedAdmission::await_suspend(std::coroutine_handle<> caller) {
  caller_ = caller;
  waiting_ = true;
  limiter_.loop_.timers().Add(*this, limiter_.loop_.now_ms() + limiter_.reply_timeout_ms_);
}

void SharedAdmission::Wake(bool timed_out) {
  limiter_.loop_.timers().Remove(*this);
  if (timed_out && done_) limiter_.link_->Forget(*this);  // answered in this very turn
  timed_out_ = timed_out && !done_;
  waiting_ = false;
  caller_.resume();
}

SharedAnswer SharedAdmission::await_resume() {
  if (timed_out_) {
    if (sink_ != nullptr) sink_->StopWaiting();
    sink_ = nullptr;
    answer_ = SharedAnswer{};
    answer_.away = true;
    limiter_.link_->NoteTimeout();
  } else if (!answer_.away) {
    limiter_.link_->NoteInTime();
    Add(limiter_.counters_.answers, 1);
    Add(limiter_.counters_.answers_us,
        static_cast<std::uint64_t>((SteadyNs() - began_ns_) / kNsPerUs));
  }
  if (answer_.away) Add(limiter_.counters_.fallbacks, 1);
  return answer_;
}

}  // namespace weir::relay

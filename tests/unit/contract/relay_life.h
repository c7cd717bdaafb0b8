// A relay that begins, streams, fails over and ends requests as the dice say, and dies between any
// two steps; and what was true of each request at that moment.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "libs/common/clock.h"
#include "libs/common/ids.h"
#include "services/relay/intents/intent_file.h"
#include "services/relay/intents/intent_recovery.h"
#include "services/relay/metering/spool_segment.h"
#include "services/relay/metering/usage_spool.h"
#include "tests/unit/contract/dice.h"
#include "weir/v1/usage.pb.h"

namespace weir::testing {

inline constexpr std::size_t kRequestsMax = 12;  // of one life
inline constexpr std::int64_t kSegmentBytes = 4'096;

inline const relay::IntentPrice kPrice = {
    .price_id = 7,
    .multiplier_ppm = 1'250'000,
    .prices = {{.input_pico_usd = 3'000'000, .output_pico_usd = 15'000'000},
               500,
               {.input_pico_usd = 6'000'000, .output_pico_usd = 22'500'000}}};

// What is true of a request, noted at the moment at which it becomes so. In memory that the dying
// relay shares with the test.
struct Truth {
  std::array<char, 16> id;
  bool known;     // an intent was kept
  bool sent;      // its last attempt went out
  bool recorded;  // its end is in the spool
  std::int64_t input;
  std::int64_t output;
};

struct SharedTruth {
  std::array<Truth, kRequestsMax> requests;
  std::size_t count;
};

inline SharedTruth* MapTruth() {
  void* map = ::mmap(nullptr, sizeof(SharedTruth), PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return map == MAP_FAILED ? nullptr : new (map) SharedTruth{};
}

inline TokenCounts TokensOf(const Truth& truth) {
  return {.input = truth.input, .output = truth.output};
}

inline v1::UsageEvent EventOf(const Truth& truth) {
  v1::UsageEvent event;
  event.set_id(truth.id.data(), truth.id.size());
  event.set_relay_id("relay");
  event.set_started_at_unix_ms(UnixMs());
  event.set_key_id(5);
  event.set_account_id(9);
  event.set_model("m");
  event.set_operation("messages");
  event.add_attempts()->set_account_id(9);
  return event;
}

inline std::string EndOf(const Truth& truth) {
  v1::UsageEvent event = EventOf(truth);
  event.set_status(200);
  event.set_complete(true);
  event.mutable_tokens()->set_input(truth.input);
  event.mutable_tokens()->set_output(truth.output);
  event.set_usage_source(v1::USAGE_SOURCE_REPORTED);
  const TokenPrices& prices = kPrice.prices.For(TokensOf(truth));
  event.mutable_price()->set_price_id(kPrice.price_id);
  event.mutable_price()->set_input_pico_usd(prices.input_pico_usd);
  event.mutable_price()->set_output_pico_usd(prices.output_pico_usd);
  event.mutable_price()->set_multiplier_ppm(kPrice.multiplier_ppm);
  event.set_cost_nano_usd(CostNanoUsd(TokensOf(truth), prices, kPrice.multiplier_ppm));
  return event.SerializeAsString();
}

// One life of a relay, in a process of its own: requests begin, fail over, stream and end as the
// dice say, and it dies between any two steps, or not at all.
class RelayLife {
 public:
  RelayLife(const std::string& folder, SharedTruth& truth, Dice& dice)
      : truth_(truth), dice_(dice), steps_left_(dice.Int(1, 120)) {
    relay::SpoolOptions options;
    options.folder = folder;
    options.segment_bytes = kSegmentBytes;
    options.sync_ms = 60'000;
    spool_ = *relay::UsageSpool::Open(options);
    relay::RecoverIntents(folder, *spool_);
    writer_ = *spool_->NewWriter();
    intents_ = *relay::IntentFile::Create(relay::NewIntentPath(folder, 0));
  }

  void Run() {
    const std::int64_t turns = dice_.Int(1, 60);
    for (std::int64_t turn = 0; turn < turns; ++turn) Turn();
    // An orderly end lets every request end first.
    for (std::size_t i = 0; i < truth_.count; ++i) {
      if (!truth_.requests[i].recorded) End(i);
    }
  }

 private:
  void DieIfItIsTime() {
    if (--steps_left_ <= 0) ::kill(::getpid(), SIGKILL);
  }

  void Turn() {
    if (truth_.count < kRequestsMax && dice_.OneIn(4)) return Begin();
    if (truth_.count == 0) return;
    const auto i =
        static_cast<std::size_t>(dice_.Int(0, static_cast<std::int64_t>(truth_.count) - 1));
    if (truth_.requests[i].recorded) return;
    switch (dice_.Int(0, 5)) {
      case 0:
        return End(i);
      case 1:
        return FailOver(i);
      default:
        return Pass(i);
    }
  }

  void Begin() {
    Truth& truth = truth_.requests[truth_.count];
    const std::string id = NewUuid7Bytes(UnixMs());
    std::memcpy(truth.id.data(), id.data(), truth.id.size());
    truth.input = dice_.Int(1, 800);
    Keep(truth_.count);
    truth.known = true;
    ++truth_.count;
    Send(truth_.count - 1);
  }

  void Keep(std::size_t i) {
    const Truth& truth = truth_.requests[i];
    relay::IntentProgress progress;
    progress.tokens = TokensOf(truth);
    intents_->Write(intent_[i], EventOf(truth).SerializeAsString(), kPrice, progress);
  }

  void Send(std::size_t i) {
    DieIfItIsTime();
    intent_[i].sent()->store(1);
    truth_.requests[i].sent = true;
    DieIfItIsTime();
  }

  void FailOver(std::size_t i) {
    Truth& truth = truth_.requests[i];
    if (truth.output > 0) return;  // what has begun to pass is not tried elsewhere
    intent_[i].TakeBack();
    truth.sent = false;
    DieIfItIsTime();
    Keep(i);
    Send(i);
  }

  void Pass(std::size_t i) {
    Truth& truth = truth_.requests[i];
    const std::int64_t more = dice_.Int(1, 50);
    relay::IntentProgress progress;
    progress.tokens = {.input = truth.input, .output = truth.output + more};
    progress.status = 200;
    progress.source = 2;
    intent_[i].Note(progress);
    truth.output += more;
    DieIfItIsTime();
  }

  void End(std::size_t i) {
    Truth& truth = truth_.requests[i];
    truth.recorded = writer_->Append(EndOf(truth));
    DieIfItIsTime();
    intent_[i].Clear();
    DieIfItIsTime();
  }

  SharedTruth& truth_;
  Dice& dice_;
  std::int64_t steps_left_;
  std::unique_ptr<relay::UsageSpool> spool_;
  std::unique_ptr<relay::SpoolWriter> writer_;
  std::unique_ptr<relay::IntentFile> intents_;
  std::array<relay::Intent, kRequestsMax> intent_;
};

// A write that a power failure tore, behind the last record of the newest file.
inline void TearTail(const std::string& folder, Dice& dice) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".spool") paths.push_back(entry.path().string());
  }
  if (paths.empty()) return;
  const std::string& path = *std::max_element(paths.begin(), paths.end());
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  std::uint64_t at = relay::kSegmentHeaderBytes;
  for (;;) {
    std::uint32_t length = 0;
    file.seekg(static_cast<std::streamoff>(at));
    file.read(reinterpret_cast<char*>(&length), sizeof(length));
    if (!file || length == 0) break;
    at += relay::RecordBytes(length);
  }
  if (at + 200 > static_cast<std::uint64_t>(kSegmentBytes)) return;
  std::string torn(static_cast<std::size_t>(dice.Int(9, 150)), '\0');
  for (char& c : torn) c = static_cast<char>(dice.Int(1, 255));
  torn[1] = torn[2] = torn[3] = '\0';  // a length that could be one
  file.clear();
  file.seekp(static_cast<std::streamoff>(at));
  file.write(torn.data(), static_cast<std::streamsize>(torn.size()));
}

}  // namespace weir::testing

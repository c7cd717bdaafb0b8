#include "services/relay/intents/intent_recovery.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/common/clock.h"
#include "libs/common/log.h"
#include "libs/common/price.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/intents/intent_file.h"
#include "services/relay/metering/usage_record.h"
#include "weir/v1/usage.pb.h"

namespace weir::relay {
namespace {

constexpr std::string_view kExtension = ".intents";

std::vector<std::string> IntentFilesOf(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == kExtension) paths.push_back(entry->path().string());
  }
  return paths;
}

// A request that was left, as an event that is not finished yet.
struct Left {
  v1::UsageEvent event;
  IntentPrice price;
  IntentProgress progress;
  bool sent = false;
};

using LeftById = std::map<std::string, Left>;

// Figures that no answer can have: the slot was torn.
bool IsPlausible(const IntentProgress& progress) {
  constexpr std::int64_t kTokensMax = 1'000'000'000'000;
  const TokenCounts& tokens = progress.tokens;
  for (const std::int64_t count : {tokens.input, tokens.cache_read, tokens.cache_write_5m,
                                   tokens.cache_write_1h, tokens.output, tokens.reasoning}) {
    if (count < 0 || count > kTokensMax) return false;
  }
  return tokens.reasoning <= tokens.output && progress.latency_ms >= 0 &&
         progress.first_token_ms >= -1 && progress.status >= 0 && progress.status <= 999;
}

absl::Status ReadFile(const std::string& path, LeftById& left, std::int64_t& damaged) {
  return IntentFile::ReadLeft(
      path,
      [&](const LeftIntent& one) {
        v1::UsageEvent event;
        const bool read =
            event.ParseFromArray(one.event.data(), static_cast<int>(one.event.size()));
        if (!read || !IsPlausible(one.progress)) {
          ++damaged;
          return;
        }
        const std::string id = event.id();
        left[id] = {std::move(event), one.price, one.progress, one.sent};
      },
      damaged);
}

// Takes out of `left` what has its end in the spool; how many.
std::int64_t DropSettled(UsageSpool& spool, LeftById& left) {
  constexpr std::int64_t kEventsMax = 1'000;
  constexpr std::int64_t kBytesMax = 4 << 20;
  std::int64_t settled = 0;
  v1::UsageEvent event;
  const auto take = [&](std::string_view payload) {
    if (!event.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return;
    settled += static_cast<std::int64_t>(left.erase(event.id()));
  };
  while (!left.empty() && !spool.Read(kEventsMax, kBytesMax, take).empty()) {
  }
  spool.Rewind();
  return settled;
}

void SetTokens(const TokenCounts& from, v1::TokenCounts& to) {
  to.set_input(from.input);
  to.set_cache_read(from.cache_read);
  to.set_cache_write_5m(from.cache_write_5m);
  to.set_cache_write_1h(from.cache_write_1h);
  to.set_output(from.output);
  to.set_reasoning(from.reasoning);
}

void SetCost(const Left& left, v1::UsageEvent& event) {
  v1::AppliedPrice& price = *event.mutable_price();
  price.set_multiplier_ppm(left.price.multiplier_ppm);
  if (left.price.price_id == 0) return;
  const Charge charge =
      ChargeFor(left.price.prices, left.progress.tokens, left.price.multiplier_ppm);
  const TokenPrices& prices = charge.prices;
  price.set_price_id(left.price.price_id);
  price.set_input_pico_usd(prices.input_pico_usd);
  price.set_output_pico_usd(prices.output_pico_usd);
  price.set_cache_read_pico_usd(prices.cache_read_pico_usd);
  price.set_cache_write_5m_pico_usd(prices.cache_write_5m_pico_usd);
  price.set_cache_write_1h_pico_usd(prices.cache_write_1h_pico_usd);
  event.set_cost_nano_usd(charge.cost_nano_usd);
}

v1::UsageSource SourceOf(std::int32_t source) {
  switch (static_cast<UsageSource>(source)) {
    case UsageSource::kNone:
      return v1::USAGE_SOURCE_UNSPECIFIED;
    case UsageSource::kReported:
      return v1::USAGE_SOURCE_REPORTED;
    case UsageSource::kEstimated:
      return v1::USAGE_SOURCE_ESTIMATED;
    case UsageSource::kOutputEstimated:
      return v1::USAGE_SOURCE_OUTPUT_ESTIMATED;
    case UsageSource::kInputEstimated:
      return v1::USAGE_SOURCE_INPUT_ESTIMATED;
  }
  return v1::USAGE_SOURCE_UNSPECIFIED;
}

// The event as it would have been written, had the relay lived just long enough for it.
void Finish(Left& left) {
  v1::UsageEvent& event = left.event;
  const IntentProgress& progress = left.progress;
  event.set_error_class(std::string(reason::kRelayDied));
  event.set_complete(false);
  event.set_status(progress.status);
  event.set_latency_ms(progress.latency_ms);
  event.set_first_token_ms(progress.first_token_ms);
  if (event.attempts_size() > 0) {
    v1::Attempt& last = *event.mutable_attempts(event.attempts_size() - 1);
    last.set_error_class(std::string(reason::kRelayDied));
    last.set_http_status(progress.status);
    // Left out where names are long: it is the one that served.
    if (last.served_model().empty()) last.set_served_model(event.served_model());
  }
  // What never went out whole cannot be billed.
  if (!left.sent) return event.clear_charge();
  SetTokens(progress.tokens, *event.mutable_tokens());
  event.set_usage_source(SourceOf(progress.source));
  SetCost(left, event);
}

// False: there was no room for one of them.
bool Append(LeftById& left, UsageSpool& spool, IntentRecovery& recovery) {
  absl::StatusOr<std::unique_ptr<SpoolWriter>> writer = spool.NewWriter();
  if (!writer.ok()) return false;  // the relay's own writers will say why
  for (auto& [id, one] : left) {
    Finish(one);
    if (!(*writer)->Append(one.event.SerializeAsString())) return false;
    ++recovery.events;
  }
  return true;
}

}  // namespace

std::string NewIntentPath(const std::string& folder, int writer) {
  return StrCat(folder, "/", writer, "-", UnixMs(), "-", ::getpid(), kExtension);
}

IntentRecovery RecoverIntents(const std::string& folder, UsageSpool& spool) {
  IntentRecovery recovery;
  const std::vector<std::string> paths = IntentFilesOf(folder);
  if (paths.empty()) return recovery;
  LeftById left;
  for (const std::string& path : paths) {
    const absl::Status read = ReadFile(path, left, recovery.damaged);
    if (read.ok()) continue;
    LogError("requests under way cannot be read", {{"error", View(read.message())}});
    recovery.all = false;
  }
  recovery.settled = DropSettled(spool, left);
  if (!left.empty() && !Append(left, spool, recovery)) recovery.all = false;
  if (recovery.all) {
    for (const std::string& path : paths) ::unlink(path.c_str());
  }
  if (recovery.events + recovery.damaged > 0) {
    LogWarning("the relay was killed with requests under way: they are recorded as incomplete",
               {{"requests", recovery.events}, {"damaged", recovery.damaged}});
  }
  return recovery;
}

}  // namespace weir::relay

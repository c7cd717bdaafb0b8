#include "services/usage/tally.h"

#include "libs/common/text.h"
#include "services/usage/sum_model.h"

namespace weir::usage {
namespace {

constexpr std::size_t kErrorClassesMax = 64;  // the words are a closed list; a relay might not be
constexpr char kOther[] = "other";

void AddClass(const std::string& error_class, std::int64_t count,
              std::map<std::string, std::int64_t>& classes) {
  const bool known = classes.count(error_class) != 0 || classes.size() < kErrorClassesMax;
  classes[known ? error_class : kOther] += count;
}

void AppendCounts(char letter, const Counts& counts, std::string& text) {
  for (const auto& [value, count] : counts) StrAppend(text, letter, value, "=", count, "\n");
}

Counts* CountsOf(char letter, Tally& tally) {
  switch (letter) {
    case 'l':
      return &tally.latency_buckets;
    case 'f':
      return &tally.first_token_buckets;
    case 's':
      return &tally.statuses;
    default:
      return nullptr;
  }
}

bool ReadLine(std::string_view line, Tally& tally) {
  const std::size_t equals = line.rfind('=');
  std::int64_t count = 0;
  if (equals == std::string_view::npos || equals == 0 ||
      !ParseInteger(line.substr(equals + 1), count)) {
    return false;
  }
  const char letter = line.front();
  const std::string_view name = line.substr(1, equals - 1);
  if (letter == 'r') {
    tally.requests = count;
  } else if (letter == 'h') {
    tally.cache_hits = count;
  } else if (letter == 'e') {
    tally.error_classes[std::string(name)] = count;
  } else {
    Counts* counts = CountsOf(letter, tally);
    std::int64_t value = 0;
    if (counts == nullptr || !ParseInteger(name, value)) return false;
    (*counts)[value] = count;
  }
  return true;
}

}  // namespace

void Tally::Add(const UsageEvent& event) {
  ++requests;
  if (event.cache_hit) ++cache_hits;
  ++statuses[event.status];
  if (!event.error_class.empty()) {
    AddClass(ReplaceAll(event.error_class, '\n', ' '), 1, error_classes);
  }
  if (event.failed() || event.cache_hit) return;
  ++latency_buckets[BucketOf(event.latency_ms)];
  if (event.first_token_ms >= 0) ++first_token_buckets[BucketOf(event.first_token_ms)];
}

void Tally::Add(const Tally& other) {
  requests += other.requests;
  cache_hits += other.cache_hits;
  for (const auto& [bucket, count] : other.latency_buckets) latency_buckets[bucket] += count;
  for (const auto& [bucket, count] : other.first_token_buckets) {
    first_token_buckets[bucket] += count;
  }
  for (const auto& [status, count] : other.statuses) statuses[status] += count;
  for (const auto& [word, count] : other.error_classes) AddClass(word, count, error_classes);
}

std::string EncodeTally(const Tally& tally) {
  std::string text = StrCat("r=", tally.requests, "\nh=", tally.cache_hits, "\n");
  AppendCounts('l', tally.latency_buckets, text);
  AppendCounts('f', tally.first_token_buckets, text);
  AppendCounts('s', tally.statuses, text);
  for (const auto& [word, count] : tally.error_classes)
    StrAppend(text, "e", word, "=", count, "\n");
  return text;
}

absl::StatusOr<Tally> DecodeTally(std::string_view text) {
  Tally tally;
  for (const std::string_view line : Split(text, '\n')) {
    if (!line.empty() && !ReadLine(line, tally)) {
      return absl::InvalidArgumentError("a tally in the database is not one of ours");
    }
  }
  return tally;
}

std::map<TallyKey, Tally> TalliesOf(const std::vector<const UsageEvent*>& events) {
  std::map<TallyKey, Tally> tallies;
  for (const UsageEvent* event : events) {
    const std::int64_t hour = event->started_at_unix_ms - event->started_at_unix_ms % kHourMs;
    tallies[{TallyKind::kAll, 0, "", hour}].Add(*event);
    tallies[{TallyKind::kModel, 0, std::string(SumModelOf(*event)), hour}].Add(*event);
    if (event->account_id != 0) {
      tallies[{TallyKind::kAccount, event->account_id, "", hour}].Add(*event);
    }
  }
  return tallies;
}

}  // namespace weir::usage

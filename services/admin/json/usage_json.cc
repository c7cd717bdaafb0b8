#include "services/admin/json/usage_json.h"

#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/cost.h"
#include "libs/common/ids.h"
#include "libs/common/money.h"
#include "libs/common/operation.h"
#include "services/admin/json/describe.h"
#include "services/admin/json/record_json.h"
#include "weir/v1/query.pb.h"
#include "weir/v1/usage.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

struct DialectName {
  v1::Dialect dialect;
  std::string_view word;
};

constexpr std::array<DialectName, 4> kDialects = {
    {{v1::DIALECT_ANTHROPIC_MESSAGES, "anthropic_messages"},
     {v1::DIALECT_OPENAI_CHAT, "openai_chat"},
     {v1::DIALECT_OPENAI_RESPONSES, "openai_responses"},
     {v1::DIALECT_GEMINI, "gemini"}}};

void AddTokens(const v1::TokenCounts& tokens, json::object& object) {
  object["input_tokens"] = tokens.input();
  object["output_tokens"] = tokens.output();
  object["cache_read_tokens"] = tokens.cache_read();
  object["cache_write_5m_tokens"] = tokens.cache_write_5m();
  object["cache_write_1h_tokens"] = tokens.cache_write_1h();
  object["reasoning_tokens"] = tokens.reasoning();
}

void AddCost(std::int64_t nano_usd, json::object& object) {
  object["cost_nano_usd"] = nano_usd;
  object["cost_usd"] = FormatUsd(nano_usd);
}

json::value SourceJson(std::string_view word) { return OneWord({"reported", "estimated"}, word); }

// Null where nobody told anything.
json::value SourceJsonOf(v1::UsageSource source) {
  return Where(source != v1::USAGE_SOURCE_UNSPECIFIED,
               [&] { return SourceJson(SourceWord(source)); });
}

constexpr std::array<std::string_view, 9> kActions = {"",        "served",      "passed_on",
                                                      "retried", "failed_over", "fell_back",
                                                      "gave_up", "client_left", "broke_off"};

json::value ActionJson(v1::AttemptAction action) {
  const auto number = static_cast<std::size_t>(action);
  return Where(number != 0 && number < kActions.size(), [number] {
    return OneWord({"served", "passed_on", "retried", "failed_over", "fell_back", "gave_up",
                    "client_left", "broke_off"},
                   Describing() ? kActions[1] : kActions[number]);
  });
}

// Milliseconds from the attempt's beginning; null where an older relay did not tell, and of what
// did not come about.
void AddTimes(const v1::Attempt& attempt, json::object& line) {
  const auto time = [&](std::int64_t ms) {
    const bool told = attempt.action() != v1::ATTEMPT_ACTION_UNSPECIFIED && ms >= 0;
    return Where(told, [ms] { return json::value(ms); });
  };
  line["action"] = ActionJson(attempt.action());
  line["connect_ms"] = time(attempt.connect_ms());
  line["first_byte_ms"] = time(attempt.first_byte_ms());
  line["end_ms"] = time(attempt.end_ms());
  line["cooldown_until"] = TimeJson(attempt.cooldown_until_unix_ms());
}

// Tokens and cost are those of the request in the line of the attempt that served it, the last one;
// one that failed before has used nothing that anybody told, and costs nothing.
json::array AttemptsJson(const v1::UsageEvent& event) {
  const v1::Attempt* last =
      event.attempts_size() == 0 ? nullptr : &event.attempts(event.attempts_size() - 1);
  return ListJson(event.attempts(), [&](const v1::Attempt& attempt) {
    const bool served = &attempt == last && attempt.account_id() == event.account_id();
    json::object line = {{"account_id", attempt.account_id()},
                         {"status", attempt.http_status()},
                         {"error_class", attempt.error_class()},
                         {"started_at", TimeJson(attempt.started_at_unix_ms())},
                         {"duration_ms", attempt.duration_ms()},
                         {"served_model", attempt.served_model()},
                         {"usage_source", SourceJsonOf(served ? event.usage_source()
                                                              : v1::USAGE_SOURCE_UNSPECIFIED)}};
    AddTimes(attempt, line);
    AddTokens(served ? event.tokens() : v1::TokenCounts(), line);
    AddCost(served ? CorrectedCost(event) : 0, line);
    return line;
  });
}

json::value PriceJsonOf(const v1::AppliedPrice& price) {
  return Where(price.price_id() != 0, [&] {
    return json::object{{"price_id", price.price_id()},
                        {"input", FormatUsdPerMillion(price.input_pico_usd())},
                        {"output", FormatUsdPerMillion(price.output_pico_usd())},
                        {"cache_read", FormatUsdPerMillion(price.cache_read_pico_usd())},
                        {"cache_write_5m", FormatUsdPerMillion(price.cache_write_5m_pico_usd())},
                        {"cache_write_1h", FormatUsdPerMillion(price.cache_write_1h_pico_usd())},
                        {"price_multiplier", FormatPpm(price.multiplier_ppm())}};
  });
}

const v1::AppliedPrice& PriceNow(const v1::UsageEvent& event) {
  const int corrections = event.corrections_size();
  return corrections == 0 ? event.price() : event.corrections(corrections - 1).price();
}

// A kind of tokens at its price, which is the one that holds now, after re-rating.
struct CostLine {
  std::string_view kind;
  std::int64_t tokens = 0;
  std::int64_t pico_usd = 0;  // per token
  std::int64_t nano_usd = 0;
};

// Each is what it adds to those before it, so that all together are the whole, which is rounded
// once. What the whole has beside them (an event whose cost was told otherwise) is a line too.
std::vector<CostLine> CostLinesOf(const v1::UsageEvent& event) {
  const v1::TokenCounts& tokens = event.tokens();
  const v1::AppliedPrice& price = PriceNow(event);
  weir::TokenCounts counts;
  weir::TokenPrices prices;
  std::int64_t so_far = 0;
  std::vector<CostLine> lines;
  const auto add = [&](std::string_view kind, std::int64_t count, std::int64_t pico_usd,
                       std::int64_t weir::TokenCounts::*counted,
                       std::int64_t weir::TokenPrices::*priced) {
    if (count == 0) return;
    counts.*counted = count;
    prices.*priced = pico_usd;
    const std::int64_t total = CostNanoUsd(counts, prices, price.multiplier_ppm());
    lines.push_back({kind, count, pico_usd, total - so_far});
    so_far = total;
  };
  using Counts = weir::TokenCounts;
  using Prices = weir::TokenPrices;
  add("input", tokens.input(), price.input_pico_usd(), &Counts::input, &Prices::input_pico_usd);
  add("cache_read", tokens.cache_read(), price.cache_read_pico_usd(), &Counts::cache_read,
      &Prices::cache_read_pico_usd);
  add("cache_write_5m", tokens.cache_write_5m(), price.cache_write_5m_pico_usd(),
      &Counts::cache_write_5m, &Prices::cache_write_5m_pico_usd);
  add("cache_write_1h", tokens.cache_write_1h(), price.cache_write_1h_pico_usd(),
      &Counts::cache_write_1h, &Prices::cache_write_1h_pico_usd);
  add("output", tokens.output(), price.output_pico_usd(), &Counts::output,
      &Prices::output_pico_usd);
  const std::int64_t beside = CorrectedCost(event) - so_far;
  if (beside != 0) lines.push_back({.kind = "other", .nano_usd = beside});
  return lines;
}

json::array CostLinesJson(const v1::UsageEvent& event) {
  return ListJson(CostLinesOf(event), [&](const CostLine& line) {
    return json::object{{"kind", OneWord({"input", "cache_read", "cache_write_5m", "cache_write_1h",
                                          "output", "other"},
                                         line.kind)},
                        {"tokens", line.tokens},
                        {"usd_per_million", FormatUsdPerMillion(line.pico_usd)},
                        {"price_multiplier", FormatPpm(PriceNow(event).multiplier_ppm())},
                        {"cost_nano_usd", line.nano_usd},
                        {"cost_usd", FormatUsd(line.nano_usd)}};
  });
}

// Why tokens were used that no price says anything of; "" where one does, or none were used.
std::string_view CostReason(const v1::UsageEvent& event) {
  const v1::TokenCounts& tokens = event.tokens();
  const bool used = tokens.input() != 0 || tokens.cache_read() != 0 ||
                    tokens.cache_write_5m() != 0 || tokens.cache_write_1h() != 0 ||
                    tokens.output() != 0;
  if (!used || PriceNow(event).price_id() != 0 || CorrectedCost(event) != 0) return "";
  return event.cache_hit() ? "cache_hit" : "model_unpriced";
}

json::array CorrectionsJson(const v1::UsageEvent& event) {
  return ListJson(event.corrections(), [](const v1::Correction& one) {
    return json::object{
        {"rerate_id", one.rerate_id()},           {"made_at", TimeJson(one.made_at_unix_ms())},
        {"cost_nano_usd", one.cost_nano_usd()},   {"cost_usd", FormatUsd(one.cost_nano_usd())},
        {"spend_nano_usd", one.spend_nano_usd()}, {"price", PriceJsonOf(one.price())}};
  });
}

void AddDetail(const v1::UsageEvent& event, LogView view, json::object& object) {
  object["price"] = PriceJsonOf(event.price());
  const std::string_view cost_reason = CostReason(event);
  object["cost_lines"] =
      Where(cost_reason.empty(), [&] { return json::value(CostLinesJson(event)); });
  object["cost_reason"] = Where(!cost_reason.empty(), [&] {
    return OneWord({"model_unpriced", "cache_hit"}, cost_reason);
  });
  object["corrections"] = CorrectionsJson(event);
  if (view == LogView::kOwnDetail) {
    object["attempts"] = event.attempts_size();
    return;
  }
  object["attempts"] = AttemptsJson(event);
  object["relay_id"] = event.relay_id();
  object["snapshot_revision"] = event.snapshot_revision();
  object["upstream_request_id"] = event.upstream_request_id();
}

std::string_view SideWord(v1::UsageSource source, v1::UsageSource estimated_side) {
  if (source == v1::USAGE_SOURCE_UNSPECIFIED) return "";
  const bool estimated = source == v1::USAGE_SOURCE_ESTIMATED || source == estimated_side;
  return estimated ? "estimated" : "reported";
}

json::value SideJson(std::string_view word) {
  return Where(!word.empty(), [&] { return SourceJson(word); });
}

}  // namespace

v1::Dialect DialectOfWord(std::string_view word) {
  for (const DialectName& name : kDialects) {
    if (name.word == word) return name.dialect;
  }
  return v1::DIALECT_UNSPECIFIED;
}

std::string_view DialectWord(v1::Dialect dialect) {
  for (const DialectName& name : kDialects) {
    if (name.dialect == dialect) return name.word;
  }
  return "";
}

std::vector<std::string_view> DialectWords() {
  std::vector<std::string_view> words;
  words.reserve(kDialects.size());
  for (const DialectName& name : kDialects) words.push_back(name.word);
  return words;
}

std::string_view SourceWord(v1::UsageSource source) {
  if (source == v1::USAGE_SOURCE_REPORTED) return "reported";
  return source == v1::USAGE_SOURCE_UNSPECIFIED ? "" : "estimated";
}

std::string_view InputSourceWord(v1::UsageSource source) {
  return SideWord(source, v1::USAGE_SOURCE_INPUT_ESTIMATED);
}

std::string_view OutputSourceWord(v1::UsageSource source) {
  return SideWord(source, v1::USAGE_SOURCE_OUTPUT_ESTIMATED);
}

std::int64_t CorrectedCost(const v1::UsageEvent& event) {
  return event.cost_nano_usd() + event.corrections_nano_usd();
}

std::int64_t PriceIdNow(const v1::UsageEvent& event) { return PriceNow(event).price_id(); }

std::string_view EventSourceWord(const v1::UsageEvent& event) {
  return event.operation() == operation::kAccountTest ? "test" : "request";
}

std::string SessionText(std::uint64_t session) {
  return session == 0 ? "" : absl::StrCat(absl::Hex(session, absl::kZeroPad16));
}

std::optional<std::uint64_t> SessionOfText(std::string_view text) {
  std::uint64_t session = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), session, 16);
  if (text.size() != 16 || error != std::errc() || end != text.end()) return std::nullopt;
  return session;
}

json::object LogJson(const v1::UsageEvent& event, LogView view) {
  const std::string id = event.id().size() == 16 ? UuidToText(event.id()) : std::string();
  json::object object = {{"id", id},
                         {"request_id", id},
                         {"started_at", TimeJson(event.started_at_unix_ms())},
                         {"user_id", event.user_id()},
                         {"key_id", event.key_id()},
                         {"key_name", event.key_name()},
                         {"group_id", event.group_id()},
                         {"account_id", event.account_id()},
                         {"account_name", event.account_name()},
                         {"protocol", DialectWord(event.dialect())},
                         {"operation", event.operation()},
                         {"source", OneWord({"request", "test"}, EventSourceWord(event))},
                         {"model", event.model()},
                         {"served_model", event.served_model()},
                         {"status", event.status()},
                         {"error_class", event.error_class()},
                         {"complete", event.complete()},
                         {"stream", event.stream()},
                         {"cache_hit", event.cache_hit()},
                         {"session", TextOrNull(SessionText(event.session()))}};
  AddTokens(event.tokens(), object);
  AddCost(CorrectedCost(event), object);
  object["corrections_nano_usd"] = event.corrections_nano_usd();
  const std::string_view source = SourceWord(event.usage_source());
  object["usage_source"] = Where(!source.empty(), [&] { return SourceJson(source); });
  object["input_source"] = SideJson(InputSourceWord(event.usage_source()));
  object["output_source"] = SideJson(OutputSourceWord(event.usage_source()));
  object["latency_ms"] = event.latency_ms();
  object["first_token_ms"] =
      Where(event.first_token_ms() >= 0, [&] { return json::value(event.first_token_ms()); });
  object["overhead_us"] = event.overhead_us();
  object["client_ip"] = event.client_ip();
  object["user_agent"] = event.user_agent();
  if (view != LogView::kRow) AddDetail(event, view, object);
  return object;
}

void HideAccounts(json::object& log) {
  log.erase("account_id");
  log.erase("account_name");
}

json::object TotalsJson(const v1::SummaryRow& row) {
  json::object object = {{"requests", row.requests()},
                         {"errors", row.errors()},
                         {"estimated_requests", row.estimated_requests()},
                         {"cache_hits", row.cache_hits()}};
  AddTokens(row.tokens(), object);
  AddCost(row.cost_nano_usd(), object);
  return object;
}

}  // namespace weir::admin

#include "services/usage/event_columns.h"

#include <utility>

#include "libs/common/text.h"

namespace weir::usage {
namespace {

// The one list of columns; `visit` is called as (name, field) for each. Event is const when the
// visitor only reads.
template <typename Event, typename Visitor>
void VisitColumns(Event& event, Visitor& visit) {
  visit.Id("id", event.id);
  visit("started_at_unix_ms", event.started_at_unix_ms);
  visit("relay_id", event.relay_id);
  visit("user_id", event.user_id);
  visit("key_id", event.key_id);
  visit("key_name", event.key_name);
  visit("group_id", event.group_id);
  visit("account_id", event.account_id);
  visit("account_name", event.account_name);
  visit("dialect", event.dialect);
  visit("operation", event.operation);
  visit("model", event.model);
  visit("served_model", event.served_model);
  visit("status", event.status);
  visit("error_class", event.error_class);
  visit("complete", event.complete);
  visit("stream", event.stream);
  visit("input_tokens", event.tokens.input);
  visit("cache_read_tokens", event.tokens.cache_read);
  visit("cache_write_5m_tokens", event.tokens.cache_write_5m);
  visit("cache_write_1h_tokens", event.tokens.cache_write_1h);
  visit("output_tokens", event.tokens.output);
  visit("reasoning_tokens", event.tokens.reasoning);
  visit("usage_source", event.usage_source);
  visit("cost_nano_usd", event.cost_nano_usd);
  visit("price_id", event.price.price_id);
  visit("input_pico_usd", event.price.prices.input_pico_usd);
  visit("output_pico_usd", event.price.prices.output_pico_usd);
  visit("cache_read_pico_usd", event.price.prices.cache_read_pico_usd);
  visit("cache_write_5m_pico_usd", event.price.prices.cache_write_5m_pico_usd);
  visit("cache_write_1h_pico_usd", event.price.prices.cache_write_1h_pico_usd);
  visit("multiplier_ppm", event.price.multiplier_ppm);
  visit("snapshot_revision", event.snapshot_revision);
  visit("latency_ms", event.latency_ms);
  visit("first_token_ms", event.first_token_ms);
  visit("overhead_us", event.overhead_us);
  visit("client_ip", event.client_ip);
  visit("user_agent", event.user_agent);
  visit("upstream_request_id", event.upstream_request_id);
  visit("cache_hit", event.cache_hit);
  visit.Derived("failed", event.failed());
  visit("session", event.session);
  visit.Derived("retried", event.retried());
}

struct NameVisitor {
  std::vector<std::string_view> names;

  template <typename Field>
  void operator()(std::string_view name, const Field&) {
    names.push_back(name);
  }
  void Id(std::string_view name, const std::string&) { names.push_back(name); }
  void Derived(std::string_view name, bool) { names.push_back(name); }
};

struct ValueVisitor {
  std::vector<sql::Value> values;

  void operator()(std::string_view, std::int64_t field) { values.emplace_back(field); }
  void operator()(std::string_view, const std::string& field) { values.emplace_back(field); }
  void operator()(std::string_view, bool field) { values.emplace_back(std::int64_t{field}); }
  void Id(std::string_view, const std::string& id) { values.emplace_back(sql::Blob{id}); }
  void Derived(std::string_view, bool value) { values.emplace_back(std::int64_t{value}); }
};

struct ReadVisitor {
  const sql::Row& row;
  std::size_t column = 0;

  void operator()(std::string_view, std::int64_t& field) { field = row.Int(column++); }
  void operator()(std::string_view, std::string& field) { field = row.Text(column++); }
  void operator()(std::string_view, bool& field) { field = row.Int(column++) != 0; }
  void Id(std::string_view, std::string& id) { id = row.Bytes(column++); }
  void Derived(std::string_view, bool) { ++column; }
};

}  // namespace

const std::vector<std::string_view>& EventColumns() {
  static const std::vector<std::string_view> columns = [] {
    NameVisitor visitor;
    const UsageEvent event;
    VisitColumns(event, visitor);
    return std::move(visitor.names);
  }();
  return columns;
}

const std::string& EventColumnList() {
  static const std::string list = [] {
    std::string text;
    for (std::string_view column : EventColumns()) {
      StrAppend(text, text.empty() ? "" : ", ", column);
    }
    return text;
  }();
  return list;
}

std::vector<sql::Value> EventValues(const UsageEvent& event) {
  ValueVisitor visitor;
  visitor.values.reserve(EventColumns().size());
  VisitColumns(event, visitor);
  return std::move(visitor.values);
}

UsageEvent EventFromRow(const sql::Row& row) {
  UsageEvent event;
  ReadVisitor visitor{row};
  VisitColumns(event, visitor);
  return event;
}

}  // namespace weir::usage

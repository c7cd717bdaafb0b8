#include "services/admin/json/event_csv.h"

#include <array>
#include <string_view>

#include "libs/common/ids.h"
#include "libs/common/money.h"
#include "libs/common/text.h"
#include "services/admin/json/usage_json.h"
#include "services/admin/model/csv.h"
#include "services/admin/model/time_text.h"
#include "weir/v1/usage.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

using Event = v1::UsageEvent;

struct Column {
  std::string_view name;
  void (*append)(const Event& event, std::string& out);
  bool of_accounts = false;
};

// Our own words and figures need no quotes; what others may have chosen goes by AppendCsvText.
constexpr std::array<Column, 37> kColumns = {{
    {"id",
     [](const Event& e, std::string& out) {
       if (e.id().size() == 16) out += UuidToText(e.id());
     }},
    {"started_at",
     [](const Event& e, std::string& out) { out += FormatTime(e.started_at_unix_ms()); }},
    {"user_id", [](const Event& e, std::string& out) { StrAppend(out, e.user_id()); }},
    {"key_id", [](const Event& e, std::string& out) { StrAppend(out, e.key_id()); }},
    {"key_name", [](const Event& e, std::string& out) { AppendCsvText(e.key_name(), out); }},
    {"group_id", [](const Event& e, std::string& out) { StrAppend(out, e.group_id()); }},
    {"account_id", [](const Event& e, std::string& out) { StrAppend(out, e.account_id()); }, true},
    {"account_name", [](const Event& e, std::string& out) { AppendCsvText(e.account_name(), out); },
     true},
    {"protocol",
     [](const Event& e, std::string& out) { StrAppend(out, DialectWord(e.dialect())); }},
    {"operation", [](const Event& e, std::string& out) { AppendCsvText(e.operation(), out); }},
    {"source", [](const Event& e, std::string& out) { StrAppend(out, EventSourceWord(e)); }},
    {"model", [](const Event& e, std::string& out) { AppendCsvText(e.model(), out); }},
    {"served_model",
     [](const Event& e, std::string& out) { AppendCsvText(e.served_model(), out); }},
    {"status", [](const Event& e, std::string& out) { StrAppend(out, e.status()); }},
    {"error_class", [](const Event& e, std::string& out) { AppendCsvText(e.error_class(), out); }},
    {"complete", [](const Event& e, std::string& out) { out += e.complete() ? "true" : "false"; }},
    {"stream", [](const Event& e, std::string& out) { out += e.stream() ? "true" : "false"; }},
    {"cache_hit",
     [](const Event& e, std::string& out) { out += e.cache_hit() ? "true" : "false"; }},
    {"input_tokens", [](const Event& e, std::string& out) { StrAppend(out, e.tokens().input()); }},
    {"output_tokens",
     [](const Event& e, std::string& out) { StrAppend(out, e.tokens().output()); }},
    {"cache_read_tokens",
     [](const Event& e, std::string& out) { StrAppend(out, e.tokens().cache_read()); }},
    {"cache_write_5m_tokens",
     [](const Event& e, std::string& out) { StrAppend(out, e.tokens().cache_write_5m()); }},
    {"cache_write_1h_tokens",
     [](const Event& e, std::string& out) { StrAppend(out, e.tokens().cache_write_1h()); }},
    {"reasoning_tokens",
     [](const Event& e, std::string& out) { StrAppend(out, e.tokens().reasoning()); }},
    {"cost_nano_usd", [](const Event& e, std::string& out) { StrAppend(out, CorrectedCost(e)); }},
    {"cost_usd", [](const Event& e, std::string& out) { out += FormatUsd(CorrectedCost(e)); }},
    {"corrections_nano_usd",
     [](const Event& e, std::string& out) { StrAppend(out, e.corrections_nano_usd()); }},
    {"usage_source",
     [](const Event& e, std::string& out) { StrAppend(out, SourceWord(e.usage_source())); }},
    {"latency_ms", [](const Event& e, std::string& out) { StrAppend(out, e.latency_ms()); }},
    {"first_token_ms",
     [](const Event& e, std::string& out) {
       if (e.first_token_ms() >= 0) StrAppend(out, e.first_token_ms());
     }},
    {"overhead_us", [](const Event& e, std::string& out) { StrAppend(out, e.overhead_us()); }},
    {"client_ip", [](const Event& e, std::string& out) { AppendCsvText(e.client_ip(), out); }},
    {"user_agent", [](const Event& e, std::string& out) { AppendCsvText(e.user_agent(), out); }},
    {"session", [](const Event& e, std::string& out) { out += SessionText(e.session()); }},
    {"input_source",
     [](const Event& e, std::string& out) { out += InputSourceWord(e.usage_source()); }},
    {"output_source",
     [](const Event& e, std::string& out) { out += OutputSourceWord(e.usage_source()); }},
    {"relay_id", [](const Event& e, std::string& out) { AppendCsvText(e.relay_id(), out); }, true},
}};

template <class AppendCell>
void AppendCells(AccountColumns accounts, std::string& out, AppendCell append_cell) {
  bool first = true;
  for (const Column& column : kColumns) {
    if (column.of_accounts && accounts == AccountColumns::kLeftOut) continue;
    if (!first) out += ',';
    first = false;
    append_cell(column);
  }
}

}  // namespace

void AppendCsvHeader(AccountColumns accounts, std::string& out) {
  AppendCells(accounts, out, [&](const Column& column) { out += column.name; });
  out += ",attempts,username,group_name\r\n";
}

void AppendCsvEvent(const v1::UsageEvent& event, const EventExtras& extras, AccountColumns accounts,
                    std::string& out) {
  AppendCells(accounts, out, [&](const Column& column) { column.append(event, out); });
  StrAppend(out, ",", extras.attempts, ",");
  AppendCsvText(extras.username, out);
  out += ',';
  AppendCsvText(extras.group_name, out);
  out += "\r\n";
}

}  // namespace weir::admin

// Which dialects can be translated, and by what: one row a dialect. A new one is a row here and a
// folder beside.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "services/relay/dialects/dialect.h"
#include "services/relay/translate/neutral/answer_event.h"
#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/target.h"
#include "services/relay/translate/neutral/upstream_error.h"

namespace weir::relay {

// Null where a dialect is not spoken on that side.
struct DialectRow {
  Dialect dialect;
  std::string_view upstream_path;  // behind the account's base URL; empty: request_path says it

  // As the client's dialect.
  absl::Status (*read_request)(std::string_view body, ChatRequest& request);
  std::unique_ptr<AnswerWriter> (*stream_writer)(const AnswerContext& context);
  std::unique_ptr<AnswerWriter> (*answer_writer)(const AnswerContext& context);
  void (*write_error)(const UpstreamError& error, std::string_view request_id, std::string& out);
  int (*error_status)(int upstream_status);

  // As the upstream's.
  std::string (*request_path)(std::string_view model, bool stream);
  absl::Status (*write_request)(ChatRequest& request, const Target& target, ToolNames& names,
                                std::string& out);
  std::unique_ptr<AnswerReader> (*answer_reader)(const AnswerContext& context);
};

const DialectRow& RowOf(Dialect dialect);

// A conversation in this dialect can be read.
bool ReadsRequests(Dialect dialect);

// Clients of `from` can be served by upstreams of `to`, another one.
bool CanTranslate(Dialect from, Dialect to);

}  // namespace weir::relay

#include "services/relay/request_stages.h"

#include <string>
#include <string_view>
#include <utility>

#include "libs/common/byte_search.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/dialects/gemini_path.h"
#include "services/relay/dialects/multipart_scan.h"
#include "services/relay/dialects/request_media.h"
#include "services/relay/gemini_stage.h"
#include "services/relay/metering/usage_form.h"

namespace weir::relay {
namespace {

constexpr std::size_t kUserAgentBytesMax = 256;
constexpr std::int64_t kBytesPerToken = 4;

std::int64_t TokensOfText(std::size_t bytes) {
  return (static_cast<std::int64_t>(bytes) + kBytesPerToken - 1) / kBytesPerToken;
}

// The body may name the model too, but no other one.
absl::StatusOr<RequestFacts> ScanWithPath(const RequestContext& context, const Exchange& exchange,
                                          std::string_view model_in_path) {
  const absl::StatusOr<std::string> model = DecodedModel(model_in_path);
  if (!model.ok()) return model.status();
  absl::StatusOr<RequestFacts> facts = ScanRequest(context.dialect, exchange.body(), *model);
  if (facts.ok() && facts->model != *model) {
    return absl::InvalidArgumentError("'model' is another one than the path names");
  }
  return facts;
}

absl::Status ScanJsonBody(RequestContext& context, const Exchange& exchange) {
  const std::string_view model = ModelInPath(*context.endpoint, exchange.head().path());
  absl::StatusOr<RequestFacts> facts =
      model.empty() ? ScanRequest(context.dialect, exchange.body(), context.endpoint->default_model)
                    : ScanWithPath(context, exchange, model);
  if (!facts.ok()) return facts.status();
  context.facts = *std::move(facts);
  const BodyMeasure measure = MeasureBody(exchange.body());
  context.non_ascii_bytes = measure.non_ascii_bytes;
  context.estimated_input_tokens = context.endpoint->usage == UsageForm::kSpeech
                                       ? TokensOfText(context.facts.input_text_bytes)
                                       : measure.estimated_tokens;
  return absl::OkStatus();
}

absl::Status ScanFormBody(RequestContext& context, const Exchange& exchange) {
  absl::StatusOr<FormFacts> form = ScanForm(exchange.head().Find("content-type"), exchange.body(),
                                            context.endpoint->default_model);
  if (!form.ok()) return form.status();
  context.facts = std::move(form->facts);
  context.non_ascii_bytes = CountNonAscii(exchange.body());
  const auto files = static_cast<std::int64_t>(form->files);
  const auto file_bytes = static_cast<std::int64_t>(form->file_bytes);
  context.estimated_input_tokens =
      context.endpoint->usage == UsageForm::kTranscript
          ? (file_bytes + kSoundBytesPerSecond - 1) / kSoundBytesPerSecond
          : TokensOfText(form->text_bytes) + files * kTokensPerPicture;
  return absl::OkStatus();
}

// Who asks for the models at a path that several dialects have is known by its headers.
Dialect ListDialect(Dialect of_path, const RequestHead& head) {
  if (!head.Find("anthropic-version").empty()) return Dialect::kAnthropicMessages;
  return head.Find("x-goog-api-key").empty() ? of_path : Dialect::kGemini;
}

}  // namespace

Refusal MatchEndpoint(RequestContext& context, const RequestHead& head) {
  context.dialect = DialectOfPath(head.path());
  context.plain_errors = HasPlainErrors(head.path());
  const EndpointMatch match = FindEndpoint(head.method, head.path());
  if (match.endpoint == nullptr && match.path_known) {
    return MakeReply(reason::kMethodNotAllowed, head.method, head.path());
  }
  if (match.endpoint == nullptr) {
    return MakeReply(reason::kUnknownEndpoint, head.method, head.path());
  }
  context.endpoint = match.endpoint;
  context.dialect = match.endpoint->dialect;
  if (match.endpoint->operation == Operation::kListModels) {
    context.dialect = ListDialect(match.endpoint->dialect, head);
  }
  context.record.dialect = context.dialect;
  context.record.operation = match.endpoint->name;
  if (context.snapshot == nullptr) {
    return MakeReply(reason::kNotReady);
  }
  context.record.snapshot_revision = context.snapshot->revision();
  return std::nullopt;
}

Refusal CheckCaller(RequestContext& context, const RequestHead& head) {
  UsageRecord& record = context.record;
  context.caller = Authenticate(*context.snapshot, PresentedKey(head), record.client_ip,
                                record.started_at_unix_ms);
  if (const ApiKey* key = context.caller.key; key != nullptr) {
    record.key_id = key->id;
    record.key_name = key->name;
    record.user_id = key->user_id;
    record.group_id = key->group_id;
    record.user_agent = std::string(head.Find("user-agent").substr(0, kUserAgentBytesMax));
  }
  if (context.caller.reason.empty()) return std::nullopt;
  return MakeReply(context.caller.reason);
}

Refusal CheckBodyRead(ReadStatus status, const Exchange& exchange, const HttpLimits& limits) {
  switch (status) {
    case ReadStatus::kComplete:
    case ReadStatus::kClosed:  // nobody to answer
      return std::nullopt;
    case ReadStatus::kTimeout:
      return MakeReply(reason::kRequestTimeout, "body");
    case ReadStatus::kTooLarge:
      return MakeReply(reason::kBodyTooLarge, limits.request_body_bytes_max);
    case ReadStatus::kNoMemory:
      return MakeReply(reason::kOverloadedMemory);
    case ReadStatus::kTooManyFields:
    case ReadStatus::kMalformed:
      return MakeReply(reason::kBadRequest, exchange.problem());
  }
  return std::nullopt;
}

Refusal ReadFacts(RequestContext& context, const Exchange& exchange) {
  const std::string_view encoding = exchange.head().Find("content-encoding");
  if (!encoding.empty() && !EqualsIgnoreCase(encoding, "identity")) {
    return MakeReply(reason::kUnsupportedEncoding, encoding);
  }
  const bool form = context.endpoint->body == BodyForm::kMultipart;
  const absl::Status status = form ? ScanFormBody(context, exchange)
                              : context.dialect == Dialect::kGemini
                                  ? ScanGeminiRequest(context, exchange)
                                  : ScanJsonBody(context, exchange);
  if (!status.ok()) {
    const bool is_json = status.code() != absl::StatusCode::kDataLoss;
    return MakeReply(is_json ? reason::kBadParameter : reason::kMalformedJson, status.message());
  }
  context.record.model = context.facts.model;
  context.record.stream = context.facts.stream;
  if (!MayUseModel(*context.caller.key, context.facts.model)) {
    return MakeReply(reason::kModelNotAllowed, context.facts.model);
  }
  return std::nullopt;
}

}  // namespace weir::relay

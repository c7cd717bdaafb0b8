#include "services/relay/local_answer.h"

#include <algorithm>
#include <map>

#include "libs/common/clock.h"
#include "libs/common/json_text.h"
#include "libs/common/text.h"
#include "services/relay/http/response_head.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kNsPerUs = 1'000;

void Send(const RequestContext& context, Exchange& exchange, AnswerHead head, std::string_view body,
          std::string_view content_type) {
  if (exchange.http_1_0()) exchange.CloseAfter();
  const std::int64_t since_ns =
      exchange.received_ns() != 0 ? exchange.received_ns() : exchange.began_ns();
  head.content_length = static_cast<std::int64_t>(body.size());
  head.close = !exchange.keep_alive();
  head.request_id = context.request_id;
  head.dialect = context.dialect;
  head.overhead_us = since_ns == 0 ? 0
                                   : std::max<std::int64_t>(
                                         SteadyNs() - since_ns - context.upstream_waited_ns, 0) /
                                         kNsPerUs;
  head.upstream_us = context.upstream_waited_ns / kNsPerUs;
  std::string text;
  WriteAnswerHead(head, text);
  // The SDKs read the id of a request from the header that their own provider uses.
  const bool anthropic = context.dialect == Dialect::kAnthropicMessages;
  StrAppend(text, anthropic ? "request-id: " : "x-request-id: ", context.request_id,
            "\r\ncontent-type: ", content_type, "\r\n\r\n", body);
  exchange.Send(text);
}

// Model name -> provider, sorted by name.
std::map<std::string, std::string> UsableModels(const RequestContext& context) {
  std::map<std::string, std::string> models;
  const Snapshot& snapshot = *context.snapshot;
  for (const Account* account : snapshot.AccountsOf(context.caller.key->group_id)) {
    if (account->status == AccountStatus::kDisabled) continue;
    for (const ModelPattern& pattern : account->models) {
      if (pattern.exact()) models.emplace(pattern.stem(), account->provider);
    }
    for (const std::string& model : snapshot.PricedModels(account->provider)) {
      if (account->Serves(model)) models.emplace(model, account->provider);
    }
  }
  std::erase_if(models, [&context](const auto& entry) {
    return !MayUseModel(*context.caller.key, entry.first);
  });
  return models;
}

std::string AnthropicList(const std::map<std::string, std::string>& models) {
  std::string body = R"({"data":[)";
  for (const auto& [model, provider] : models) {
    if (body.back() == '}') body += ',';
    body += R"({"type":"model","id":)";
    AppendJsonString(body, model);
    body += R"(,"display_name":)";
    AppendJsonString(body, model);
    body += R"(,"created_at":"1970-01-01T00:00:00Z"})";
  }
  body += R"(],"has_more":false,"first_id":)";
  const auto id_or_null = [&body, &models](bool first) {
    if (models.empty()) {
      body += "null";
    } else {
      AppendJsonString(body, first ? models.begin()->first : models.rbegin()->first);
    }
  };
  id_or_null(true);
  body += R"(,"last_id":)";
  id_or_null(false);
  body += "}";
  return body;
}

std::string OpenAiList(const std::map<std::string, std::string>& models) {
  std::string body = R"({"object":"list","data":[)";
  for (const auto& [model, provider] : models) {
    if (body.back() == '}') body += ',';
    body += R"({"id":)";
    AppendJsonString(body, model);
    body += R"(,"object":"model","created":0,"owned_by":)";
    AppendJsonString(body, provider);
    body += "}";
  }
  return body + "]}";
}

std::string PlainList(const std::map<std::string, std::string>& models) {
  std::string body = "[";
  for (const auto& [model, provider] : models) {
    if (body.back() == '}') body += ',';
    body += R"({"name":)";
    AppendJsonString(body, model);
    body += R"(,"provider":)";
    AppendJsonString(body, provider);
    body += "}";
  }
  return body + "]";
}

}  // namespace

void SendLocalReply(const RequestContext& context, Exchange& exchange, const LocalReply& reply) {
  AnswerHead head;
  head.status = LocalReplyStatus(reply, context.dialect);
  head.retry_after_s = reply.retry_after_s;
  Send(context, exchange, head, LocalReplyBody(reply, context.dialect, context.request_id),
       "application/json");
}

void SendLocalAnswer(const RequestContext& context, Exchange& exchange, std::string_view body,
                     std::string_view content_type) {
  Send(context, exchange, AnswerHead{}, body, content_type);
}

std::string ModelList(const RequestContext& context, const RequestHead& head) {
  const std::map<std::string, std::string> models = UsableModels(context);
  if (head.path().starts_with("/api/")) return PlainList(models);
  return head.Find("anthropic-version").empty() ? OpenAiList(models) : AnthropicList(models);
}

}  // namespace weir::relay

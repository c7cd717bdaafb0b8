#include "services/relay/local_answer.h"

#include <algorithm>

#include "libs/common/clock.h"
#include "libs/common/text.h"
#include "services/relay/body_stage.h"
#include "services/relay/http/response_head.h"
#include "services/relay/rate_stage.h"

namespace weir::relay {
namespace {

// Beside the status, for what SDKs would try again in vain.
constexpr std::string_view kDoNotRetry = "x-should-retry: false\r\n";

void Send(RequestContext& context, Exchange& exchange, AnswerHead head, std::string_view body,
          std::string_view content_type, std::string_view more_fields = {}) {
  if (!context.settled) context.record.status = head.status;
  if (exchange.http_1_0()) exchange.CloseAfter();
  const std::int64_t since_ns =
      exchange.received_ns() != 0 ? exchange.received_ns() : exchange.began_ns();
  head.content_length = static_cast<std::int64_t>(body.size());
  head.close = !exchange.keep_alive();
  head.request_id = context.request_id;
  head.dialect = context.dialect;
  head.console_origin = context.console_origin;
  head.overhead_us = since_ns == 0 ? 0
                                   : std::max<std::int64_t>(
                                         SteadyNs() - since_ns - context.upstream_waited_ns, 0) /
                                         kNsPerUs;
  head.upstream_us = context.upstream_waited_ns / kNsPerUs;
  std::string text;
  WriteAnswerHead(head, text);
  // The SDKs read the id of a request from the header that their own provider uses.
  StrAppend(text, WordsOf(context.dialect).request_id_header, ": ", context.request_id,
            "\r\ncontent-type: ", content_type, "\r\n");
  AppendRateFields(context, exchange.loop().now_unix_ms(), text);
  StrAppend(text, more_fields, "\r\n", body);
  exchange.Send(text);
  RecordOwnAnswer(context, body, content_type, /*last=*/true);
}

}  // namespace

void SendLocalReply(RequestContext& context, Exchange& exchange, const LocalReply& reply) {
  if (!context.settled) context.record.error_class = reply.reason;
  AnswerHead head;
  head.status = LocalReplyStatus(reply, context.dialect);
  head.retry_after_s = reply.retry_after_s;
  const std::string body = context.plain_errors
                               ? PlainReplyBody(reply, head.status, context.request_id)
                               : LocalReplyBody(reply, context.dialect, context.request_id);
  Send(context, exchange, head, body, "application/json",
       reply.worth_retrying ? std::string_view() : kDoNotRetry);
}

void SendLocalAnswer(RequestContext& context, Exchange& exchange, std::string_view body,
                     std::string_view content_type, std::string_view fields) {
  if (!context.settled) context.record.complete = true;
  Send(context, exchange, AnswerHead{}, body, content_type, fields);
}

}  // namespace weir::relay

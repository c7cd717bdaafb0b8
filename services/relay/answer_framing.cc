#include "services/relay/answer_framing.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "libs/common/clock.h"
#include "libs/common/text.h"
#include "services/relay/cache/cache_plan.h"
#include "services/relay/rate_stage.h"
#include "services/relay/signature_stage.h"

namespace weir::relay {
namespace {

constexpr std::string_view kChunkEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

bool IsMetered(const RequestContext& context, const ResponseHead& head) {
  return head.status < 300 && context.endpoint->operation == Operation::kGenerate;
}

bool HidesUsage(const RequestContext& context) {
  // A translation tells usage itself, if anybody asks for it.
  return context.translation == nullptr && context.endpoint->usage_on_request &&
         context.facts.stream && !context.facts.include_usage;
}

AnswerFraming FramingOf(const UpstreamCall& call, const Exchange& exchange, bool rewritten,
                        bool translated) {
  if (!translated && call.framing() == BodyFraming::kNone) return AnswerFraming::kLength;
  if (call.framing() == BodyFraming::kLength && !rewritten) return AnswerFraming::kLength;
  return exchange.http_1_0() ? AnswerFraming::kUntilClose : AnswerFraming::kChunked;
}

bool TellsStream(const RequestContext& context, bool reads_stream) {
  return context.translation == nullptr ? reads_stream : context.translation->tells_stream();
}

}  // namespace

Answer::Answer(const RequestContext& context, const UpstreamCall& call, const Exchange& exchange)
    : reads_stream(call.head().HasType("text/event-stream")),
      tells_stream(TellsStream(context, reads_stream)),
      is_array(tells_stream && context.translation != nullptr &&
               context.translation->tells_array()),
      is_metered(IsMetered(context, call.head())),
      meter(context.upstream_dialect(), HidesUsage(context), context.endpoint->usage),
      filter(reads_stream, is_metered ? &meter : nullptr) {
  const ResponseHead& upstream = call.head();
  meter.SetAsked(context.facts.choices.number);
  if (RowOf(context.endpoint->usage).may_be_opaque && !upstream.HasType("application/json")) {
    meter.SetOpaque();
  }
  const bool compressed = EqualsIgnoreCase(upstream.Find("content-encoding"), "gzip");
  if (compressed) inflater = std::make_unique<GzipInflater>();
  const bool translated = context.translation != nullptr;
  const bool native = context.upstream_dialect() == context.dialect;
  if (is_metered && native && MixesFamilies(context)) {
    signatures = std::make_unique<SignatureFinder>(context.dialect);
  }
  framing = FramingOf(call, exchange, compressed || reads_stream || translated, translated);
  if (context.cache != nullptr && context.cache->wishes.keep && upstream.status == 200) {
    context.cache->content_type =
        translated ? tells_events() ? kEventStreamType : kJsonType : upstream.Find("content-type");
    capture = &context.cache->capture;
  }
}

void ComposeHead(std::string_view relay_id, RequestContext& context, const UpstreamCall& call,
                 Exchange& exchange, Answer& answer) {
  const ResponseHead& upstream = call.head();
  UsageRecord& record = context.record;
  const Translation* translation = context.translation.get();
  record.status =
      translation == nullptr ? upstream.status : translation->StatusFor(upstream.status);
  record.stream = answer.tells_events();
  record.upstream_request_id =
      std::string(upstream.Find(WordsOf(context.upstream_dialect()).request_id_header));
  const std::int64_t elapsed_ns = SteadyNs() - exchange.received_ns();
  record.overhead_us =
      std::max<std::int64_t>(elapsed_ns - context.upstream_waited_ns, 0) / kNsPerUs;
  if (answer.framing == AnswerFraming::kUntilClose || exchange.http_1_0()) exchange.CloseAfter();

  AnswerHead head;
  head.status = record.status;
  head.framing = answer.framing;
  head.content_length = call.framing() == BodyFraming::kLength ? call.content_length() : 0;
  head.close = !exchange.keep_alive();
  head.request_id = context.request_id;
  head.overhead_us = record.overhead_us;
  head.upstream_us = context.upstream_waited_ns / kNsPerUs;
  head.dialect = context.dialect;
  head.console_origin = context.console_origin;
  WriteAnswerHead(head, answer.head);
  if (translation == nullptr) {
    AppendUpstreamFields(upstream, answer.head);
  } else {
    AppendTranslatedFields(upstream,
                           {context.dialect, translation->upstream(), context.request_id,
                            translation->dropped(), answer.tells_events()},
                           answer.head);
  }
  if (answer.tells_stream) AppendStreamFields(answer.head);
  AppendRateFields(context, exchange.loop().now_unix_ms(), answer.head);
  if (context.cache != nullptr) answer.head += "x-weir-cache: miss\r\n";
  if (answer.resumable != nullptr) AppendStreamId(relay_id, context.request_id, answer.head);
  answer.head += "\r\n";
}

void AppendStreamId(std::string_view relay_id, std::string_view request_id, std::string& head) {
  StrAppend(head, "x-weir-stream: ", relay_id, ".", request_id, "\r\n");
}

bool SendPart(Exchange& exchange, AnswerFraming framing, std::string& head, std::string_view output,
              bool last) {
  std::array<iovec, 5> pieces;
  std::size_t count = 0;
  std::string size_line;
  if (!head.empty()) pieces[count++] = Piece(head);
  const bool chunked = framing == AnswerFraming::kChunked;
  if (!output.empty()) {
    if (chunked) {
      char digits[20];
      const auto end = std::to_chars(digits, digits + sizeof(digits), output.size(), 16);
      size_line.assign(digits, end.ptr);
      size_line += "\r\n";
      pieces[count++] = Piece(size_line);
    }
    pieces[count++] = Piece(output);
    if (chunked) pieces[count++] = Piece(kChunkEnd);
  }
  if (last && chunked) pieces[count++] = Piece(kLastChunk);
  if (count == 0) return true;
  const bool sent = exchange.Send(std::span<const iovec>(pieces.data(), count));
  if (!head.empty()) std::string().swap(head);
  return sent;
}

}  // namespace weir::relay

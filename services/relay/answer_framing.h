// One answer on its way to the client: how it is read and framed, its head, its parts.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "services/relay/cache/response_cache.h"
#include "services/relay/dialects/signature_finder.h"
#include "services/relay/http/exchange.h"
#include "services/relay/http/response_head.h"
#include "services/relay/http1/gzip_inflater.h"
#include "services/relay/metering/answer_filter.h"
#include "services/relay/metering/answer_meter.h"
#include "services/relay/request_context.h"
#include "services/relay/streams/resumable_stream.h"
#include "services/relay/upstream/upstream_call.h"

namespace weir::relay {

// Lives as long as the answer and does not move: its filter knows its meter.
struct Answer {
  Answer(const RequestContext& context, const UpstreamCall& call, const Exchange& exchange);
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  // What is held of it in memory, but for what the client has yet to take.
  std::size_t held_bytes() const {
    return filter.memory_bytes() + (inflater == nullptr ? 0 : GzipInflater::kStateBytes);
  }

  // What goes to the client is a stream of events, and no array.
  bool tells_events() const { return tells_stream && !is_array; }

  bool reads_stream;  // the upstream sends events
  bool tells_stream;  // the client gets a stream: nearly always the same
  bool is_array;      // as the items of one JSON array
  bool is_metered;
  AnswerFraming framing;
  AnswerMeter meter;
  AnswerFilter filter;
  std::unique_ptr<GzipInflater> inflater;       // null: the body is not compressed
  std::unique_ptr<SignatureFinder> signatures;  // null: nobody needs to know who made them
  AnswerCapture* capture = nullptr;             // null: it is not kept; belongs to context.cache
  std::shared_ptr<ResumableStream> resumable;   // null: its client cannot come back
  bool client_left = false;                     // nothing is sent any more
  std::string head;                             // until it is sent
};

// Fills answer.head, and the record with what the upstream's head says. `call` has just answered.
void ComposeHead(std::string_view relay_id, RequestContext& context, const UpstreamCall& call,
                 Exchange& exchange, Answer& answer);

// The header line that names a resumable stream.
void AppendStreamId(std::string_view relay_id, std::string_view request_id, std::string& head);

// Sends `output` in its framing, behind `head` if that is still to go (then it is emptied). `last`
// ends the body. False: Flush first.
bool SendPart(Exchange& exchange, AnswerFraming framing, std::string& head, std::string_view output,
              bool last);

}  // namespace weir::relay

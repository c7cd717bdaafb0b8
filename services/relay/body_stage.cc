#include "services/relay/body_stage.h"

#include <utility>

#include "services/relay/bodies/body_desk.h"

namespace weir::relay {
namespace {

bool IsRecorded(const RequestContext& context) {
  if (!context.caller.key->record_bodies && !context.caller.group->record_bodies) return false;
  return !context.snapshot->settings().bodies->forbidden;
}

}  // namespace

void BeginRecording(RelayEnvironment& environment, RequestContext& context,
                    const Exchange& exchange) {
  if (!IsRecorded(context)) return;
  CapturedBodies captured;
  captured.request_id = context.record.id;
  captured.key_id = context.record.key_id;
  captured.user_id = context.record.user_id;
  captured.group_id = context.record.group_id;
  captured.rules = context.snapshot->settings().bodies;
  captured.secrets.emplace_back(std::string(PresentedKey(exchange.head())));
  context.bodies = std::make_unique<BodyTap>(environment.bodies, std::move(captured));
  context.bodies->SetContentType(BodyKind::kClientRequest, exchange.head().Find("content-type"));
  RecordPart(context, BodyKind::kClientRequest, exchange.body(), /*last=*/true);
}

void RecordUpstreamRequest(RequestContext& context, const Account& account,
                           std::span<const iovec> body, bool differs) {
  if (context.bodies == nullptr) return;
  context.bodies->AddSecret(account.credential);
  if (!differs) return context.bodies->Forget(BodyKind::kUpstreamRequest);
  const bool form = context.endpoint->body == BodyForm::kMultipart;
  const std::string_view type =
      form ? context.bodies->content_type(BodyKind::kClientRequest) : kJsonType;
  context.bodies->Replace(BodyKind::kUpstreamRequest, body, type);
}

void RecordAnswerTypes(RequestContext& context, const UpstreamCall& call, const Answer& answer) {
  if (context.bodies == nullptr) return;
  const std::string_view upstream = call.head().Find("content-type");
  if (context.translation == nullptr) {
    return context.bodies->SetContentType(BodyKind::kClientAnswer, upstream);
  }
  context.bodies->SetContentType(BodyKind::kUpstreamAnswer, upstream);
  context.bodies->SetContentType(BodyKind::kClientAnswer,
                                 answer.tells_events() ? "text/event-stream" : kJsonType);
}

void RecordOwnAnswer(const RequestContext& context, std::string_view bytes,
                     std::string_view content_type, bool last) {
  if (context.bodies == nullptr) return;
  context.bodies->SetContentType(BodyKind::kClientAnswer, content_type);
  RecordPart(context, BodyKind::kClientAnswer, bytes, last);
}

}  // namespace weir::relay

// /api/v1/admin/logs/{id}/body: what was recorded of a request and its answer. For administrators
// alone; who reads is told in the log.
#include <array>
#include <string>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/ids.h"
#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "libs/common/utf8.h"
#include "libs/common/zstd_text.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/report_time.h"
#include "services/admin/resources/report_parts.h"
#include "services/admin/resources/resource.h"
#include "weir/v1/bodies.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

constexpr std::size_t kTextBytesMax = 1 << 20;  // of the contract

struct KindName {
  v1::BodyKind kind;
  std::string_view name;
};
constexpr std::array<KindName, 4> kKinds = {{{v1::BODY_KIND_CLIENT_REQUEST, "client_request"},
                                             {v1::BODY_KIND_CLIENT_ANSWER, "client_answer"},
                                             {v1::BODY_KIND_UPSTREAM_REQUEST, "upstream_request"},
                                             {v1::BODY_KIND_UPSTREAM_ANSWER, "upstream_answer"}}};

std::string_view NameOf(v1::BodyKind kind) {
  for (const KindName& known : kKinds) {
    if (known.kind == kind) return known.name;
  }
  return "unknown";
}

// Null for what is no text, or cannot be unpacked: then the log says so.
json::value TextJson(const v1::RecordedBody& body) {
  if (Describing()) return TextOrNull("");
  if (body.binary()) return nullptr;
  const absl::StatusOr<std::string> text = ZstdDecompress(body.zstd(), kTextBytesMax);
  if (!text.ok()) {
    LogError("a recorded body cannot be unpacked", {{"error", View(text.status().message())}});
    return nullptr;
  }
  return json::value(ValidUtf8(*text));
}

json::object BodyJson(const v1::RecordedBody& body) {
  const std::string_view name = NameOf(body.kind());
  return {{"kind", json::string_view(name.data(), name.size())},
          {"content_type", body.content_type()},
          {"bytes", body.original_bytes()},
          {"truncated", body.cut()},
          {"complete", body.whole()},
          {"binary", body.binary()},
          {"masked", body.masked()},
          {"text", TextJson(body)}};
}

json::object BodiesJson(const std::string& id, const v1::GetBodiesResponse& answer) {
  return {{"id", id}, {"bodies", ListJson(answer.bodies(), BodyJson)}};
}

absl::StatusOr<Response> Get(ResourceParts& parts, const Request& request, const Caller& caller) {
  const std::string& id_text = request.path_params.at("request_id");
  const auto id = UuidFromText(id_text);
  if (!id.ok()) return NotFound("recorded body");
  v1::GetBodiesResponse answer;
  if (absl::Status asked = parts.usage.GetBodies(*id, answer); !asked.ok()) return asked;
  // Whoever reads what people wrote is to be seen.
  LogWarning("recorded bodies read", {{"request_id", request.request_id},
                                      {"user_id", caller.user.id},
                                      {"username", caller.user.username},
                                      {"log_id", id_text},
                                      {"client_ip", request.client_ip}});
  return JsonResponse(200, BodiesJson(id_text, answer));
}

json::object DeletedJson(std::int64_t bodies) { return {{"bodies_deleted", bodies}}; }

absl::StatusOr<Response> DeleteThem(ResourceParts& parts, const Request& request,
                                    const Caller& caller, const v1::DeleteBodiesRequest& which) {
  const auto deleted = parts.maintenance.DeleteBodies(which, [] { return false; });
  if (!deleted.ok()) {
    return Problem(absl::StatusCode::kUnavailable, reason::kServiceAway,
                   "the usage service did not finish; what is left goes with the next try");
  }
  absl::Status noted = NoteDeed(parts, {"recorded bodies",
                                        0,
                                        which.request_id().empty() ? which.ShortDebugString()
                                                                   : UuidToText(which.request_id()),
                                        "delete",
                                        {{"bodies", "null", std::to_string(*deleted)}}});
  if (!noted.ok()) return noted;
  LogWarning("recorded bodies deleted", {{"request_id", request.request_id},
                                         {"user_id", caller.user.id},
                                         {"username", caller.user.username},
                                         {"which", which.ShortDebugString()},
                                         {"bodies_deleted", *deleted}});
  return JsonResponse(200, DeletedJson(*deleted));
}

absl::StatusOr<Response> DeleteOne(ResourceParts& parts, const Request& request,
                                   const Caller& caller) {
  const auto id = UuidFromText(request.path_params.at("request_id"));
  if (!id.ok()) return NotFound("recorded body");
  v1::DeleteBodiesRequest which;
  which.set_request_id(*id);
  return DeleteThem(parts, request, caller, which);
}

// What the parameters name; at least one must.
absl::Status ReadWhich(const Request& request, v1::DeleteBodiesRequest& which) {
  FieldErrors errors;
  const absl::StatusOr<absl::TimeZone> zone = FindZone(request.Query("tz"));
  if (!zone.ok()) errors.Add("tz", View(zone.status().message()));
  const absl::TimeZone in = zone.value_or(absl::UTCTimeZone());
  bool any = !request.Query("from").empty() || !request.Query("before").empty();
  const auto number = [&](std::string_view name) -> std::int64_t {
    const std::string_view text = request.Query(name);
    if (text.empty()) return 0;
    any = true;
    std::int64_t value = 0;
    return ParseInteger(text, value) ? value : 0;
  };
  which.set_from_unix_ms(ReadTime(request, "from", 0, in, errors));
  which.set_before_unix_ms(ReadTime(request, "before", 0, in, errors));
  which.set_key_id(number("key_id"));
  which.set_user_id(number("user_id"));
  which.set_group_id(number("group_id"));
  if (!any) errors.Add("before", "or from, key_id, user_id or group_id must say which");
  return errors.ToStatus();
}

absl::StatusOr<Response> DeleteMany(ResourceParts& parts, const Request& request,
                                    const Caller& caller) {
  v1::DeleteBodiesRequest which;
  if (absl::Status read = ReadWhich(request, which); !read.ok()) return read;
  return DeleteThem(parts, request, caller, which);
}

}  // namespace

Routes BodyRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/admin/logs/{request_id}/body",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Get(parts, request, caller);
       },
       {.summary = "Show what was recorded of a request",
        .answers = {Answers([] { return BodiesJson("", v1::GetBodiesResponse()); })}}},
      {"DELETE",
       "/api/v1/admin/logs/{request_id}/body",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return DeleteOne(parts, request, caller);
       },
       {.summary = "Delete what was recorded of a request",
        .answers = {Answers([] { return DeletedJson(0); })}}},
      {"DELETE",
       "/api/v1/admin/logs/bodies",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return DeleteMany(parts, request, caller);
       },
       {.summary = "Delete recorded bodies",
        .query = {TextParameter("from", kDayForm), TextParameter("before", kDayForm),
                  TextParameter("tz"), IdParameter("key_id"), IdParameter("user_id"),
                  IdParameter("group_id")},
        .answers = {Answers([] { return DeletedJson(0); })},
        .about = "At least one parameter must say which."}},
  };
}

}  // namespace weir::admin

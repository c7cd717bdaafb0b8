// /api/v1/api-keys/{id}/rotate: another text for a key, and for a while both.
#include <string>
#include <utility>

#include <boost/json/object.hpp>

#include "libs/common/api_key_hash.h"
#include "libs/common/secret.h"
#include "libs/common/text.h"
#include "services/admin/json/record_json.h"
#include "services/admin/resources/key_rules.h"
#include "services/admin/resources/key_use.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/api_key_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::int64_t kOverlapMsMax = 30LL * 24 * 3600 * 1000;

void ReadFields(BodyReader& reader, std::int64_t& overlap_ms) {
  reader.Cap("overlap_ms", overlap_ms);
}

void DescribeBody(BodyReader& reader) {
  std::int64_t overlap_ms = 0;
  ReadFields(reader, overlap_ms);
}

absl::StatusOr<std::int64_t> ReadOverlap(const Request& request) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  FieldErrors errors;
  BodyReader reader(*body, errors);
  std::int64_t overlap_ms = 0;
  ReadFields(reader, overlap_ms);
  reader.Finish();
  if (overlap_ms < 0 || overlap_ms > kOverlapMsMax) {
    errors.Add("overlap_ms", StrCat("must be 0 to ", kOverlapMsMax, " (30 days)"));
  }
  if (!errors.empty()) return errors.ToStatus();
  return overlap_ms;
}

template <class Edit>
absl::StatusOr<ApiKey> UpdateOwn(ResourceParts& parts, const Request& request, const Caller& caller,
                                 const Edit& edit) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  return ChangeValue(
      parts.store, [&](sql::Transaction& transaction, Changes& changes) -> absl::StatusOr<ApiKey> {
        auto key = VisibleKey(transaction, *id, caller);
        if (!key.ok()) return key.status();
        if (auto match = CheckIfMatch(request, key->version); !match.ok()) return match;
        edit(*key);
        auto done = api_key_store::Update(transaction, changes, parts.store.NowMs(), *key);
        if (!done.ok()) return done;
        return key;
      });
}

void ForgetPrevious(ApiKey& key) {
  key.previous_key_hash.clear();
  key.previous_key_hint.clear();
  key.previous_until_ms = 0;
}

absl::StatusOr<Response> Rotate(ResourceParts& parts, const Request& request,
                                const Caller& caller) {
  auto overlap_ms = ReadOverlap(request);
  if (!overlap_ms.ok()) return overlap_ms.status();
  const Secret text(NewApiKey());
  const std::int64_t now_ms = parts.store.NowMs();
  auto key = UpdateOwn(parts, request, caller, [&](ApiKey& changed) {
    ForgetPrevious(changed);
    if (*overlap_ms > 0) {
      changed.previous_key_hash = changed.key_hash;
      changed.previous_key_hint = changed.key_hint;
      changed.previous_until_ms = now_ms + *overlap_ms;
    }
    changed.key_hash = ApiKeyHash(text.Reveal());
    changed.key_hint = ApiKeyHint(text.Reveal());
  });
  if (!key.ok()) return key.status();
  json::object body = ApiKeyJson(*key, now_ms);
  body["key"] = text.Reveal();
  return RecordResponse(200, body, key->version);
}

// The old text is out, whatever was said when it was rotated: it leaked, or nobody uses it.
absl::StatusOr<Response> EndOverlap(ResourceParts& parts, const Request& request,
                                    const Caller& caller) {
  auto key = UpdateOwn(parts, request, caller, ForgetPrevious);
  if (!key.ok()) return key.status();
  return RecordResponse(200, ApiKeyJson(*key, parts.store.NowMs()), key->version);
}

}  // namespace

Routes KeyRotationRoutes(ResourceParts& parts) {
  return {
      {"POST",
       "/api/v1/api-keys/{id}/rotate",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return Rotate(parts, request, caller);
       },
       {.summary = "Give a key a new text",
        .body = DescribeBody,
        .answers = {Answers(KeyWithTextShape)},
        .guarded = true,
        .about = "The old one stops at once, or `overlap_ms` later, 30 days at most."}},
      {"DELETE",
       "/api/v1/api-keys/{id}/previous",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return EndOverlap(parts, request, caller);
       },
       {.summary = "Put the old text of a rotated key out now",
        .answers = {Answers(KeyShape)},
        .guarded = true}},
  };
}

}  // namespace weir::admin

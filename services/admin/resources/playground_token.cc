// /api/v1/api-keys/{id}/playground-token: what a page may send requests with for ten minutes, as if
// it had the key, whose text nobody keeps.
#include "libs/common/playground_token.h"

#include <string>
#include <utility>

#include <boost/json/object.hpp>

#include "libs/common/reason.h"
#include "services/admin/credentials/playground_secret.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/problem.h"
#include "services/admin/resources/key_rules.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/settings_store.h"
#include "services/admin/store/user_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

struct SignedKey {
  ApiKey key;
  ActiveStatus user_status = ActiveStatus::kActive;
  ActiveStatus group_status = ActiveStatus::kActive;
  Settings settings;
};

absl::StatusOr<SignedKey> ReadKey(ResourceParts& parts, std::int64_t id, const Caller& caller) {
  return ReadValue(parts.store, [&](sql::Transaction& transaction) -> absl::StatusOr<SignedKey> {
    auto key = VisibleKey(transaction, id, caller);
    if (!key.ok()) return key.status();
    auto user = user_store::Get(transaction, key->user_id);
    if (!user.ok()) return user.status();
    auto group = group_store::Get(transaction, key->group_id);
    if (!group.ok()) return group.status();
    auto settings = settings_store::Get(transaction);
    if (!settings.ok()) return settings.status();
    return SignedKey{*std::move(key), user->status, group->status, *std::move(settings)};
  });
}

// Relays would refuse it; here it can be said why before anything is sent.
absl::Status CheckUsable(const SignedKey& read, std::int64_t now_ms) {
  const ApiKey& key = read.key;
  const auto refuse = [](std::string_view word, std::string_view message) {
    return Problem(absl::StatusCode::kFailedPrecondition, word, message);
  };
  if (key.status == ActiveStatus::kDisabled) {
    return refuse(reason::kKeyDisabled, "this API key is disabled; enable it first");
  }
  if (key.expires_at_ms != 0 && key.expires_at_ms <= now_ms) {
    return refuse(reason::kKeyExpired, "this API key has expired; give it another end first");
  }
  if (read.user_status == ActiveStatus::kDisabled) {
    return refuse(reason::kUserDisabled, "the key's user is disabled; enable that user first");
  }
  if (read.group_status == ActiveStatus::kDisabled) {
    return refuse(reason::kGroupDisabled, "the key's group is disabled; enable that group first");
  }
  return absl::OkStatus();
}

json::object TokenJson(const Secret& token, std::int64_t expires_at_ms) {
  return {{"token", token.Reveal()}, {"expires_at", TimeJson(expires_at_ms)}};
}

absl::StatusOr<Response> Make(ResourceParts& parts, const Request& request, const Caller& caller) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  auto read = ReadKey(parts, *id, caller);
  if (!read.ok()) return read.status();
  const ApiKey& key = read->key;
  const std::int64_t now_ms = parts.store.NowMs();
  if (auto usable = CheckUsable(*read, now_ms); !usable.ok()) return usable;
  auto secret = OpenPlaygroundSecret(parts.vault, read->settings);
  if (!secret.ok()) return secret.status();
  if (secret->empty()) return absl::InternalError("there is no secret to sign tokens with");
  absl::Status noted = NoteDeed(parts, {"API key", key.id, key.name, "playground_token", {}});
  if (!noted.ok()) return noted;
  const std::int64_t expires_at_ms = now_ms + kPlaygroundTokenLifeMs;
  const Secret token = MakePlaygroundToken(*secret, key.id, key.key_hash, expires_at_ms);
  return JsonResponse(201, TokenJson(token, expires_at_ms));
}

}  // namespace

Routes PlaygroundTokenRoutes(ResourceParts& parts) {
  return {{"POST",
           "/api/v1/api-keys/{id}/playground-token",
           Access::kUser,
           [&parts](const Request& request, const Caller& caller) {
             return Make(parts, request, caller);
           },
           {.summary = "Make a token that stands for a key for ten minutes",
            .answers = {Answers([] { return TokenJson(Secret("wpt_"), 1); }, 201)},
            .about = "Relays take it wherever they take the key, with the key's own limits, models "
                     "and addresses, and its use is the key's. It ends early when the key is "
                     "disabled, deleted or given a new text. The audit log has who made it."}}};
}

}  // namespace weir::admin

#include "services/admin/alerts/alert_delivery.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "libs/common/json_text.h"
#include "libs/common/log.h"
#include "libs/common/text.h"
#include "libs/common/utf8.h"
#include "services/admin/alerts/alert_findings.h"
#include "services/admin/credentials/setting_secrets.h"
#include "services/admin/model/time_text.h"
#include "services/admin/store/alert_words.h"
#include "services/admin/store/columns.h"
#include "services/admin/store/settings_store.h"

namespace weir::admin {
namespace {

constexpr std::int64_t kAtOnce = 20;
constexpr std::int64_t kTimeoutMs = 10'000;
constexpr std::int64_t kClaimMs = 5 * 60'000;  // more than kAtOnce tries can take
constexpr std::int64_t kFirstDelayMs = 10'000;
constexpr std::int64_t kDelayMsMax = 3'600'000;
constexpr std::int64_t kTriesMax = 20;
constexpr std::size_t kErrorBytesMax = 300;

absl::Status Send(const SendWebCall& send, const AlertTarget& target, const AlertMessage& message,
                  std::int64_t now_ms) {
  const std::string body = AlertBody(message, target.site_name);
  const std::int64_t now_s = now_ms / 1000;
  WebCall call;
  call.url = target.url;
  call.headers = {"content-type: application/json", "user-agent: weir-alerts",
                  StrCat("weir-alert-id: ", message.id), StrCat("weir-timestamp: ", now_s),
                  StrCat("weir-signature: v1=", SignAlert(target.secret, now_s, body))};
  call.body = Secret(body);
  call.timeout_ms = kTimeoutMs;
  auto answer = send(call);
  if (!answer.ok()) return answer.status();
  if (answer->status / 100 == 2) return absl::OkStatus();
  return absl::UnavailableError(StrCat("the webhook answered ", answer->status));
}

// How the message stands after a try.
void Note(const absl::Status& sent, std::int64_t next_try_at_ms, std::int64_t now_ms,
          AlertMessage& message) {
  message.tries += 1;
  message.last_error.clear();
  message.next_try_at_ms = sent.ok() ? 0 : next_try_at_ms;
  if (sent.ok()) {
    message.delivery = AlertDelivery::kDelivered;
    message.delivered_at_ms = now_ms;
    return;
  }
  if (next_try_at_ms == 0) message.delivery = AlertDelivery::kGivenUp;
  AssignValidUtf8(message.last_error, View(sent.message()), kErrorBytesMax);
  LogWarning("an alert was not delivered", {{"alert_id", message.id},
                                            {"event", message.event},
                                            {"tries", message.tries},
                                            {"error", message.last_error}});
}

absl::Status StoreTry(Store& store, const AlertMessage& message, std::int64_t claimed_until_ms) {
  return store.Change([&](sql::Transaction& transaction, Changes&) {
    return alert_store::NoteTry(transaction, message, claimed_until_ms);
  });
}

absl::Status Prune(Store& store) {
  return store.Change(
      [](sql::Transaction& transaction, Changes&) { return alert_store::Prune(transaction); });
}

}  // namespace

absl::StatusOr<AlertTarget> ReadAlertTarget(Store& store, const Vault& vault) {
  auto settings = ReadValue(store, settings_store::Get);
  if (!settings.ok()) return settings.status();
  auto secret = OpenAlertSecret(vault, *settings);
  if (!secret.ok()) return secret.status();
  AlertTarget target;
  target.url = settings->alert_url;
  target.secret = *std::move(secret);
  target.site_name = settings->site_name.empty() ? "Weir" : settings->site_name;
  return target;
}

std::string SignAlert(const Secret& secret, std::int64_t unix_s, std::string_view body) {
  const std::string text = StrCat(unix_s, ".", body);
  const std::string& key = secret.Reveal();
  crypto_auth_hmacsha256_state state;
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
  const auto bytes = [](const std::string& from) {
    return reinterpret_cast<const unsigned char*>(from.data());
  };
  crypto_auth_hmacsha256_init(&state, bytes(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes(text), text.size());
  crypto_auth_hmacsha256_final(&state, mac.data());
  return HexOf({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

std::string AlertBody(const AlertMessage& message, std::string_view site_name) {
  const std::string at = FormatTime(message.created_at_ms);
  const std::pair<std::string_view, std::string_view> members[] = {
      {"event", message.event},     {"state", WordOf(message.state)},
      {"subject", message.subject}, {"text", message.text},
      {"site", site_name},          {"at", at}};
  std::string body = StrCat(R"({"id":)", message.id);
  for (const auto& [name, value] : members) {
    StrAppend(body, ",\"", name, "\":");
    AppendJsonString(body, value);
  }
  return body + "}";
}

std::int64_t NextTryMs(std::int64_t tries, std::int64_t now_ms) {
  if (tries >= kTriesMax) return 0;
  const std::int64_t doublings = std::clamp<std::int64_t>(tries - 1, 0, 12);
  return now_ms + std::min(kFirstDelayMs << doublings, kDelayMsMax);
}

absl::StatusOr<AlertTries> DeliverDue(Store& store, const SendWebCall& send,
                                      const AlertTarget& target,
                                      const std::function<bool()>& gone) {
  AlertTries tries;
  const std::int64_t began_ms = store.NowMs();
  auto is_due = ReadValue(store, [&](sql::Transaction& transaction) {
    return alert_store::IsDue(transaction, began_ms);
  });
  if (!is_due.ok()) return is_due.status();
  if (!*is_due) return tries;
  const std::int64_t until_ms = began_ms + kClaimMs;
  auto due = ChangeValue(store, [&](sql::Transaction& transaction, Changes&) {
    return alert_store::Claim(transaction, began_ms, until_ms, kAtOnce);
  });
  if (!due.ok()) return due.status();
  for (AlertMessage& message : *due) {
    if (gone()) break;  // the claim runs out
    const absl::Status sent = Send(send, target, message, store.NowMs());
    Note(sent, NextTryMs(message.tries + 1, store.NowMs()), store.NowMs(), message);
    (sent.ok() ? tries.delivered : tries.failed) += 1;
    if (absl::Status stored = StoreTry(store, message, until_ms); !stored.ok()) return stored;
  }
  if (absl::Status pruned = Prune(store); !pruned.ok()) return pruned;
  return tries;
}

absl::StatusOr<AlertMessage> SendTest(Store& store, const SendWebCall& send,
                                      const AlertTarget& target, std::string_view who) {
  AlertMessage message;
  message.event = kAlertTest;
  message.subject = "webhook";
  message.state = AlertState::kTest;
  message.text = StrCat("A test, asked for by ", PlainName(who), ".");
  message.next_try_at_ms = store.NowMs() + kClaimMs;  // nobody else's
  absl::Status queued = store.Change([&](sql::Transaction& transaction, Changes&) {
    return alert_store::Queue(transaction, store.NowMs(), message);
  });
  if (!queued.ok()) return queued;
  const std::int64_t claimed_until_ms = message.next_try_at_ms;
  Note(Send(send, target, message, store.NowMs()), 0, store.NowMs(), message);
  if (absl::Status stored = StoreTry(store, message, claimed_until_ms); !stored.ok()) return stored;
  return message;
}

}  // namespace weir::admin

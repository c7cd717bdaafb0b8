#include "services/relay/account_test_plan.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "libs/common/clock.h"
#include "libs/common/ids.h"
#include "libs/common/json_text.h"
#include "libs/common/text.h"
#include "libs/common/version.h"
#include "services/relay/accounts/account_dialect.h"
#include "services/relay/dialects/member_edits.h"
#include "services/relay/providers/account_members.h"
#include "services/relay/providers/target_rules.h"
#include "services/relay/providers/upstream_request.h"
#include "services/relay/snapshot/resource_reader.h"
#include "weir/v1/account_test.pb.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kTimeoutMsMax = 120'000;
constexpr std::int64_t kBytesPerToken = 4;  // as for requests
constexpr std::size_t kPaddingBytes = 64;   // what readers want behind the end

absl::StatusOr<Account> ReadTested(const v1::AccountTestRequest& request,
                                   const Timeouts& defaults) {
  v1::Account message;
  if (!message.ParseFromString(request.account())) {
    return absl::InvalidArgumentError("the account cannot be read by this relay");
  }
  absl::StatusOr<Account> account = ReadAccount(message);
  message.clear_credential();
  if (!account.ok()) return account.status();
  account->timeouts = FilledIn(account->configured_timeouts, defaults);
  // Neither on a kept connection nor by a kept TLS session: the test is of the whole way.
  account->url.pool_key.clear();
  return account;
}

absl::StatusOr<Dialect> DialectFor(const Account& account, std::string_view protocol) {
  if (protocol.empty()) return DialectOf(account);
  for (const DialectWords& words : kDialectWords) {
    if (words.name == protocol && SpeaksNatively(account, words.dialect)) return words.dialect;
  }
  return absl::InvalidArgumentError("the account does not speak this protocol");
}

// As a client of OpenAI Chat would ask; every dialect can be made of it.
std::string ClientBody(const v1::AccountTestRequest& request, std::string_view model) {
  std::string body = "{\"model\":";
  AppendJsonString(body, model);
  StrAppend(body, ",\"max_tokens\":", std::max<std::int64_t>(request.max_tokens(), 1),
            ",\"messages\":[{\"role\":\"user\",\"content\":");
  AppendJsonString(body, request.prompt());
  body += "}]";
  if (request.stream()) body += ",\"stream\":true,\"stream_options\":{\"include_usage\":true}";
  body += '}';
  body.reserve(body.size() + kPaddingBytes);
  return body;
}

std::string Edited(std::string_view body, const std::vector<BodyEdit>& edits) {
  std::string out;
  std::size_t at = 0;
  for (const BodyEdit& edit : edits) {
    if (edit.erased.begin > at) out += body.substr(at, edit.erased.begin - at);
    out += edit.text;
    at = edit.erased.begin + edit.erased.size;
  }
  return out += body.substr(at);
}

void WriteHead(AccountTestPlan& plan) {
  const std::string user_agent = StrCat("weir/", kVersion);
  auto client_head = std::make_unique<RequestHead>();
  client_head->storage[client_head->count++] = {"user-agent", user_agent};
  UpstreamRequest request;
  request.account = &plan.account;
  request.client_head = client_head.get();
  request.dialect = plan.dialect;
  request.path = plan.translation->upstream_path();
  request.request_id = plan.request_id;
  request.body_bytes = plan.body.size();
  request.model = plan.upstream_model;
  request.native = false;
  WriteUpstreamHead(request, plan.head);
}

}  // namespace

absl::StatusOr<AccountTestPlan> PlanAccountTest(const v1::AccountTestRequest& request,
                                                const Timeouts& defaults) {
  absl::StatusOr<Account> account = ReadTested(request, defaults);
  if (!account.ok()) return account.status();
  const absl::StatusOr<Dialect> dialect = DialectFor(*account, request.protocol());
  if (!dialect.ok()) return dialect.status();
  AccountTestPlan plan;
  plan.account = *std::move(account);
  plan.dialect = *dialect;
  plan.model = request.model();
  plan.upstream_model = std::string(plan.account.model_mapping.Map(request.model()));
  plan.request_id = UuidToText(NewUuid7Bytes(UnixMs()));
  plan.stream = request.stream();
  plan.timeout_ms = std::clamp<std::int64_t>(request.timeout_ms(), 1, kTimeoutMsMax);
  plan.translation = std::make_unique<Translation>(Dialect::kOpenAiChat, plan.dialect);
  plan.translation->context().id = plan.request_id;
  plan.translation->context().model = plan.upstream_model;
  BodyChanges changes;
  changes.upstream_model = plan.upstream_model;
  const Target target = TargetRulesFor(plan.account, plan.dialect, plan.upstream_model);
  const std::string asked = ClientBody(request, plan.upstream_model);
  absl::Status translated = plan.translation->TranslateRequest(asked, changes, plan.stream, target);
  if (!translated.ok()) return translated;
  std::vector<BodyEdit> edits;
  if (!plan.account.quirks.empty()) {
    PlanMemberEdits(plan.translation->request(), MemberChangesFor(plan.account, plan.dialect),
                    edits);
  }
  plan.body = Edited(plan.translation->request(), edits);
  plan.translation->ForgetRequest();
  plan.estimated_input_tokens = static_cast<std::int64_t>(plan.body.size()) / kBytesPerToken;
  WriteHead(plan);
  return plan;
}

}  // namespace weir::relay

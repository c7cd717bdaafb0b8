// /api/v1/admin/explain: which account would serve a request, and why each other one would not.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/api_key_hash.h"
#include "libs/common/money.h"
#include "libs/common/reason.h"
#include "libs/common/resource_rules.h"
#include "libs/common/secret.h"
#include "services/admin/json/record_json.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/api_key_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

constexpr std::int64_t kAnswerMs = 2'000;
constexpr std::size_t kTextBytesMax = 512;
constexpr std::int64_t kTokensMax = 100'000'000;

struct Question {
  std::optional<Secret> key;
  std::int64_t key_id = 0;
  std::string model;
  std::string protocol;
  std::string session;
  std::string relay_id;
  std::int64_t input_tokens = 0;
  std::int64_t max_tokens = 0;  // 0 = the request does not say
  bool thinking = false;
  bool tools = false;
  bool images = false;
  bool stream = false;
};

constexpr std::array<std::string_view, 4> kProtocols = {"anthropic_messages", "openai_chat",
                                                        "openai_responses", "gemini"};

void ReadFields(BodyReader& reader, Question& question) {
  reader.Require({"model", "protocol"});
  reader.HiddenLine("key", question.key);
  reader.Integer("key_id", question.key_id);
  reader.Text("model", question.model);
  reader.Text("protocol", question.protocol);
  reader.Text("session", question.session);
  reader.Text("relay_id", question.relay_id);
  reader.Cap("input_tokens", question.input_tokens);
  reader.Cap("max_tokens", question.max_tokens);
  reader.Flag("thinking", question.thinking);
  reader.Flag("tools", question.tools);
  reader.Flag("images", question.images);
  reader.Flag("stream", question.stream);
}

void DescribeBody(BodyReader& reader) {
  Question question;
  ReadFields(reader, question);
}

absl::StatusOr<Question> ReadQuestion(const json::object& body) {
  Question question;
  FieldErrors errors;
  BodyReader reader(body, errors);
  ReadFields(reader, question);
  reader.Finish();
  if (question.key.has_value() == (question.key_id != 0)) {
    errors.Add("key", "either key or key_id is needed");
  }
  if (!question.model.empty() && !CheckModelName(question.model).ok()) {
    errors.Add("model", "is no name of a model");
  }
  if (std::find(kProtocols.begin(), kProtocols.end(), question.protocol) == kProtocols.end()) {
    errors.Add("protocol",
               "must be one of anthropic_messages, openai_chat, openai_responses, "
               "gemini");
  }
  if (question.session.size() > kTextBytesMax) errors.Add("session", "is too long");
  if (question.relay_id.size() > kTextBytesMax) errors.Add("relay_id", "is too long");
  for (const auto& [field, tokens] : {std::pair("input_tokens", question.input_tokens),
                                      std::pair("max_tokens", question.max_tokens)}) {
    if (tokens < 0 || tokens > kTokensMax) errors.Add(field, "must be 0 to 100000000");
  }
  if (!errors.empty()) return errors.ToStatus();
  return question;
}

absl::StatusOr<ApiKey> FindKey(ResourceParts& parts, const Question& question) {
  return ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return question.key.has_value()
               ? api_key_store::FindByHash(transaction, ApiKeyHash(question.key->Reveal()),
                                           parts.store.NowMs())
               : api_key_store::Get(transaction, question.key_id);
  });
}

// USD as decimal text, everything else as it is.
json::value CapOf(const v1::ExplainedObstacle& obstacle) {
  if (Describing()) return MarkedValue({{"type", json::array{"string", "integer", "null"}}});
  if (obstacle.cap() <= 0) return nullptr;
  const bool money = obstacle.limit().starts_with("usd_");
  return money ? json::value(FormatUsd(obstacle.cap())) : json::value(obstacle.cap());
}

json::array ObstaclesOf(
    const google::protobuf::RepeatedPtrField<v1::ExplainedObstacle>& obstacles) {
  return ListJson(obstacles, [](const v1::ExplainedObstacle& obstacle) {
    return json::object{{"subject", obstacle.subject()},
                        {"subject_id", obstacle.subject_id()},
                        {"limit", TextOrNull(obstacle.limit())},
                        {"reason", obstacle.reason()},
                        {"cap", CapOf(obstacle)},
                        {"until", TimeJson(obstacle.until_unix_ms())}};
  });
}

json::object AccountOf(const v1::ExplainedAccount& account) {
  return {{"id", account.account_id()},
          {"name", account.name()},
          {"rank", IntegerOrNull(account.rank())},
          {"priority", account.priority()},
          {"weight", account.weight()},
          {"share", static_cast<double>(account.share_ppm()) / 1e6},
          {"upstream_model", account.upstream_model()},
          {"translated_to", TextOrNull(account.translated_to())},
          {"reason", TextOrNull(account.reason())},
          {"until", TimeJson(account.until_unix_ms())},
          {"obstacles", ObstaclesOf(account.obstacles())}};
}

json::object ModelOf(const v1::ExplainedModel& model) {
  return {{"model", model.model()},
          {"reason", TextOrNull(model.reason())},
          {"accounts", ListJson(model.accounts(), AccountOf)},
          {"left_out", model.left_out()}};
}

v1::ExplainRequest QuestionOf(const Question& question, std::int64_t key_id) {
  v1::ExplainRequest asked;
  asked.set_key_id(key_id);
  asked.set_model(question.model);
  asked.set_protocol(question.protocol);
  asked.set_session(question.session);
  asked.set_input_tokens(question.input_tokens);
  asked.set_max_tokens(question.max_tokens);
  asked.set_thinking(question.thinking);
  asked.set_tools(question.tools);
  asked.set_images(question.images);
  asked.set_stream(question.stream);
  return asked;
}

json::object ExplanationJson(const std::string& relay_id, std::int64_t key_id,
                             const std::string& model, const v1::Explanation& explanation) {
  return {{"relay_id", relay_id},
          {"revision", explanation.revision()},
          {"key_id", key_id},
          {"model", model},
          {"reason", TextOrNull(explanation.reason())},
          {"obstacles", ObstaclesOf(explanation.obstacles())},
          {"limits_counted_by", TextOrNull(explanation.limits_counted_by())},
          {"budgets_asked", !explanation.budgets_not_asked()},
          {"models", ListJson(explanation.models(), ModelOf)}};
}

absl::StatusOr<Response> Explain(ResourceParts& parts, const Request& request) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  auto question = ReadQuestion(*body);
  if (!question.ok()) return question.status();
  auto key = FindKey(parts, *question);
  if (!key.ok()) return key.status();

  auto answered = parts.explain.Ask(question->relay_id, QuestionOf(*question, key->id), kAnswerMs);
  if (!answered.ok()) return answered.status();

  return JsonResponse(
      200, ExplanationJson(answered->relay_id, key->id, question->model, answered->explanation));
}

}  // namespace

Routes ExplainRoutes(ResourceParts& parts) {
  return {
      {"POST",
       "/api/v1/admin/explain",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Explain(parts, request); },
       {.summary = "Ask a relay which account would serve a request, and why no other",
        .body = DescribeBody,
        .answers = {Answers([] { return ExplanationJson("", 0, "", v1::Explanation()); })},
        .refusals = {404}}},
  };
}

}  // namespace weir::admin

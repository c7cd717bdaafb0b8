#include "services/relay/model_list.h"

#include <map>
#include <vector>

#include "libs/common/json_text.h"
#include "services/relay/route/route_resolver.h"

namespace weir::relay {
namespace {

// Names that lead to a model by a route or by the group's mapping, where an account serves that.
void AddAliases(const RequestContext& context, std::map<std::string, std::string>& models) {
  const Snapshot& snapshot = *context.snapshot;
  const Group& group = *context.caller.group;
  std::vector<std::string> names = snapshot.RoutedNames(group.id);
  for (const auto& [pattern, upstream] : group.model_mapping.entries) {
    if (pattern.exact()) names.push_back(pattern.stem());
  }
  for (const std::string& name : names) {
    const RoutePlan plan = ResolveRoute(snapshot, group, {name}, [] { return false; });
    for (const Account* account : snapshot.AccountsOf(group.id)) {
      const bool serves =
          account->status != AccountStatus::kDisabled && account->Serves(plan.steps.front().model);
      if (serves && models.emplace(name, account->provider).second) break;
    }
  }
}

// Model name -> provider, sorted by name.
std::map<std::string, std::string> UsableModels(const RequestContext& context) {
  std::map<std::string, std::string> models;
  const Snapshot& snapshot = *context.snapshot;
  for (const Account* account : snapshot.AccountsOf(context.caller.key->group_id)) {
    if (account->status == AccountStatus::kDisabled) continue;
    for (const ModelPattern& pattern : account->models) {
      if (pattern.exact()) models.emplace(pattern.stem(), account->provider);
    }
    for (const std::string& model : snapshot.PricedModels(account->provider)) {
      if (account->Serves(model)) models.emplace(model, account->provider);
    }
  }
  AddAliases(context, models);
  std::erase_if(models, [&context](const auto& entry) {
    return !MayUseModel(*context.caller.key, entry.first);
  });
  return models;
}

std::string AnthropicList(const std::map<std::string, std::string>& models) {
  std::string body = R"({"data":[)";
  for (const auto& [model, provider] : models) {
    if (body.back() == '}') body += ',';
    body += R"({"type":"model","id":)";
    AppendJsonString(body, model);
    body += R"(,"display_name":)";
    AppendJsonString(body, model);
    body += R"(,"created_at":"1970-01-01T00:00:00Z","lifecycle":"active"})";
  }
  body += R"(],"has_more":false,"first_id":)";
  const auto id_or_null = [&body, &models](bool first) {
    if (models.empty()) {
      body += "null";
    } else {
      AppendJsonString(body, first ? models.begin()->first : models.rbegin()->first);
    }
  };
  id_or_null(true);
  body += R"(,"last_id":)";
  id_or_null(false);
  body += "}";
  return body;
}

std::string OpenAiList(const std::map<std::string, std::string>& models) {
  std::string body = R"({"object":"list","data":[)";
  for (const auto& [model, provider] : models) {
    if (body.back() == '}') body += ',';
    body += R"({"id":)";
    AppendJsonString(body, model);
    body += R"(,"object":"model","created":0,"owned_by":)";
    AppendJsonString(body, provider);
    body += "}";
  }
  return body + "]}";
}

std::string GeminiList(const std::map<std::string, std::string>& models) {
  std::string body = R"({"models":[)";
  for (const auto& [model, provider] : models) {
    if (body.back() == '}') body += ',';
    body += R"({"name":)";
    AppendJsonString(body, "models/" + model);
    body += R"(,"version":"","displayName":)";
    AppendJsonString(body, model);
    body += R"(,"supportedGenerationMethods":["generateContent","countTokens"]})";
  }
  return body + "]}";
}

std::string PlainList(const std::map<std::string, std::string>& models) {
  std::string body = "[";
  for (const auto& [model, provider] : models) {
    if (body.back() == '}') body += ',';
    body += R"({"name":)";
    AppendJsonString(body, model);
    body += R"(,"provider":)";
    AppendJsonString(body, provider);
    body += "}";
  }
  return body + "]";
}

}  // namespace

std::string ModelList(const RequestContext& context, const RequestHead& head) {
  const std::map<std::string, std::string> models = UsableModels(context);
  if (head.path().starts_with("/api/")) return PlainList(models);
  switch (context.dialect) {
    case Dialect::kAnthropicMessages:
      return AnthropicList(models);
    case Dialect::kGemini:
      return GeminiList(models);
    case Dialect::kOpenAiChat:
    case Dialect::kOpenAiResponses:
      break;
  }
  return OpenAiList(models);
}

}  // namespace weir::relay

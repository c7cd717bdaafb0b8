#include "services/admin/contract/openapi.h"

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "libs/common/text.h"
#include "services/admin/json/body_reader.h"
#include "services/admin/json/describe.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

struct Refusal {
  int status;
  std::string_view about;
};

constexpr std::array<Refusal, 8> kRefusals = {{
    {400, "A parameter or a field is wrong, or not known; `fields` says which"},
    {401, "Not logged in, or the key shown does not work"},
    {403, "Not allowed"},
    {404, "There is nothing of this name, or not for the caller"},
    {409, "Conflicts with what is stored, or If-Match names another version"},
    {413, "The body is too large"},
    {429, "Too many requests; see Retry-After"},
    {503, "A service behind is away"},
}};

// What a path parameter may be; a number where it is not listed.
struct PathForm {
  std::string_view name;
  std::string_view schema;
};

constexpr std::string_view kIdForm =
    R"({"type":"integer","minimum":1,"maximum":9223372036854775807})";
constexpr std::array<PathForm, 3> kPathForms = {{
    {"request_id", R"({"type":"string","format":"uuid"})"},
    {"session_id", R"({"type":"string","pattern":"^[0-9a-f]{32}$"})"},
    {"name", R"({"type":"string","pattern":"^[a-z_]+$"})"},
}};

constexpr std::string_view kIfMatch = R"json({
  "name": "If-Match", "in": "header", "description": "The version that the change is meant for",
  "schema": {"type": "string", "pattern": "^(|\\*|(W/)?(\"[0-9]+\"|[0-9]+))$"}})json";

constexpr std::string_view kErrorSchema = R"json({
  "type": "object",
  "required": ["error", "code", "reason", "request_id", "fields"],
  "properties": {
    "error": {"type": "string", "description": "What is wrong, in words"},
    "code": {"type": "integer", "description": "The HTTP status and two digits"},
    "reason": {"type": "string", "description": "A stable word"},
    "request_id": {"type": "string", "format": "uuid"},
    "fields": {"type": "object", "additionalProperties": {"type": "string"}}}})json";

constexpr std::string_view kSecuritySchemes = R"json({
  "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
  "cookie": {"type": "apiKey", "in": "cookie", "name": "weir_session"},
  "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
  "key": {"type": "http", "scheme": "bearer"},
  "key_header": {"type": "apiKey", "in": "header", "name": "x-api-key"}})json";

constexpr std::string_view kAbout =
    "Weir's control plane. Times are RFC 3339 in UTC, ids positive integers, money is nano-USD as "
    "an integer (*_nano_usd) beside decimal USD as text (*_usd). Lists take page, limit, sort and "
    "filters by the names of fields. If-Match with a record's version guards a change; "
    "If-None-Match with a list's ETag saves an answer that is the same. X-Weir-Revision in the "
    "answer to a change is the revision that relays acknowledge in /api/v1/status.";

json::object Parsed(std::string_view text) {
  return json::parse({text.data(), text.size()}).as_object();
}

json::value Text(std::string_view text) { return json::string_view(text.data(), text.size()); }

bool HasJson(const Route& route) {
  const auto& answers = route.doc.answers;
  return std::any_of(answers.begin(), answers.end(), [](const Answer& answer) {
    return answer.status == 200 && answer.shape != nullptr;
  });
}

bool IsRead(const Route& route) { return route.method == "GET"; }
bool HasBody(const Route& route) {
  return route.doc.body != nullptr || !route.doc.file_types.empty();
}

// What a route may refuse: most of it follows from its row.
std::set<int> RefusalsOf(const Route& route) {
  std::set<int> refusals = {400, 429, 503};
  refusals.insert(route.doc.refusals.begin(), route.doc.refusals.end());
  if (route.access != Access::kPublic) refusals.insert(401);
  const bool logged_in = route.access == Access::kUser || route.access == Access::kAdmin;
  if (logged_in) refusals.insert(403);
  if (logged_in && !IsRead(route)) refusals.insert(409);
  if (route.path.find('{') != std::string_view::npos) refusals.insert(404);
  if (HasBody(route)) refusals.insert(413);
  return refusals;
}

json::array SecurityOf(const Route& route) {
  const json::array none;
  switch (route.access) {
    case Access::kNobody:
    case Access::kPublic:
      return {};
    case Access::kKey:
      return {json::object{{"key", none}}, json::object{{"key_header", none}}};
    case Access::kUser:
    case Access::kAdmin:
      break;
  }
  json::object by_cookie = {{"cookie", none}};
  if (!IsRead(route)) by_cookie["csrf"] = none;
  return {json::object{{"token", none}}, std::move(by_cookie)};
}

json::object SchemaOf(const QueryParameter& parameter) {
  json::object schema = {{"type", "string"}};
  if (parameter.kind == QueryParameter::Kind::kInteger) {
    schema = {{"type", "integer"}, {"minimum", parameter.min}, {"maximum", parameter.max}};
  }
  json::array words;
  for (const std::string_view word : parameter.words) {
    words.push_back(Text(word));
    const bool turns = parameter.kind == QueryParameter::Kind::kOrder && !word.starts_with('-');
    if (turns) words.push_back(Text(StrCat("-", word)));
  }
  if (!words.empty()) schema["enum"] = std::move(words);
  if (!parameter.repeated) return schema;
  return {{"type", "array"}, {"items", std::move(schema)}};
}

json::object ParameterJson(const QueryParameter& parameter) {
  json::object object = {{"name", Text(parameter.name)}, {"in", "query"}};
  if (!parameter.about.empty()) object["description"] = Text(parameter.about);
  if (parameter.required) object["required"] = true;
  object["schema"] = SchemaOf(parameter);
  return object;
}

json::array PathParameters(std::string_view path) {
  json::array parameters;
  for (std::string_view part : Split(path, '/')) {
    if (!part.starts_with('{')) continue;
    const std::string_view name = part.substr(1, part.size() - 2);
    std::string_view form = kIdForm;
    for (const PathForm& known : kPathForms) {
      if (known.name == name) form = known.schema;
    }
    parameters.push_back(json::object{
        {"name", Text(name)}, {"in", "path"}, {"required", true}, {"schema", Parsed(form)}});
  }
  return parameters;
}

json::array ParametersOf(const Route& route) {
  json::array parameters = PathParameters(route.path);
  for (const QueryParameter& parameter : route.doc.query) {
    parameters.push_back(ParameterJson(parameter));
  }
  if (route.doc.guarded) parameters.push_back(Parsed(kIfMatch));
  return parameters;
}

json::object FileBody(const Route& route) {
  json::object content;
  for (const std::string_view type : route.doc.file_types) {
    content[type] = json::object{{"schema", json::object()}};
  }
  return {{"required", true}, {"content", std::move(content)}};
}

json::object RequestBodyOf(const Route& route) {
  if (!route.doc.file_types.empty()) return FileBody(route);
  BodySchema noted;
  BodyReader reader(noted);
  route.doc.body(reader);
  json::object schema = noted.ToJson();
  const bool required = schema.contains("required");
  return {{"required", required},
          {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

// "get_api_v1_users_id"
std::string OperationId(const Route& route) {
  std::string id = ToLower(route.method);
  for (const char c : route.path) {
    if (c == '/' || c == '-' || c == '.') {
      id += '_';
    } else if (c != '{' && c != '}') {
      id += c;
    }
  }
  return id;
}

class DocumentMaker {
 public:
  explicit DocumentMaker(std::string_view version) : version_(version) {
    schemas_["Error"] = Parsed(kErrorSchema);
  }

  void Add(const Route& route) {
    json::object operation = {{"operationId", OperationId(route)},
                              {"tags", json::array{Text(route.tag)}},
                              {"summary", Text(route.doc.summary)},
                              {"x-weir-access", Text(AccessWord(route.access))},
                              {"security", SecurityOf(route)}};
    if (!route.doc.about.empty()) operation["description"] = Text(route.doc.about);
    json::array parameters = ParametersOf(route);
    if (!parameters.empty()) operation["parameters"] = std::move(parameters);
    if (HasBody(route)) operation["requestBody"] = RequestBodyOf(route);
    operation["responses"] = ResponsesOf(route);
    json::value& path = paths_[route.path];
    if (path.is_null()) path = json::object();
    path.as_object()[ToLower(route.method)] = std::move(operation);
  }

  json::object Finish() && {
    json::object responses;
    for (const Refusal& refusal : kRefusals) {
      responses[StrCat(refusal.status)] = {
          {"description", Text(refusal.about)},
          {"content",
           {{"application/json", {{"schema", {{"$ref", "#/components/schemas/Error"}}}}}}}};
    }
    return {{"openapi", "3.1.0"},
            {"info",
             {{"title", "Weir admin"}, {"version", Text(version_)}, {"description", Text(kAbout)}}},
            {"servers", json::array{json::object{{"url", "/"}}}},
            {"paths", std::move(paths_)},
            {"components",
             {{"schemas", std::move(schemas_)},
              {"responses", std::move(responses)},
              {"securitySchemes", Parsed(kSecuritySchemes)}}}};
  }

 private:
  json::object ResponsesOf(const Route& route) {
    json::object responses;
    for (const Answer& answer : route.doc.answers) {
      json::value& response = responses[StrCat(answer.status)];
      if (response.is_null()) {
        response =
            json::object{{"description", answer.about.empty() ? "As asked" : Text(answer.about)}};
      }
      if (answer.status != 204 && answer.status != 304) AddContent(answer, response.as_object());
    }
    if (IsRead(route) && HasJson(route)) {
      responses["304"] = {{"description", "As If-None-Match has it"}};
    }
    for (const int status : RefusalsOf(route)) {
      const std::string text = StrCat(status);
      if (responses.contains(text)) continue;
      responses[text] = json::object{{"$ref", StrCat("#/components/responses/", status)}};
    }
    return responses;
  }

  void AddContent(const Answer& answer, json::object& response) {
    json::object schema = {{"type", "string"}};
    if (answer.shape != nullptr) {
      const DescribeScope describing;
      schema = weir::admin::SchemaOf(answer.shape());
      schema = Shared(std::move(schema)).as_object();
    }
    json::value& content = response["content"];
    if (content.is_null()) content = json::object();
    content.as_object()[answer.content_type] = json::object{{"schema", std::move(schema)}};
  }

  // With each part that has a name moved to where all can refer to it. A second one of the same
  // name that is not the same stays where it is.
  json::value Shared(json::value value) {
    if (value.is_array()) {
      for (json::value& item : value.get_array()) item = Shared(std::move(item));
    }
    if (!value.is_object()) return value;
    json::object& object = value.get_object();
    for (auto& member : object) member.value() = Shared(std::move(member.value()));
    const json::value* title = object.if_contains("title");
    if (title == nullptr || !title->is_string()) return value;
    const std::string name(title->get_string());
    const json::value* known = schemas_.if_contains(name);
    if (known != nullptr && *known != value) return value;
    schemas_[name] = std::move(value);
    return json::object{{"$ref", StrCat("#/components/schemas/", name)}};
  }

  const std::string_view version_;
  json::object paths_;
  json::object schemas_;
};

}  // namespace

std::string_view AccessWord(Access access) {
  constexpr std::array<std::string_view, 5> kWords = {"nobody", "public", "key", "user", "admin"};
  return kWords.at(static_cast<std::size_t>(access));
}

json::object OpenApiDocument(const std::vector<Route>& routes, std::string_view version) {
  DocumentMaker maker(version);
  for (const Route& route : routes) maker.Add(route);
  return std::move(maker).Finish();
}

}  // namespace weir::admin

#include "services/admin/json/describe.h"

#include <string>

namespace weir::admin {
namespace {

namespace json = boost::json;

// Members that no answer has: their names begin with a control character.
constexpr std::string_view kSchema = "\x01schema";
constexpr std::string_view kOptional = "\x01optional";

thread_local bool describing = false;

json::string_view View(std::string_view text) { return {text.data(), text.size()}; }

const json::value* Marked(const json::value& value, std::string_view mark) {
  return value.is_object() ? value.get_object().if_contains(View(mark)) : nullptr;
}

json::object ObjectSchema(const json::object& described) {
  json::object properties;
  json::array required;
  for (const auto& member : described) {
    const json::value* optional = Marked(member.value(), kOptional);
    properties[member.key()] = SchemaOf(optional != nullptr ? *optional : member.value());
    if (optional == nullptr) required.emplace_back(member.key());
  }
  json::object schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

json::object ListSchema(const json::array& described) {
  json::object schema = {{"type", "array"}};
  if (!described.empty()) schema["items"] = SchemaOf(described.front());
  return schema;
}

}  // namespace

bool Describing() { return describing; }

DescribeScope::DescribeScope() : before_(std::exchange(describing, true)) {}
DescribeScope::~DescribeScope() { describing = before_; }

json::value MarkedValue(json::object schema) {
  return json::object{{View(kSchema), std::move(schema)}};
}

json::object SchemaOf(const json::value& described) {
  if (const json::value* schema = Marked(described, kSchema)) return schema->get_object();
  switch (described.kind()) {
    case json::kind::object:
      return ObjectSchema(described.get_object());
    case json::kind::array:
      return ListSchema(described.get_array());
    case json::kind::string:
      return {{"type", "string"}};
    case json::kind::bool_:
      return {{"type", "boolean"}};
    case json::kind::int64:
    case json::kind::uint64:
      return {{"type", "integer"}};
    case json::kind::double_:
      return {{"type", "number"}};
    case json::kind::null:
      break;
  }
  return {{"type", "null"}};
}

json::value Named(std::string_view name, json::value value) {
  if (!describing) return value;
  json::object schema = SchemaOf(value);
  schema["title"] = View(name);
  return MarkedValue(std::move(schema));
}

json::value MaybeAbsent(json::value value) {
  if (!describing) return value;
  return json::object{{View(kOptional), std::move(value)}};
}

json::value MaybeNull(json::value value) {
  if (!describing) return value;
  json::object schema = SchemaOf(value);
  const json::value* type = schema.if_contains("type");
  const bool plain =
      type != nullptr && type->is_string() && !schema.contains("enum") && !schema.contains("title");
  if (plain) {
    schema["type"] = json::array{*type, "null"};
    return MarkedValue(std::move(schema));
  }
  return MarkedValue({{"anyOf", json::array{std::move(schema), json::object{{"type", "null"}}}}});
}

json::value OneWord(std::initializer_list<std::string_view> words, std::string_view word) {
  if (!describing) return json::value(View(word));
  json::array choices;
  for (const std::string_view choice : words) choices.emplace_back(View(choice));
  return MarkedValue({{"type", "string"}, {"enum", std::move(choices)}});
}

json::value Anything(json::value value) { return describing ? MarkedValue({}) : std::move(value); }

json::value ByName(json::object object, const std::function<json::value()>& example) {
  if (!describing) return object;
  return MarkedValue({{"type", "object"}, {"additionalProperties", SchemaOf(example())}});
}

json::value TextOrNull(std::string_view text) {
  if (describing) return MarkedValue({{"type", json::array{"string", "null"}}});
  return text.empty() ? json::value() : json::value(View(text));
}

json::value IntegerOrNull(std::int64_t number) {
  if (describing) return MarkedValue({{"type", json::array{"integer", "null"}}});
  return number == 0 ? json::value() : json::value(number);
}

}  // namespace weir::admin

#include "services/admin/json/body_schema.h"

#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace weir::admin {

namespace json = boost::json;

void BodySchema::Add(std::string_view name, json::object schema) {
  fields_[std::string(name)].schema = std::move(schema);
}

BodySchema& BodySchema::Inner(std::string_view name, bool is_list) {
  Field& field = fields_[std::string(name)];
  if (field.inner == nullptr) field.inner = std::make_unique<BodySchema>();
  field.is_list = is_list;
  return *field.inner;
}

BodySchema& BodySchema::Object(std::string_view name) { return Inner(name, false); }
BodySchema& BodySchema::Objects(std::string_view name) { return Inner(name, true); }

json::object BodySchema::ToJson() const {
  json::object properties;
  for (const auto& [name, field] : fields_) {
    if (field.inner == nullptr) {
      properties[name] = field.schema;
      continue;
    }
    json::object inner = field.inner->ToJson();
    if (field.is_list) {
      properties[name] = json::object{{"type", json::array{"array", "null"}}, {"items", inner}};
    } else {
      inner["type"] = json::array{"object", "null"};
      properties[name] = std::move(inner);
    }
  }
  json::object schema = {
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  json::array required;
  for (const std::string& name : required_) required.emplace_back(name);
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

}  // namespace weir::admin

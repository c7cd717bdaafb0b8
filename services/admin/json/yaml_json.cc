#include "services/admin/json/yaml_json.h"

#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <yaml-cpp/yaml.h>

#include "libs/common/text.h"
#include "libs/common/utf8.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

using Variable = std::function<std::optional<std::string>(const std::string&)>;

constexpr int kDepthMax = 16;

absl::Status Error(const std::string& path, std::string_view what) {
  return absl::InvalidArgumentError(StrCat(path.empty() ? "the file" : path, ": ", what));
}

absl::StatusOr<std::string> Expand(std::string_view text, const std::string& path,
                                   const Variable& variable) {
  std::string out;
  while (!text.empty()) {
    const auto start = text.find("${");
    if (start == std::string_view::npos) return out.append(text);
    if (start > 0 && text[start - 1] == '$') {
      out.append(text.substr(0, start - 1)).append("${");
      text.remove_prefix(start + 2);
      continue;
    }
    const auto end = text.find('}', start);
    if (end == std::string_view::npos) return Error(path, "${ without }");
    const std::string name(text.substr(start + 2, end - start - 2));
    const std::optional<std::string> value = variable(name);
    if (!value.has_value()) return Error(path, StrCat("the variable ", name, " is not set"));
    if (!IsValidUtf8(*value)) return Error(path, StrCat("the variable ", name, " is not UTF-8"));
    out.append(text.substr(0, start)).append(*value);
    text.remove_prefix(end + 1);
  }
  return out;
}

absl::StatusOr<json::value> Convert(const YAML::Node& node, const std::string& path, int depth,
                                    const Variable& variable) {
  if (depth > kDepthMax) return Error(path, "is nested too deeply");
  if (node.IsNull() || !node.IsDefined()) return json::value();
  if (node.IsScalar()) {
    auto text = Expand(node.Scalar(), path, variable);
    if (!text.ok()) return text.status();
    return json::value(*text);
  }
  if (node.IsSequence()) {
    json::array array;
    for (std::size_t i = 0; i < node.size(); ++i) {
      auto entry = Convert(node[i], StrCat(path, "[", i, "]"), depth + 1, variable);
      if (!entry.ok()) return entry.status();
      array.push_back(*std::move(entry));
    }
    return array;
  }
  json::object object;
  for (const auto& pair : node) {
    if (!pair.first.IsScalar()) return Error(path, "has a key that is no text");
    const std::string& name = pair.first.Scalar();
    const std::string inner = path.empty() ? name : StrCat(path, ".", name);
    if (object.contains(name)) return Error(inner, "is there twice");
    auto value = Convert(pair.second, inner, depth + 1, variable);
    if (!value.ok()) return value.status();
    object[name] = *std::move(value);
  }
  return object;
}

}  // namespace

absl::StatusOr<json::value> JsonOfYaml(std::string_view text, const Variable& variable) {
  int number = 0;
  for (const std::string_view line : Split(text, '\n')) {
    ++number;
    if (!IsValidUtf8(line))
      return absl::InvalidArgumentError(StrCat("line ", number, ": is not UTF-8"));
  }
  try {
    return Convert(YAML::Load(std::string(text)), "", 0, variable);
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(StrCat("line ", error.mark.line + 1, ": ", error.msg));
  }
}

}  // namespace weir::admin

#include "services/admin/contract/openapi_page.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/text.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::string_view kHead = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Weir: REST API</title>
<style>
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code, .method { font-family: ui-monospace, monospace; font-size: 0.9em }
details { border-top: 1px solid #8884; padding: 0.3rem 0 }
summary { cursor: pointer }
.method { display: inline-block; width: 4.2rem; font-weight: 600 }
.access { float: right; opacity: 0.7 }
table { border-collapse: collapse; margin: 0.4rem 0 0.8rem 1rem; width: calc(100% - 1rem) }
th, td { text-align: left; vertical-align: top; padding: 0.15rem 0.8rem 0.15rem 0 }
th { font-weight: 600; opacity: 0.7 }
</style>
)html";

std::string_view TextOf(const json::value& value) {
  return value.is_string() ? std::string_view(value.get_string().data(), value.get_string().size())
                           : std::string_view();
}

std::string_view TextOf(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(json::string_view(name.data(), name.size()));
  return found == nullptr ? std::string_view() : TextOf(*found);
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string Joined(const json::array& values, std::string_view separator) {
  std::string out;
  for (const json::value& value : values) {
    StrAppend(out, out.empty() ? "" : separator, TextOf(value));
  }
  return out;
}

class Page {
 public:
  explicit Page(const json::object& document)
      : document_(document), schemas_(document.at("components").at("schemas").as_object()) {}

  std::string Write() {
    const json::object& info = document_.at("info").as_object();
    StrAppend(html_, kHead, "<h1>", Escaped(TextOf(info, "title")), " ",
              Escaped(TextOf(info, "version")), "</h1>\n<p>", Escaped(TextOf(info, "description")),
              "</p>\n<p>For programs: <a href=\"/api/openapi.json\">OpenAPI 3.1</a>.</p>\n");
    for (const std::string& tag : Tags()) WriteTag(tag);
    html_ += "<h2 id=\"records\">Records</h2>\n";
    for (const auto& schema : schemas_) WriteRecord(schema.key(), schema.value().as_object());
    html_ += "</html>\n";
    return std::move(html_);
  }

 private:
  // In the order in which they first come.
  std::vector<std::string> Tags() const {
    std::vector<std::string> tags;
    for (const auto& path : document_.at("paths").as_object()) {
      for (const auto& operation : path.value().as_object()) {
        const std::string tag(TextOf(operation.value().at("tags").at(0)));
        if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
      }
    }
    return tags;
  }

  void WriteTag(const std::string& tag) {
    StrAppend(html_, "<h2>", Escaped(tag), "</h2>\n");
    for (const auto& path : document_.at("paths").as_object()) {
      for (const auto& operation : path.value().as_object()) {
        const json::object& object = operation.value().as_object();
        if (TextOf(object.at("tags").at(0)) != tag) continue;
        WriteOperation(path.key(), operation.key(), object);
      }
    }
  }

  void WriteOperation(std::string_view path, std::string_view method,
                      const json::object& operation) {
    StrAppend(html_, "<details id=\"", Escaped(TextOf(operation, "operationId")),
              "\"><summary><span class=\"method\">", ToUpper(method), "</span><code>",
              Escaped(path), "</code> ", Escaped(TextOf(operation, "summary")),
              " <span class=\"access\">", Escaped(TextOf(operation, "x-weir-access")),
              "</span></summary>\n");
    const std::string_view about = TextOf(operation, "description");
    if (!about.empty()) StrAppend(html_, "<p>", Escaped(about), "</p>\n");
    WriteParameters(operation);
    if (const json::value* body = operation.if_contains("requestBody")) {
      for (const auto& content : body->at("content").as_object()) {
        StrAppend(html_, "<h4>Body: ", Escaped(content.key()), "</h4>\n");
        WriteFields(content.value().at("schema").as_object());
      }
    }
    WriteResponses(operation.at("responses").as_object());
    html_ += "</details>\n";
  }

  void WriteParameters(const json::object& operation) {
    const json::value* parameters = operation.if_contains("parameters");
    if (parameters == nullptr) return;
    html_ += "<h4>Parameters</h4>\n<table>\n";
    for (const json::value& value : parameters->as_array()) {
      const json::object& parameter = value.as_object();
      WriteRow(TextOf(parameter, "name"), TypeOf(parameter.at("schema").as_object()),
               StrCat(TextOf(parameter, "in"), ". ", TextOf(parameter, "description")));
    }
    html_ += "</table>\n";
  }

  void WriteResponses(const json::object& responses) {
    html_ += "<h4>Answers</h4>\n<table>\n";
    std::string refusals;
    for (const auto& response : responses) {
      const json::object& object = response.value().as_object();
      const json::value* content = object.if_contains("content");
      if (object.contains("$ref")) {
        StrAppend(refusals, refusals.empty() ? "" : ", ", std::string_view(response.key()));
      } else if (content == nullptr) {
        WriteRow(response.key(), "nothing", "");
      } else {
        for (const auto& type : content->as_object()) {
          WriteRow(response.key(), TypeOf(type.value().at("schema").as_object()), type.key());
        }
      }
    }
    WriteRow(refusals, Link("Error"), "");
    html_ += "</table>\n";
  }

  void WriteRecord(std::string_view name, const json::object& schema) {
    StrAppend(html_, "<h3 id=\"", Escaped(name), "\">", Escaped(name), "</h3>\n");
    WriteFields(schema);
  }

  void WriteFields(const json::object& schema) {
    const json::value* properties = schema.if_contains("properties");
    if (properties == nullptr) return;
    const json::value* required = schema.if_contains("required");
    html_ += "<table>\n";
    for (const auto& field : properties->as_object()) {
      const json::object& object = field.value().as_object();
      bool needed = false;
      if (required != nullptr) {
        for (const json::value& name : required->as_array()) {
          needed = needed || name.get_string() == field.key();
        }
      }
      WriteRow(field.key(), TypeOf(object),
               StrCat(needed ? "" : "may be absent. ", TextOf(object, "description")));
    }
    html_ += "</table>\n";
  }

  // `type` is HTML already.
  void WriteRow(std::string_view name, std::string_view type, std::string_view about) {
    StrAppend(html_, "<tr><td><code>", Escaped(name), "</code><td>", type, "<td>", Escaped(about),
              "\n");
  }

  static std::string Link(std::string_view name) {
    return StrCat("<a href=\"#", Escaped(name), "\">", Escaped(name), "</a>");
  }

  // "integer or null", "one of a, b", "list of Group", as HTML.
  std::string TypeOf(const json::object& schema) const {
    if (const std::string_view ref = TextOf(schema, "$ref"); !ref.empty()) {
      return Link(ref.substr(ref.rfind('/') + 1));
    }
    if (const json::value* either = schema.if_contains("anyOf")) {
      return StrCat(TypeOf(either->at(0).as_object()), " or null");
    }
    if (const json::value* words = schema.if_contains("enum")) {
      return StrCat("one of ", Escaped(Joined(words->as_array(), ", ")));
    }
    const json::value* type = schema.if_contains("type");
    if (type == nullptr) return "anything";
    std::string name =
        Escaped(type->is_array() ? Joined(type->get_array(), " or ") : std::string(TextOf(*type)));
    if (const json::value* items = schema.if_contains("items")) {
      StrAppend(name, " of ", TypeOf(items->as_object()));
    }
    return StrCat(name, Inside(schema));
  }

  // The fields of an object inside, by their names.
  static std::string Inside(const json::object& schema) {
    const json::value* properties = schema.if_contains("properties");
    if (properties == nullptr) return "";
    std::string names;
    for (const auto& field : properties->as_object()) {
      StrAppend(names, names.empty() ? "" : ", ", std::string_view(field.key()));
    }
    return StrCat(" {", Escaped(names), "}");
  }

  const json::object& document_;
  const json::object& schemas_;
  std::string html_;
};

}  // namespace

std::string OpenApiPage(const json::object& document) { return Page(document).Write(); }

}  // namespace weir::admin

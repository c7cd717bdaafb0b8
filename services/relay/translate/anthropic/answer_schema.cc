#include "services/relay/translate/anthropic/answer_schema.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "services/relay/translate/neutral/json_out.h"
#include "services/relay/translate/neutral/json_read.h"
#include "services/relay/translate/neutral/tool_arguments.h"

namespace weir::relay::anthropic {
namespace {

using Value = ondemand::value;

// Deeper ones stay as they are: nobody writes such a schema by hand.
constexpr int kLevelsMax = 64;

enum class Holds : std::uint8_t {
  kValue,
  kSchema,
  kSchemas,    // a list
  kNamed,      // an object of them
  kReference,  // "#/definitions/…" or "#/$defs/…"
  kNothing,    // it is left out
};

struct Keyword {
  std::string_view name;
  Holds holds = Holds::kValue;
  std::string_view written = {};  // empty = as it is
};

// All others are told in the description.
constexpr Keyword kKeywords[] = {
    {"type"},
    {"enum"},
    {"const"},
    {"title"},
    {"required"},
    {"$ref", Holds::kReference},
    {"items", Holds::kSchema},
    {"anyOf", Holds::kSchemas},
    {"oneOf", Holds::kSchemas, "anyOf"},
    {"allOf", Holds::kSchemas},
    {"properties", Holds::kNamed},
    {"$defs", Holds::kNamed},
    {"definitions", Holds::kNamed, "$defs"},
    {"additionalProperties", Holds::kNothing},
    {"$schema", Holds::kNothing},
};

constexpr std::array<std::string_view, 10> kFormats = {
    "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"};

class SchemaWriter {
 public:
  explicit SchemaWriter(std::string& out) : json_(out) {}

  bool Write(std::string_view schema) {
    JsonDocument document;
    Value root;
    const std::size_t begin = json_.out().size();
    if (document.OpenCopy(schema, root)) {
      WriteSchema(root, 0);
      if (in_.ok()) return true;
    }
    json_.out().resize(begin);
    return false;
  }

 private:
  // What is known of one schema when its members have been read.
  struct Schema {
    std::vector<std::string_view> written = {};
    std::string_view description = {};
    std::string untold = {};  // keywords that have no place, escaped
    bool is_object = false;
  };

  void WriteSchema(Value value, int level) {
    if (!JsonReader::IsObject(value) || level == kLevelsMax) return WriteValue(value);
    json_.Begin('{');
    Schema schema;
    in_.Members(value, [&](std::string_view name, Value member) {
      const auto* row = std::find_if(std::begin(kKeywords), std::end(kKeywords),
                                     [name](const Keyword& known) { return known.name == name; });
      if (row != std::end(kKeywords)) return WriteMember(*row, member, level, schema);
      if (name == "description" && JsonReader::IsText(member)) {
        schema.description = in_.Text(member);
      } else {
        WriteBound(name, in_.Raw(member), schema);
      }
    });
    if (schema.is_object) json_.Bool("additionalProperties", false);
    WriteDescription(schema);
    json_.End('}');
  }

  void WriteMember(const Keyword& row, Value member, int level, Schema& schema) {
    const std::string_view name = row.written.empty() ? row.name : row.written;
    if (row.holds == Holds::kNothing) return;
    // Of two that become one member, the first stays.
    if (std::find(schema.written.begin(), schema.written.end(), name) != schema.written.end()) {
      return;
    }
    schema.written.push_back(name);
    schema.is_object = schema.is_object || name == "properties";
    switch (row.holds) {
      case Holds::kSchema:
        json_.Key(name);
        return WriteSchema(member, level + 1);
      case Holds::kSchemas:
        json_.Begin(name, '[');
        in_.Items(member, [&](Value item) { WriteSchema(item, level + 1); });
        return json_.End(']');
      case Holds::kNamed:
        json_.Begin(name, '{');
        in_.Members(member, [&](std::string_view inner, Value one) {
          json_.Comma();
          AppendJsonString(json_.out(), inner);
          json_.out() += ':';
          WriteSchema(one, level + 1);
        });
        return json_.End('}');
      case Holds::kReference:
        return WriteReference(name, in_.Text(member));
      case Holds::kValue:
      case Holds::kNothing:
        break;
    }
    const std::string_view raw = in_.Raw(member);
    if (name == "type") schema.is_object = schema.is_object || raw.find("\"object\"") < raw.size();
    json_.Raw(name, raw);
  }

  // What is enforced within limits.
  void WriteBound(std::string_view name, std::string_view raw, Schema& schema) {
    const auto is_format = [raw](std::string_view known) {
      return raw.size() == known.size() + 2 && raw.substr(1, known.size()) == known;
    };
    const bool taken =
        (name == "format" && std::any_of(kFormats.begin(), kFormats.end(), is_format)) ||
        (name == "minItems" && (raw == "0" || raw == "1"));
    if (taken) return json_.Raw(name, raw);
    StrAppend(schema.untold, schema.untold.empty() ? "" : ", ",
              EscapedText(StrCat(name, ": ", raw)));
  }

  void WriteReference(std::string_view name, std::string_view target) {
    constexpr std::string_view kOld = "#/definitions/";
    if (!target.starts_with(kOld)) return json_.Text(name, target);
    json_.Text(name, StrCat("#/$defs/", target.substr(kOld.size())));
  }

  void WriteDescription(const Schema& schema) {
    if (schema.description.empty() && schema.untold.empty()) return;
    std::string text(schema.description);
    if (!schema.untold.empty()) {
      StrAppend(text, text.empty() ? "{" : R"(\n\n{)", schema.untold, "}");
    }
    json_.Text("description", text);
  }

  void WriteValue(Value value) {
    json_.Comma();
    json_.out() += in_.Raw(value);
  }

  JsonReader in_ = JsonReader::OfChecked();
  JsonOut json_;
};

}  // namespace

bool AppendAnswerSchema(std::string_view schema, std::string& out) {
  return SchemaWriter(out).Write(schema);
}

}  // namespace weir::relay::anthropic

#include "services/relay/translate/gemini/schema.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "services/relay/translate/gemini/spelling.h"
#include "services/relay/translate/neutral/json_out.h"
#include "services/relay/translate/neutral/json_read.h"

namespace weir::relay::gemini {
namespace {

using Value = ondemand::value;

// Deeper ones are any value: nobody writes such a schema by hand.
constexpr int kLevelsMax = 64;

enum class Holds : std::uint8_t {
  kValue,
  kSchema,     // or true, false; a list of them is one for each item
  kSchemas,    // a list
  kNamed,      // an object of them
  kConst,      // a value
  kReference,  // "#/definitions/…" or "#/$defs/…"
  kFormat,
  kType,      // a word in capitals
  kNullable,  // a flag beside the type
  kNumber,    // perhaps as text
};

struct Keyword {
  std::string_view name;
  Holds holds = Holds::kValue;
  std::string_view written = {};  // empty = as it is
};

constexpr std::string_view kDefinitions = "$defs";

// Of JSON Schema, what Google documents, and what can be said with it. Of several in `allOf` it
// takes none, so they become alternatives, which is the same for the usual one.
constexpr Keyword kGeminis[] = {
    {"$id"},
    {"$anchor"},
    {"$ref", Holds::kReference},
    {"$defs", Holds::kNamed},
    {"definitions", Holds::kNamed, kDefinitions},
    {"type"},
    {"format", Holds::kFormat},
    {"title"},
    {"description"},
    {"enum"},
    {"const", Holds::kConst, "enum"},
    {"items", Holds::kSchema},
    {"prefixItems", Holds::kSchemas},
    {"minItems"},
    {"maxItems"},
    {"minimum"},
    {"maximum"},
    {"anyOf", Holds::kSchemas},
    {"oneOf", Holds::kSchemas},
    {"allOf", Holds::kSchemas, "anyOf"},
    {"properties", Holds::kNamed},
    {"additionalProperties", Holds::kSchema},
    {"required"},
    {"propertyOrdering"},
};

constexpr Keyword kOpenApis[] = {
    {"type", Holds::kType},
    {"nullable", Holds::kNullable},
    {"format", Holds::kFormat},
    {"title"},
    {"description"},
    {"enum"},
    {"items", Holds::kSchema},
    {"minItems", Holds::kNumber},
    {"maxItems", Holds::kNumber},
    {"minLength", Holds::kNumber},
    {"maxLength", Holds::kNumber},
    {"minProperties", Holds::kNumber},
    {"maxProperties", Holds::kNumber},
    {"pattern"},
    {"minimum"},
    {"maximum"},
    {"default"},
    {"anyOf", Holds::kSchemas},
    {"properties", Holds::kNamed},
    {"additionalProperties", Holds::kSchema},
    {"required"},
};

constexpr std::array<std::string_view, 8> kFormats = {"date-time", "date",  "time",  "duration",
                                                      "int32",     "int64", "float", "double"};

class SchemaWriter {
 public:
  SchemaWriter(std::span<const Keyword> keywords, std::string& out)
      : keywords_(keywords), json_(out) {}

  // `apart`: it is part of a document that is still being read.
  bool Write(std::string_view schema, bool apart) {
    JsonDocument document;
    Value root;
    const std::size_t begin = json_.out().size();
    if (apart ? document.OpenApart(schema, root) : document.OpenCopy(schema, root)) {
      WriteSchema(root, 0);
      if (in_.ok()) return true;
    }
    json_.out().resize(begin);
    return false;
  }

 private:
  struct Type {
    std::string_view word;
    bool nullable = false;
  };

  void WriteSchema(Value value, int level) {
    if (!JsonReader::IsObject(value)) return WriteValue(value);  // true, false
    json_.Begin('{');
    Type type;
    std::string word;
    std::vector<std::string_view> written;
    Definitions definitions;
    if (level < kLevelsMax) {
      in_.Members(value, [&](std::string_view name, Value member) {
        const auto row =
            std::find_if(keywords_.begin(), keywords_.end(),
                         [name](const Keyword& known) { return IsNamed(name, known.name); });
        if (row == keywords_.end()) return;
        if (row->holds == Holds::kType) {
          word = Lower(in_.Word(member));
        } else if (row->holds == Holds::kNullable) {
          type.nullable = in_.Bool(member);
        } else {
          const std::string_view as = NameFor(*row, member);
          if (as == kDefinitions) return WriteDefinitions(member, level, definitions);
          // Of two that become one member, the first stays.
          if (std::find(written.begin(), written.end(), as) != written.end()) return;
          written.push_back(as);
          WriteMember(*row, as, member, level);
        }
      });
    }
    type.word = word;
    WriteType(type);
    json_.End('}');
  }

  // What stands under both names becomes one; of two with the same name the first stays.
  struct Definitions {
    std::size_t end = 0;  // the place of the bracket behind them; 0 = none yet
    std::set<std::string> names = {};
  };

  void WriteDefinitions(Value object, int level, Definitions& known) {
    std::string& out = json_.out();
    std::string behind;
    if (known.end == 0) {
      json_.Begin(kDefinitions, '{');
    } else {
      behind = out.substr(known.end + 1);
      out.resize(known.end);
    }
    in_.Members(object, [&](std::string_view name, Value schema) {
      if (known.names.emplace(name).second) WriteOneNamed(name, schema, level);
    });
    known.end = out.size();
    json_.End('}');
    out += behind;
  }

  static std::string_view NameFor(const Keyword& row, Value member) {
    if (row.holds == Holds::kSchema && JsonReader::IsArray(member)) return "prefixItems";
    return row.written.empty() ? row.name : row.written;
  }

  void WriteMember(const Keyword& row, std::string_view name, Value member, int level) {
    switch (row.holds) {
      case Holds::kSchema:
        if (JsonReader::IsArray(member)) return WriteList(name, member, level);
        json_.Key(name);
        return WriteSchema(member, level + 1);
      case Holds::kSchemas:
        return WriteList(name, member, level);
      case Holds::kNamed:
        return WriteNamed(name, member, level);
      case Holds::kConst:
        json_.Begin(name, '[');
        WriteValue(member);
        return json_.End(']');
      case Holds::kReference:
        return WriteReference(name, in_.Text(member));
      case Holds::kFormat:
        return WriteFormat(name, in_.Text(member));
      case Holds::kNumber:
        return WriteNumber(name, JsonReader::IsText(member) ? in_.Text(member) : in_.Raw(member));
      case Holds::kValue:
      case Holds::kType:
      case Holds::kNullable:
        json_.Key(name);
        return WriteValue(member);
    }
  }

  void WriteValue(Value value) {
    json_.Comma();
    json_.out() += in_.Raw(value);
  }

  void WriteList(std::string_view name, Value list, int level) {
    json_.Begin(name, '[');
    in_.Items(list, [&](Value item) { WriteSchema(item, level + 1); });
    json_.End(']');
  }

  void WriteNamed(std::string_view name, Value object, int level) {
    json_.Begin(name, '{');
    in_.Members(object,
                [&](std::string_view inner, Value schema) { WriteOneNamed(inner, schema, level); });
    json_.End('}');
  }

  void WriteOneNamed(std::string_view name, Value schema, int level) {
    json_.Comma();
    AppendJsonString(json_.out(), name);
    json_.out() += ':';
    WriteSchema(schema, level + 1);
  }

  void WriteReference(std::string_view name, std::string_view target) {
    constexpr std::string_view kOld = "#/definitions/";
    json_.Key(name);
    if (target.starts_with(kOld)) {
      StrAppend(json_.out(), "\"#/$defs/", target.substr(kOld.size()), '"');
    } else {
      StrAppend(json_.out(), '"', target, '"');
    }
  }

  // Gemini refuses those that it does not know.
  void WriteFormat(std::string_view name, std::string_view format) {
    const bool known = std::find(kFormats.begin(), kFormats.end(), format) != kFormats.end();
    if (known) json_.Text(name, format);
  }

  // Read, since text like "05" is a number to Google's protobuf and none in JSON.
  void WriteNumber(std::string_view name, std::string_view digits) {
    std::int64_t number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [behind, error] = std::from_chars(digits.data(), end, number);
    if (error == std::errc() && behind == end && number >= 0) json_.Number(name, number);
  }

  void WriteType(const Type& type) {
    if (type.word.empty() || type.word == "type_unspecified") return;
    json_.Key("type");
    json_.out() += type.nullable ? "[" : "";
    AppendJsonString(json_.out(), type.word);
    json_.out() += type.nullable ? ",\"null\"]" : "";
  }

  static std::string Lower(std::string_view word) {
    std::string out(word);
    for (char& c : out) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
  }

  std::span<const Keyword> keywords_;
  JsonReader in_ = JsonReader::OfChecked();
  JsonOut json_;
};

}  // namespace

bool AppendForGemini(std::string_view schema, std::string& out) {
  return SchemaWriter(kGeminis, out).Write(schema, /*apart=*/false);
}

bool AppendAsJsonSchema(std::string_view schema, std::string& out) {
  return SchemaWriter(kOpenApis, out).Write(schema, /*apart=*/true);
}

}  // namespace weir::relay::gemini

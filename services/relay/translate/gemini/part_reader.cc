#include "services/relay/translate/gemini/part_reader.h"

#include <algorithm>
#include <iterator>

#include "services/relay/translate/gemini/spelling.h"

namespace weir::relay::gemini {
namespace {

using Value = ondemand::value;

Media ReadMedia(Value value, JsonReader& in) {
  Media media;
  in.Members(value, [&](std::string_view name, Value member) {
    if (IsNamed(name, "mimeType")) media.type = in.Text(member);
    if (name == "data") media.data = in.Text(member);
    if (IsNamed(name, "fileUri")) media.uri = in.Text(member);
  });
  return media;
}

bool IsMedia(std::string_view name) {
  return IsNamed(name, "inlineData") || IsNamed(name, "fileData");
}

Function ReadFunction(Value value, JsonReader& in) {
  Function function;
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "id") function.id = in.Text(member);
    if (name == "name") function.name = in.Text(member);
    if (name == "args" || name == "response") function.json = in.Raw(member);
    if (name != "parts") return;
    in.Items(member, [&](Value part) {
      in.Members(part, [&](std::string_view inner, Value media) {
        if (IsMedia(inner)) function.media.push_back(ReadMedia(media, in));
      });
    });
  });
  if (function.name.empty()) in.Refuse("needs the name of a function");
  return function;
}

void RefuseOther(Value, JsonReader& in, PartMembers&) {
  in.Refuse("is of a type that only Google's own models read");
}

void ReadMediaMember(Value value, JsonReader& in, PartMembers& part) {
  part.media = ReadMedia(value, in);
}

constexpr struct {
  std::string_view name;
  void (*read)(Value, JsonReader&, PartMembers&);
} kMembers[] = {
    {"text", [](Value v, JsonReader& in, PartMembers& part) { part.text = in.Text(v); }},
    {"thought", [](Value v, JsonReader& in, PartMembers& part) { part.thought = in.Bool(v); }},
    {"thoughtSignature",
     [](Value v, JsonReader& in, PartMembers& part) { part.signature = in.Text(v); }},
    {"inlineData", ReadMediaMember},
    {"fileData", ReadMediaMember},
    {"functionCall",
     [](Value v, JsonReader& in, PartMembers& part) { part.call = ReadFunction(v, in); }},
    {"functionResponse",
     [](Value v, JsonReader& in, PartMembers& part) { part.response = ReadFunction(v, in); }},
    {"executableCode", RefuseOther},
    {"codeExecutionResult", RefuseOther},
    {"toolCall", RefuseOther},
};

}  // namespace

PartMembers ReadPart(Value value, JsonReader& in) {
  PartMembers part;
  bool any = false;
  in.Members(value, [&](std::string_view name, Value member) {
    const auto* known = std::find_if(std::begin(kMembers), std::end(kMembers),
                                     [name](const auto& row) { return IsNamed(name, row.name); });
    // Beside what a part holds may stand how to read it (videoMetadata), which nobody else does.
    if (known == std::end(kMembers)) return;
    any = true;
    known->read(member, in, part);
  });
  if (in.ok() && !any) in.Refuse("holds nothing that this model's provider reads");
  return part;
}

}  // namespace weir::relay::gemini

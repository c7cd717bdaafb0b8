#include "services/relay/translate/neutral/tool_schema.h"

#include <string>
#include <string_view>

#include "libs/common/text.h"
#include "services/relay/translate/neutral/json_read.h"

namespace weir::relay {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

// What stands behind the opening bracket and white space.
std::string_view Inside(std::string_view object) {
  const std::size_t at = object.find_first_not_of(kSpaces, object.find('{') + 1);
  return at == std::string_view::npos ? std::string_view() : object.substr(at);
}

bool SaysType(std::string_view schema, std::string_view inside) {
  if (inside.starts_with(R"("type")")) return true;  // where nearly all have it
  JsonDocument document;
  ondemand::value root;
  if (!document.OpenCopy(schema, root)) return true;
  bool says = false;
  JsonReader in = JsonReader::OfChecked();
  in.Members(root,
             [&says](std::string_view name, ondemand::value) { says = says || name == "type"; });
  return says || !in.ok();
}

}  // namespace

void SayObjectType(ChatRequest& request) {
  for (Tool& tool : request.tools) {
    if (tool.schema.empty()) continue;
    const std::string_view inside = Inside(tool.schema);
    if (inside.empty() || SaysType(tool.schema, inside)) continue;
    const std::string_view comma = inside.starts_with('}') ? "" : ",";
    tool.schema = request.Keep(StrCat(R"({"type":"object")", comma, inside));
  }
}

}  // namespace weir::relay

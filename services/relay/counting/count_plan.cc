#include "services/relay/counting/count_plan.h"

#include <string>

#include "services/relay/translate/neutral/json_read.h"

namespace weir::relay {
namespace {

using Value = ondemand::value;

// Deeper properties are counted as the JSON they are.
constexpr int kSchemaLevelsMax = 16;

// A tool's schema, as OpenAI counts it: by its properties. Theirs in turn by the same rule.
class SchemaPlan {
 public:
  SchemaPlan(ChatRequest& request, CountPlan& plan) : request_(request), plan_(plan) {}

  // False: it is no object.
  bool Add(std::string_view schema) {
    JsonDocument document;
    Value root;
    if (!document.OpenCopy(schema, root)) return false;
    AddSchema(root, 0);
    return in_.ok();
  }

 private:
  // Views of the copy, which goes when the schema has been read.
  void Keep(std::string_view text, bool escaped) {
    plan_.Add(request_.Keep(std::string(text)), escaped);
  }

  void AddSchema(Value value, int level) {
    if (!JsonReader::IsObject(value) || level > kSchemaLevelsMax) {
      Keep(in_.Raw(value), /*escaped=*/false);
      return;
    }
    in_.Members(value, [&](std::string_view name, Value member) {
      if (name == "type" || name == "description") AddWord(member);
      if (name == "enum") AddEnum(member);
      if (name == "items") AddSchema(member, level + 1);
      if (name == "properties") AddProperties(member, level + 1);
    });
  }
  void AddWord(Value value) {
    plan_.framing_tokens += kTokensAJoint;
    if (JsonReader::IsText(value)) {
      Keep(in_.Text(value), /*escaped=*/true);
    } else {
      Keep(in_.Raw(value), /*escaped=*/false);
    }
  }
  void AddEnum(Value value) {
    plan_.framing_tokens += kTokensAnEnum;
    in_.Items(value, [&](Value item) {
      plan_.framing_tokens += kTokensAnEnumItem;
      Keep(in_.Raw(item), /*escaped=*/false);
    });
  }
  void AddProperties(Value value, int level) {
    plan_.framing_tokens += kTokensBeforeProperties;
    in_.Members(value, [&](std::string_view name, Value member) {
      plan_.framing_tokens += kTokensAProperty;
      Keep(name, /*escaped=*/false);
      AddSchema(member, level);
    });
  }

  ChatRequest& request_;
  CountPlan& plan_;
  JsonReader in_ = JsonReader::OfChecked();
};

void AddTool(const Tool& tool, ChatRequest& request, CountPlan& plan) {
  plan.framing_tokens += kTokensATool + kTokensAJoint;
  plan.Add(tool.name);
  plan.Add(tool.description);
  if (tool.schema.empty()) return;
  CountPlan of_schema;
  if (SchemaPlan(request, of_schema).Add(tool.schema)) {
    plan.framing_tokens += of_schema.framing_tokens;
    plan.texts.insert(plan.texts.end(), of_schema.texts.begin(), of_schema.texts.end());
  } else {
    plan.Add(tool.schema, /*escaped=*/false);
  }
}

// The system's texts in front become one message; further texts of a message join the first.
void AddMessages(const ChatRequest& request, CountPlan& plan) {
  const std::size_t leading = LeadingSystemTurns(request);
  const std::size_t messages = request.turns.size() - (leading > 1 ? leading - 1 : 0);
  plan.framing_tokens += kTokensAMessage * static_cast<std::int64_t>(messages);
  if (request.parts.size() <= messages) return;
  plan.plain = false;
  plan.framing_tokens += kTokensAJoint * static_cast<std::int64_t>(request.parts.size() - messages);
}

// A page of a PDF is some 3 KiB of base64 at least, and 1,500 tokens or more.
constexpr std::size_t kDocumentBytesAToken = 4;

void AddPart(const Part& part, const CountRules& rules, CountPlan& plan) {
  switch (part.kind) {
    case PartKind::kText:
    case PartKind::kRefusal:
      plan.Add(part.text);
      return;
    case PartKind::kThinking:
      return;
    case PartKind::kImage:
      plan.plain = false;
      plan.framing_tokens += rules.picture_tokens;
      return;
    case PartKind::kDocument:
      plan.plain = false;
      plan.Add(part.name);
      plan.Add(part.text);
      plan.framing_tokens += static_cast<std::int64_t>(part.base64.size() / kDocumentBytesAToken);
      return;
    case PartKind::kToolCall:
      plan.plain = false;
      plan.framing_tokens += kTokensATool;
      plan.Add(part.name);
      plan.Add(part.arguments.text, part.arguments.escaped);
      return;
    case PartKind::kToolResult:  // what it holds stands behind it
      plan.plain = false;
      plan.framing_tokens += kTokensAMessage;
      return;
  }
}

}  // namespace

CountPlan PlanCount(ChatRequest& request, const CountRules& rules) {
  CountPlan plan;
  plan.texts.reserve(request.parts.size() + 3 * request.tools.size());
  plan.framing_tokens = kTokensForAnswer;
  AddMessages(request, plan);
  for (const Part& part : request.parts) AddPart(part, rules, plan);
  for (const Tool& tool : request.tools) AddTool(tool, request, plan);
  if (!request.tools.empty()) plan.framing_tokens += kTokensAfterTools;
  plan.Add(request.output.schema, /*escaped=*/false);
  plan.plain = plan.plain && request.tools.empty() && request.output.schema.empty();
  return plan;
}

}  // namespace weir::relay

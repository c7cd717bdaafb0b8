#include "services/relay/translate/gemini/config_reader.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "services/relay/translate/gemini/schema.h"
#include "services/relay/translate/gemini/spelling.h"
#include "services/relay/translate/neutral/request_fields.h"

namespace weir::relay::gemini {
namespace {

using Value = ondemand::value;

std::string Lower(std::string_view word) {
  std::string out(word);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

void ReadStop(Value value, JsonReader& in, ChatRequest& request) {
  request.stop_word = "stopSequences";
  in.Items(value, [&](Value item) { request.stop.push_back(in.Text(item)); });
}

// Several answers at once would be several requests, and as many bills.
void ReadCandidates(Value value, JsonReader& in, ChatRequest&) {
  if (in.Whole(value) != 1) in.Refuse("must be 1 for this model: its provider gives one answer");
}

void ReadMimeType(Value value, JsonReader& in, ChatRequest& request) {
  const std::string_view type = in.Word(value);
  if (type == "application/json") {
    if (request.output.schema.empty()) request.output.kind = OutputFormat::Kind::kJsonObject;
  } else if (type != "text/plain" && !type.empty()) {
    in.Refuse("is not given by this model's provider");
  }
}

void SetSchema(std::string_view schema, ChatRequest& request) {
  request.output.kind = OutputFormat::Kind::kJsonSchema;
  request.output.schema = schema;
}

void ReadModalities(Value value, JsonReader& in, ChatRequest&) {
  in.Items(value, [&](Value item) {
    if (Lower(in.Word(item)) != "text") in.Refuse("is not given by this model's provider");
  });
}

void ReadThinking(Value value, JsonReader& in, ChatRequest& request) {
  Thinking& thinking = request.thinking;
  in.Members(value, [&](std::string_view name, Value member) {
    if (IsNamed(name, "includeThoughts")) thinking.shown = in.Bool(member);
    if (IsNamed(name, "thinkingLevel")) ReadEffort(Lower(in.Word(member)), in, request);
    if (!IsNamed(name, "thinkingBudget")) return;
    thinking.budget_tokens = in.Whole(member);
    thinking.kind = thinking.budget_tokens > 0    ? Thinking::Kind::kBudget
                    : thinking.budget_tokens == 0 ? Thinking::Kind::kOff
                                                  : Thinking::Kind::kAdaptive;
  });
  const bool asked = thinking.shown || thinking.effort != Effort::kUnset;
  if (asked && thinking.kind == Thinking::Kind::kUnset) thinking.kind = Thinking::Kind::kAdaptive;
}

// SDKs write whole numbers as "40.0".
std::string_view WholeNumber(std::string_view number) {
  return number.ends_with(".0") ? number.substr(0, number.size() - 2) : number;
}

constexpr struct {
  std::string_view name;
  void (*read)(Value, JsonReader&, ChatRequest&);
} kFields[] = {
    {"maxOutputTokens",
     [](Value v, JsonReader& in, ChatRequest& r) { r.max_tokens = in.Whole(v); }},
    {"temperature", [](Value v, JsonReader& in, ChatRequest& r) { r.temperature = in.Number(v); }},
    {"topP", [](Value v, JsonReader& in, ChatRequest& r) { r.top_p = in.Number(v); }},
    {"topK", [](Value v, JsonReader& in, ChatRequest& r) { r.top_k = WholeNumber(in.Number(v)); }},
    {"stopSequences", ReadStop},
    {"candidateCount", ReadCandidates},
    {"responseMimeType", ReadMimeType},
    {"responseSchema",
     [](Value v, JsonReader& in, ChatRequest& r) { SetSchema(ReadSchema(v, in, r), r); }},
    {"responseJsonSchema",
     [](Value v, JsonReader& in, ChatRequest& r) { SetSchema(in.RawObject(v), r); }},
    {"responseModalities", ReadModalities},
    {"thinkingConfig", ReadThinking},
};

}  // namespace

void ReadConfig(Value value, JsonReader& in, ChatRequest& request) {
  in.Members(value, [&](std::string_view name, Value member) {
    const auto* field = std::find_if(std::begin(kFields), std::end(kFields),
                                     [name](const auto& f) { return IsNamed(name, f.name); });
    if (field != std::end(kFields)) return field->read(member, in, request);
    request.dropped.push_back(in.Place());
  });
}

std::string_view ReadSchema(Value value, JsonReader& in, ChatRequest& request) {
  std::string schema;
  if (!AppendAsJsonSchema(in.Raw(value), schema)) {
    in.Refuse("is a schema that cannot be read");
    return {};
  }
  return request.Keep(std::move(schema));
}

}  // namespace weir::relay::gemini

#include "services/relay/translate/openai_responses/request_writer.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "services/relay/dialects/dialect.h"
#include "services/relay/translate/neutral/efforts.h"
#include "services/relay/translate/neutral/hashed_id.h"
#include "services/relay/translate/neutral/json_out.h"
#include "services/relay/translate/neutral/openai_sampling.h"
#include "services/relay/translate/neutral/openai_tools.h"
#include "services/relay/translate/openai_responses/input_writer.h"

namespace weir::relay::openai_responses {
namespace {

void WriteOutputFormat(const OutputFormat& format, JsonOut& json) {
  if (format.kind == OutputFormat::Kind::kText) return;
  json.Begin("text", '{');
  json.Begin("format", '{');
  if (format.kind == OutputFormat::Kind::kJsonObject) {
    json.Text("type", "json_object");
  } else {
    json.Text("type", "json_schema");
    json.Text("name", format.name.empty() ? "response" : format.name);
    json.Raw("schema", format.schema.empty() ? "{}" : format.schema);
    json.Bool("strict", format.strict);
  }
  json.End('}');
  json.End('}');
}

// Who asks for thinking is shown what there is to see of it, and gets it in a form that can come
// back, since nothing is stored.
void WriteThinking(ChatRequest& request, const Target& target, JsonOut& json) {
  const Thinking& asked = request.thinking;
  const std::string_view effort = CommonEffortWord(asked);
  if (asked.kind == Thinking::Kind::kUnset && effort.empty()) return;
  const bool thinks = asked.kind != Thinking::Kind::kOff;
  if (!target.takes_effort) {
    if (thinks) request.dropped.emplace_back("thinking");
    return;
  }
  if (!effort.empty() || (thinks && target.takes_summary)) {
    json.Begin("reasoning", '{');
    if (!effort.empty()) json.Text("effort", effort);
    if (thinks && target.takes_summary) json.Text("summary", "auto");
    json.End('}');
  }
  if (thinks) json.Raw("include", R"(["reasoning.encrypted_content"])");
}

}  // namespace

absl::Status WriteRequest(ChatRequest& request, const Target& target, ToolNames& names,
                          std::string& out) {
  constexpr std::int64_t kTokensMin = WordsOf(Dialect::kOpenAiResponses).max_tokens_min;
  JsonOut json(out);
  json.Begin('{');
  json.Plain("model", request.model);
  if (absl::Status status = WriteInput(request, target, names, json); !status.ok()) return status;
  WriteOpenAiTools(request, target, FunctionForm::kFlat, names, json);
  if (request.max_tokens >= 0) {
    json.Number("max_output_tokens", std::max(request.max_tokens, kTokensMin));
  }
  WriteOpenAiSampling(request, target, json);
  if (!request.stop.empty()) request.dropped.emplace_back(request.stop_word);
  WriteOutputFormat(request.output, json);
  WriteThinking(request, target, json);
  if (!request.user.empty()) json.Text("user", UserForOpenAi(request.user));
  json.Bool("store", false);  // nothing of it stays there that the client did not ask to be kept
  if (request.stream) json.Bool("stream", true);
  json.End('}');
  return absl::OkStatus();
}

}  // namespace weir::relay::openai_responses

#include "services/relay/metering/stream_ending.h"

#include "libs/common/text.h"

namespace weir::relay {
namespace {

// The value of a member of a chunk as it stands there; `fallback` when it is not to be found.
std::string_view RawValue(std::string_view json, std::string_view quoted_name,
                          std::string_view fallback) {
  const std::size_t name = json.find(quoted_name);
  if (name == std::string_view::npos) return fallback;
  const std::size_t colon = json.find_first_not_of(" \t\r\n", name + quoted_name.size());
  if (colon == std::string_view::npos || json[colon] != ':') return fallback;
  const std::size_t begin = json.find_first_not_of(" \t\r\n", colon + 1);
  if (begin == std::string_view::npos) return fallback;
  std::size_t end = begin;
  if (json[begin] == '"') {
    for (++end; end < json.size() && json[end] != '"'; ++end) {
      if (json[end] == '\\') ++end;
    }
    return end < json.size() ? json.substr(begin, end + 1 - begin) : fallback;
  }
  end = json.find_first_of(",}] \t\r\n", begin);
  return end == std::string_view::npos ? fallback : json.substr(begin, end - begin);
}

void AppendChunk(std::string_view first_chunk, std::string_view rest, std::string& out) {
  StrAppend(out, R"(data: {"id":)", RawValue(first_chunk, R"("id")", R"("")"),
            R"(,"object":"chat.completion.chunk","created":)",
            RawValue(first_chunk, R"("created")", "0"), R"(,"model":)",
            RawValue(first_chunk, R"("model")", R"("")"), ",", rest, "}\n\n");
}

}  // namespace

std::string AnthropicStreamEnding(std::int64_t open_block, const TokenCounts& tokens) {
  std::string out;
  if (open_block >= 0) {
    StrAppend(out, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":",
              open_block, "}\n\n");
  }
  StrAppend(out, "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":",
            R"({"stop_reason":"max_tokens","stop_sequence":null},"usage":{"output_tokens":)",
            tokens.output, "}}\n\n");
  out += "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
  return out;
}

std::string OpenAiStreamEnding(std::string_view first_chunk, std::int64_t choices,
                               bool include_usage, const TokenCounts& tokens) {
  std::string out;
  for (std::int64_t index = 0; index < choices; ++index) {
    AppendChunk(first_chunk,
                StrCat(R"("choices":[{"index":)", index,
                       R"(,"delta":{},"logprobs":null,"finish_reason":"length"}])"),
                out);
  }
  if (include_usage) {
    const std::int64_t input = TotalInputTokens(tokens);
    AppendChunk(
        first_chunk,
        StrCat(R"("choices":[],"usage":{"prompt_tokens":)", input, R"(,"completion_tokens":)",
               tokens.output, R"(,"total_tokens":)", input + tokens.output, "}"),
        out);
  }
  out += "data: [DONE]\n\n";
  return out;
}

std::string ResponsesStreamEnding(std::string_view identity, std::int64_t sequence,
                                  const TokenCounts& tokens) {
  const std::int64_t input = TotalInputTokens(tokens);
  std::string out = StrCat(
      "event: response.incomplete\ndata: {\"type\":\"response.incomplete\",\"sequence_number\":",
      sequence, R"(,"response":{"id":)", RawValue(identity, R"("id")", R"("")"),
      R"(,"object":"response","created_at":)", RawValue(identity, R"("created_at")", "0"));
  StrAppend(out, R"(,"status":"incomplete","error":null,"incomplete_details":{"reason":)",
            R"("max_output_tokens"},"model":)", RawValue(identity, R"("model")", R"("")"),
            R"(,"output":[],"parallel_tool_calls":true,"tool_choice":"auto","tools":[],"usage":{)");
  StrAppend(out, R"("input_tokens":)", input, R"(,"input_tokens_details":{"cached_tokens":)",
            tokens.cache_read, R"(},"output_tokens":)", tokens.output,
            R"(,"output_tokens_details":{"reasoning_tokens":)", tokens.reasoning,
            R"(},"total_tokens":)", input + tokens.output, "}}}\n\n");
  return out;
}

std::string GeminiStreamEnding(std::string_view identity, std::uint64_t open,
                               const TokenCounts& tokens) {
  std::string out = R"(data: {"candidates":[)";
  constexpr int kCandidatesMax = 64;
  for (int index = 0; index < kCandidatesMax; ++index) {
    if ((open >> index & 1U) == 0) continue;
    if (out.back() == '}') out += ',';
    StrAppend(out, R"({"content":{"parts":[],"role":"model"},"finishReason":"MAX_TOKENS","index":)",
              index, "}");
  }
  const std::int64_t prompt = TotalInputTokens(tokens);
  StrAppend(out, R"(],"usageMetadata":{"promptTokenCount":)", prompt,
            R"(,"cachedContentTokenCount":)", tokens.cache_read, R"(,"candidatesTokenCount":)",
            tokens.output - tokens.reasoning, R"(,"thoughtsTokenCount":)", tokens.reasoning);
  StrAppend(out, R"(,"totalTokenCount":)", prompt + tokens.output, R"(},"modelVersion":)",
            RawValue(identity, R"("modelVersion")", R"("")"), R"(,"responseId":)",
            RawValue(identity, R"("responseId")", R"("")"), "}\r\n\r\n");
  return out;
}

}  // namespace weir::relay

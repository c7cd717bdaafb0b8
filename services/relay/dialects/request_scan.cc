#include "services/relay/dialects/request_scan.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>

#include "libs/common/json_text.h"
#include "libs/common/text.h"

namespace weir::relay {
namespace {

namespace ondemand = simdjson::ondemand;

// A parser keeps its index memory, so a large body gets one of its own that goes with it.
constexpr std::size_t kThreadParserBytesMax = 1 << 20;
constexpr std::size_t kAffinityBytesMax = 512;

ondemand::parser& ThreadParser() {
  thread_local ondemand::parser parser;
  return parser;
}

// What the body has behind its end; see PaddedBuffer.
constexpr std::size_t kPaddingBytes = 64;

absl::Status NotJson(simdjson::error_code error) {
  return absl::InvalidArgumentError(
      StrCat("the request body is not valid JSON: ", simdjson::error_message(error)));
}

absl::Status WrongType(std::string_view field, std::string_view expected) {
  return absl::InvalidArgumentError(StrCat("'", field, "' must be ", expected));
}

Span Place(std::string_view body, std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' ||
                            token.back() == '\t')) {
    token.remove_suffix(1);
  }
  return {static_cast<std::size_t>(token.data() - body.data()), token.size()};
}

// {"include_usage": …} of stream_options. Of several the last one counts, as in most JSON readers.
absl::Status ScanStreamOptions(ondemand::value value, std::string_view body, RequestFacts& facts) {
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return WrongType("stream_options", "an object");
  facts.has_stream_options = true;
  facts.include_usage = false;
  facts.include_usage_token = {};
  if (type == ondemand::json_type::null) {
    facts.stream_options = Place(body, value.raw_json_token());
    return absl::OkStatus();
  }
  ondemand::object options;
  if (value.get_object().get(options) != simdjson::SUCCESS) {
    return WrongType("stream_options", "an object");
  }
  for (auto field : options) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return NotJson(simdjson::TAPE_ERROR);
    if (key != "include_usage") continue;
    ondemand::value flag;
    if (field.value().get(flag) != simdjson::SUCCESS) return NotJson(simdjson::TAPE_ERROR);
    facts.include_usage_token = Place(body, flag.raw_json_token());
    if (flag.get_bool().get(facts.include_usage) != 0) {
      return WrongType("stream_options.include_usage", "true or false");
    }
  }
  std::string_view raw;
  if (options.reset().error() != simdjson::SUCCESS ||
      options.raw_json().get(raw) != simdjson::SUCCESS) {
    return WrongType("stream_options", "an object");
  }
  facts.stream_options = Place(body, raw);
  return absl::OkStatus();
}

// metadata.user_id, if it is there and text; whatever else stands in metadata is not our business.
simdjson::error_code ScanMetadata(ondemand::value value, RequestFacts& facts) {
  ondemand::json_type type{};
  if (const auto error = value.type().get(type); error != simdjson::SUCCESS) return error;
  if (type != ondemand::json_type::object) return simdjson::SUCCESS;
  ondemand::object metadata;
  if (const auto error = value.get_object().get(metadata); error != simdjson::SUCCESS) return error;
  for (auto field : metadata) {
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key); error != simdjson::SUCCESS) return error;
    std::string_view text;
    if (key == "user_id" && field.value().get_string().get(text) == simdjson::SUCCESS) {
      facts.affinity = std::string(text.substr(0, kAffinityBytesMax));
    }
  }
  return simdjson::SUCCESS;
}

absl::Status ScanModel(ondemand::value value, std::string_view body, RequestFacts& facts) {
  // The provider might take the other one than we price.
  if (!facts.model.empty()) return absl::InvalidArgumentError("'model' stands there twice");
  const std::string_view token = value.raw_json_token();
  std::string_view model;
  if (value.get_string().get(model) != simdjson::SUCCESS || model.empty()) {
    return WrongType("model", "the name of a model");
  }
  facts.model = std::string(model);
  facts.model_token = Place(body, token);
  return absl::OkStatus();
}

absl::Status ScanField(Dialect dialect, std::string_view key, ondemand::value value,
                       std::string_view body, RequestFacts& facts) {
  if (key == "model") return ScanModel(value, body, facts);
  if (key == "stream") {
    bool is_null = false;
    if (value.is_null().get(is_null) == simdjson::SUCCESS && is_null) return absl::OkStatus();
    if (value.get_bool().get(facts.stream) != 0) return WrongType("stream", "true or false");
    return absl::OkStatus();
  }
  if (dialect == Dialect::kAnthropicMessages && key == "metadata") {
    if (const auto error = ScanMetadata(value, facts); error != simdjson::SUCCESS) {
      return NotJson(error);
    }
  }
  if (dialect == Dialect::kOpenAiChat && key == "stream_options") {
    return ScanStreamOptions(value, body, facts);
  }
  if (dialect == Dialect::kOpenAiChat && key == "prompt_cache_key") {
    std::string_view text;
    if (value.get_string().get(text) == simdjson::SUCCESS) {
      facts.affinity = std::string(text.substr(0, kAffinityBytesMax));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RequestFacts> ScanRequest(Dialect dialect, std::string_view body) {
  if (StripSpace(body).empty()) return absl::InvalidArgumentError("the request body is empty");
  std::optional<ondemand::parser> own_parser;
  ondemand::parser& parser =
      body.size() > kThreadParserBytesMax ? own_parser.emplace() : ThreadParser();
  ondemand::document document;
  const auto opened =
      parser.iterate(body.data(), body.size(), body.size() + kPaddingBytes).get(document);
  if (opened != simdjson::SUCCESS) return NotJson(opened);
  ondemand::object object;
  if (const auto error = document.get_object().get(object); error != simdjson::SUCCESS) {
    return error == simdjson::INCORRECT_TYPE
               ? absl::InvalidArgumentError("the request body must be a JSON object")
               : NotJson(error);
  }
  RequestFacts facts;
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (const auto error = field.unescaped_key().get(key); error != simdjson::SUCCESS) {
      return NotJson(error);
    }
    if (const auto error = field.value().get(value); error != simdjson::SUCCESS) {
      return NotJson(error);
    }
    if (absl::Status status = ScanField(dialect, key, value, body, facts); !status.ok()) {
      return status;
    }
  }
  const char* behind = nullptr;
  if (document.current_location().get(behind) == simdjson::SUCCESS) {
    return absl::InvalidArgumentError("the request body goes on after its JSON object");
  }
  if (facts.model.empty()) {
    return absl::InvalidArgumentError("'model' is missing: name the model that should answer");
  }
  facts.object.begin = body.find('{');
  facts.object.size = body.size() - facts.object.begin;
  return facts;
}

namespace {

// Switches include_usage on: a second one behind the client's own "false" would be read by nobody,
// or by somebody only, so a value that is there is replaced where it stands.
BodyEdit AskForUsage(const RequestFacts& facts, std::string_view body) {
  if (!facts.has_stream_options) {
    // There is a field behind it, since `model` is required.
    return {{facts.object.begin + 1, 0}, R"("stream_options":{"include_usage":true},)"};
  }
  if (facts.include_usage_token.size != 0) return {facts.include_usage_token, "true"};
  const Span& place = facts.stream_options;
  const std::string_view options = body.substr(place.begin, place.size);
  if (!options.starts_with('{')) return {place, R"({"include_usage":true})"};  // it was null
  const bool empty = StripSpace(options.substr(1)) == "}";
  return {{place.begin + 1, 0}, StrCat(R"("include_usage":true)", empty ? "" : ",")};
}

}  // namespace

std::vector<BodyEdit> PlanBodyEdits(Dialect dialect, const RequestFacts& facts,
                                    std::string_view body, std::string_view upstream_model) {
  std::vector<BodyEdit> edits;
  if (upstream_model != facts.model) {
    std::string token;
    AppendJsonString(token, upstream_model);
    edits.push_back({facts.model_token, std::move(token)});
  }
  if (dialect == Dialect::kOpenAiChat && facts.stream && !facts.include_usage) {
    edits.push_back(AskForUsage(facts, body));
  }
  std::sort(edits.begin(), edits.end(),
            [](const BodyEdit& a, const BodyEdit& b) { return a.erased.begin < b.erased.begin; });
  return edits;
}

std::int64_t EstimateInputTokens(std::string_view body) {
  constexpr std::int64_t kBytesPerToken = 4;
  constexpr std::int64_t kTokensPerPicture = 1'600;  // what providers count for a full-size image
  constexpr std::size_t kMediaBytesMin = 2'048;      // shorter texts are not worth telling apart
  constexpr std::string_view kMark = "base64";
  std::int64_t pictures = 0;
  std::size_t text_bytes = body.size();
  std::size_t at = 0;
  while ((at = body.find(kMark, at)) != std::string_view::npos) {
    at += kMark.size();
    // "data:image/png;base64,AAAA…" or {"type":"base64","media_type":…,"data":"AAAA…"}: the first
    // long string within the next few fields is the media itself.
    std::size_t begin = at;
    for (int quotes = 0; quotes < 10 && begin < body.size(); ++quotes) {
      const std::size_t quote = std::min(body.find('"', begin), body.size());
      if (quote - begin >= kMediaBytesMin) {
        ++pictures;
        text_bytes -= quote - begin;
        at = quote;
        break;
      }
      begin = quote + 1;
    }
  }
  return (static_cast<std::int64_t>(text_bytes) + kBytesPerToken - 1) / kBytesPerToken +
         pictures * kTokensPerPicture;
}

}  // namespace weir::relay

#include "services/relay/translate/neutral/error_reader.h"

#include <algorithm>
#include <array>
#include <string>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

// A context that is too long, where it is told in words alone: by Anthropic, by Google ("The input
// token count (N) exceeds …"), and by servers that say it as OpenAI does.
constexpr std::array<std::string_view, 3> kTooLong = {
    "prompt is too long", "exceeds the maximum number of tokens", "maximum context length"};

bool SaysTooLong(std::string_view message) {
  return std::any_of(kTooLong.begin(), kTooLong.end(), [message](std::string_view words) {
    return message.find(words) != std::string_view::npos;
  });
}

ErrorTopic TopicOfFields(const ErrorFields& fields) {
  for (const std::string_view word : {fields.code, fields.type, fields.status}) {
    if (const ErrorTopic topic = TopicOf(word); topic != ErrorTopic::kOther) return topic;
  }
  return ErrorTopic::kOther;
}

// Where a stream was asked for, Google's may be the one item of an array.
std::string_view OnlyItem(std::string_view body) {
  body = StripSpace(body);
  const bool array = body.starts_with('[') && body.ends_with(']');
  return array ? body.substr(1, body.size() - 2) : body;
}

ErrorFields ReadBody(std::string_view body, JsonDocument& document) {
  ErrorFields fields;
  JsonReader in;
  ondemand::value root;
  if (!document.OpenCopy(OnlyItem(body), root)) return fields;
  in.Members(root, [&](std::string_view name, ondemand::value member) {
    if (name == "error") ReadErrorFields(member, in, fields);
    // vLLM and others tell it without a wrapping.
    const bool bare = name == "message" || name == "detail";
    if (bare && fields.message.empty() && JsonReader::IsText(member)) {
      fields.message = in.Text(member);
    }
  });
  return fields;
}

}  // namespace

void ReadErrorFields(ondemand::value error, JsonReader& in, ErrorFields& fields) {
  if (JsonReader::IsText(error)) {
    fields.message = in.Text(error);
    return;
  }
  if (!JsonReader::IsObject(error)) return;
  in.Members(error, [&](std::string_view name, ondemand::value member) {
    if (!JsonReader::IsText(member)) return;  // codes may be numbers
    if (name == "message") fields.message = in.Text(member);
    if (name == "param") fields.param = in.Text(member);
    if (name == "code") fields.code = in.Word(member);
    if (name == "type") fields.type = in.Word(member);
    if (name == "status") fields.status = in.Word(member);
  });
}

UpstreamError ReadError(int status, std::string_view body) {
  JsonDocument document;
  const ErrorFields fields = ReadBody(body, document);
  UpstreamError error;
  error.status = status;
  error.topic = SaysTooLong(fields.message) ? ErrorTopic::kContextTooLong : TopicOfFields(fields);
  error.message = MessageOf(fields.message, status);
  error.param = std::string(fields.param);
  return error;
}

}  // namespace weir::relay

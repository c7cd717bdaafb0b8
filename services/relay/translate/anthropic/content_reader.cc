#include "services/relay/translate/anthropic/content_reader.h"

#include <span>
#include <string_view>

namespace weir::relay::anthropic {
namespace {

using Value = ondemand::value;

// `source` of a picture or document.
struct Source {
  std::string_view type;
  std::string_view media_type;
  std::string_view data;
  std::string_view url;
  bool blocks = false;  // its `content` was read as parts of their own
};

// The members of a block that any of the kinds knows. They may come in any order.
struct Block {
  std::string_view type;
  std::string_view text;
  std::string_view thinking;
  std::string_view signature;
  std::string_view id;
  std::string_view name;
  std::string_view tool_use_id;
  std::string_view tool_name;
  std::string_view input;
  std::string_view title;
  Source source;
  bool is_error = false;
};

void ReadSource(Value value, JsonReader& in, ChatRequest& request, Source& source) {
  if (JsonReader::IsText(value)) {  // a search result's, which is a URL
    request.dropped.push_back(in.Place());
    return;
  }
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "type") source.type = in.Word(member);
    if (name == "media_type") source.media_type = in.Text(member);
    if (name == "data") source.data = in.Text(member);
    if (name == "url") source.url = in.Text(member);
    if (name == "content") {
      source.blocks = true;
      ReadContent(member, in, request);
    }
  });
}

void ReadMember(std::string_view name, Value member, JsonReader& in, ChatRequest& request,
                Block& block) {
  struct TextMember {
    std::string_view name;
    std::string_view Block::*place;
  };
  static constexpr TextMember kTexts[] = {
      {"text", &Block::text},           {"thinking", &Block::thinking},
      {"signature", &Block::signature}, {"id", &Block::id},
      {"name", &Block::name},           {"tool_use_id", &Block::tool_use_id},
      {"title", &Block::title},         {"tool_name", &Block::tool_name},
  };
  for (const TextMember& text : kTexts) {
    if (text.name != name) continue;
    block.*text.place = in.Text(member);
    return;
  }
  if (name == "type") block.type = in.Word(member);
  if (name == "input") block.input = in.Raw(member);
  if (name == "is_error") block.is_error = in.Bool(member);
  if (name == "source") ReadSource(member, in, request, block.source);
  if (name == "content") ReadContent(member, in, request);
  if (name == "context") request.dropped.push_back(in.Place());  // of a document
}

void FillMedia(const Block& block, PartKind kind, JsonReader& in, ChatRequest& request,
               Part& part) {
  const Source& source = block.source;
  part.kind = kind;
  part.name = block.title;
  part.place = request.Keep(in.Place());
  if (source.type == "base64") {
    if (source.media_type.empty()) in.Refuse("has base64 without its media_type");
    part.media_type = source.media_type;
    part.base64 = source.data;
  } else if (source.type == "url") {
    part.url = source.url;
  } else if (source.type == "text" && kind == PartKind::kDocument) {
    part.text = source.data;
  } else {
    in.Refuse("has a source that exists only at its provider; send it as base64");
  }
}

void FillResult(const Block& block, std::size_t nested, JsonReader& in, Part& part) {
  part.kind = PartKind::kToolResult;
  part.id = block.tool_use_id;
  part.nested = nested;
  part.is_error = block.is_error;
  if (part.id.empty()) in.Refuse("has no tool_use_id");
}

// What was read becomes parts[at], before the parts that were read inside it.
void FillPart(const Block& block, std::size_t at, JsonReader& in, ChatRequest& request) {
  const std::size_t nested = request.parts.size() - at - 1;
  Part& part = request.parts[at];
  if (block.type == "text") {
    part.text = block.text;
  } else if (block.type == "image") {
    FillMedia(block, PartKind::kImage, in, request, part);
  } else if (block.type == "search_result" || (block.type == "document" && block.source.blocks)) {
    part.text = block.title;  // then what it holds
  } else if (block.type == "document") {
    FillMedia(block, PartKind::kDocument, in, request, part);
  } else if (block.type == "tool_reference") {
    part.text = block.tool_name;
  } else if (block.type == "tool_use") {
    part.kind = PartKind::kToolCall;
    part.id = block.id;
    part.name = block.name;
    part.arguments = {block.input.empty() ? "{}" : block.input, /*escaped=*/false};
    if (block.id.empty() || block.name.empty()) in.Refuse("needs an id and a name");
  } else if (block.type == "tool_result") {
    FillResult(block, nested, in, part);
  } else if (block.type == "thinking" || block.type == "redacted_thinking") {
    part.kind = PartKind::kThinking;
    part.text = block.thinking;
    part.signature = block.signature;
  } else {
    in.Refuse("is of a type that only Anthropic's own models read");
  }
}

// What other blocks hold is text and media; calls, results and thinking are of a message alone.
void CheckInside(std::size_t first, JsonReader& in, const ChatRequest& request) {
  for (const Part& part : std::span(request.parts).subspan(first)) {
    const bool said = part.kind == PartKind::kText || part.kind == PartKind::kImage ||
                      part.kind == PartKind::kDocument;
    if (!said) return in.Refuse("holds a block that stands in messages alone");
  }
}

void ReadBlock(Value value, JsonReader& in, ChatRequest& request) {
  const std::size_t at = request.parts.size();
  request.AddPart(PartKind::kText);
  Block block;
  in.Members(value, [&](std::string_view name, Value member) {
    ReadMember(name, member, in, request, block);
  });
  if (in.ok()) CheckInside(at + 1, in, request);
  if (in.ok()) FillPart(block, at, in, request);
}

}  // namespace

void ReadContent(Value value, JsonReader& in, ChatRequest& request) {
  if (JsonReader::IsText(value)) {
    request.AddPart(PartKind::kText).text = in.Text(value);
    return;
  }
  in.Items(value, [&](Value item) { ReadBlock(item, in, request); });
}

}  // namespace weir::relay::anthropic

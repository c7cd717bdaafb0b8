#include "services/relay/translate/openai_responses/answer_fields.h"

namespace weir::relay::openai_responses {
namespace {

using Value = ondemand::value;

void ReadPieces(Value value, JsonReader& in, std::vector<ItemFields::Piece>& pieces) {
  if (!JsonReader::IsArray(value)) return;
  in.Items(value, [&](Value item) {
    ItemFields::Piece& piece = pieces.emplace_back();
    in.Members(item, [&](std::string_view name, Value member) {
      if (name == "type") piece.type = in.Word(member);
      if (name == "text" || name == "refusal") piece.text = in.Text(member);
    });
  });
}

void ReadItem(Value value, JsonReader& in, FieldsAsked asked, ItemFields& item) {
  const auto read = [&](std::string_view name, Value member) {
    if (name == "type") item.type = in.Word(member);
    if (name == "content") ReadPieces(member, in, item.content);
    if (name == "summary") ReadPieces(member, in, item.summary);
    if (name == "arguments" && !JsonReader::IsText(member)) item.arguments_json = in.Raw(member);
    if (!JsonReader::IsText(member)) return;
    struct TextMember {
      std::string_view name;
      std::string_view ItemFields::*place;
    };
    static constexpr TextMember kTexts[] = {
        {"id", &ItemFields::id},
        {"call_id", &ItemFields::call_id},
        {"name", &ItemFields::name},
        {"arguments", &ItemFields::arguments},
        {"encrypted_content", &ItemFields::encrypted},
    };
    for (const TextMember& text : kTexts) {
      if (text.name == name) item.*text.place = in.Text(member);
    }
  };
  in.Members(value, read, asked.json ? &item.json : nullptr);
}

void ReadError(Value value, JsonReader& in, ResponseFields& fields) {
  fields.has_error = true;
  ReadErrorFields(value, in, fields.error);
}

}  // namespace

void ReadResponseFields(Value root, JsonReader& in, FieldsAsked asked, ResponseFields& fields) {
  in.Members(root, [&](std::string_view name, Value member) {
    if (name == "model" && JsonReader::IsText(member)) fields.model = in.Text(member);
    if (name == "id" && JsonReader::IsText(member)) fields.id = in.Text(member);
    if (name == "status" && JsonReader::IsText(member)) fields.status = in.Word(member);
    if (name == "error") ReadError(member, in, fields);
    if (name == "incomplete_details") {
      in.Members(member, [&](std::string_view inner, Value reason) {
        if (inner == "reason") fields.incomplete_reason = in.Word(reason);
      });
    }
    if (name != "output" || !asked.output) return;
    fields.has_output = true;
    in.Items(member, [&](Value item) { ReadItem(item, in, asked, fields.output.emplace_back()); });
  });
}

void ReadEventFields(Value root, JsonReader& in, FieldsAsked asked, EventFields& fields) {
  in.Members(root, [&](std::string_view name, Value member) {
    if (name == "type") fields.type = in.Word(member);
    if (name == "output_index") fields.output_index = in.Whole(member);
    if (name == "summary_index") fields.summary_index = in.Whole(member);
    if (name == "content_index") fields.content_index = in.Whole(member);
    if (name == "delta" && JsonReader::IsText(member)) fields.delta = in.Text(member);
    if (name == "arguments" && JsonReader::IsText(member)) fields.arguments = in.Text(member);
    const bool says = name == "text" || name == "refusal";
    if (says && JsonReader::IsText(member)) fields.text = in.Text(member);
    if (name == "item") ReadItem(member, in, asked, fields.item);
    if (name == "response") ReadResponseFields(member, in, asked, fields.response);
    if (name == "error") ReadError(member, in, fields.response);
    if (!JsonReader::IsText(member)) return;  // an `error` event has them itself
    if (name == "code") fields.response.error.code = in.Word(member);
    if (name == "message") fields.response.error.message = in.Text(member);
  });
}

}  // namespace weir::relay::openai_responses

#include "services/relay/dialects/signed_blocks.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "services/relay/dialects/json_read.h"
#include "services/relay/dialects/own_signature.h"
#include "services/relay/dialects/signature_hash.h"

namespace weir::relay {
namespace {

namespace ondemand = simdjson::ondemand;

std::size_t EndOf(const Span& place) { return place.begin + place.size; }

// Cuts the elements with gone[i] out of an array, with the commas that go with them.
void CutElements(const std::vector<Span>& places, const std::vector<bool>& gone,
                 std::vector<BodyEdit>& edits) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!gone[i]) continue;
    std::size_t last = i;
    while (last + 1 < places.size() && gone[last + 1]) ++last;
    const std::size_t begin = i > 0 ? EndOf(places[i - 1]) : places[i].begin;
    const bool more = i == 0 && last + 1 < places.size();
    const std::size_t end = more ? places[last + 1].begin : EndOf(places[last]);
    edits.push_back({{begin, end - begin}, {}});
    i = last;
  }
}

// What stands in a conversation that brings signatures along; empty = the dialect has none.
std::string_view SignedWord(Dialect dialect) {
  switch (dialect) {
    case Dialect::kAnthropicMessages:
      return "thinking\"";
    case Dialect::kOpenAiResponses:
      return "\"encrypted_content\"";
    case Dialect::kOpenAiChat:
    case Dialect::kGemini:  // any account of Google's takes a signature back
      break;
  }
  return {};
}

}  // namespace

// Walks the messages once. What has another shape than expected has no signature, but a place: the
// commas beside it count.
class SignedBlocksReader {
 public:
  SignedBlocksReader(std::string_view body, SignedBlocks& found) : body_(body), found_(found) {}

  // Below the outermost object nobody else has checked the JSON. simdjson gives its document up at
  // the first error and must not be asked anything more.
  bool broken() const { return broken_; }

  void ReadMessages(ondemand::array items) {
    for (auto item : items) {
      ondemand::value value;
      if (item.get(value) != simdjson::SUCCESS) return Break();
      SignedBlocks::Message message;
      ondemand::object object;
      if (value.get_object().get(object) == simdjson::SUCCESS) {
        ReadMessage(object, message);
      } else {
        message.place = WholeOf(value);
      }
      if (broken_) return;
      found_.messages_.push_back(std::move(message));
    }
  }

 private:
  void ReadMessage(ondemand::object object, SignedBlocks::Message& message) {
    bool reasons = false;
    std::string_view encrypted;
    for (auto field : object) {
      std::string_view name;
      ondemand::value value;
      if (field.unescaped_key().get(name) != simdjson::SUCCESS ||
          field.value().get(value) != simdjson::SUCCESS) {
        return Break();
      }
      std::string_view role;
      if (name == "role" && value.get_string().get(role) == simdjson::SUCCESS) {
        message.is_assistant = role == "assistant";
      }
      std::string_view type;
      if (name == "type" && value.get_string().get(type) == simdjson::SUCCESS) {
        reasons = type == "reasoning";
      }
      if (name == "encrypted_content") encrypted = TextOrNothing(value);
      ondemand::array blocks;
      if (name == "content" && value.get_array().get(blocks) == simdjson::SUCCESS) {
        ReadBlocks(blocks, message);
        if (broken_) return;
        ++message.arrays;
      }
    }
    message.place = WholeOf(object);
    if (!reasons || encrypted.empty()) return;
    // It goes as a whole, with the text that may stand beside what is encrypted.
    message.blocks.assign(1, SignedAs(encrypted));
    message.arrays = 0;
  }

  // Another type than text is no signature of anybody's.
  static std::string_view TextOrNothing(ondemand::value value) {
    std::string_view text;
    return value.get_string().get(text) == simdjson::SUCCESS ? text : std::string_view();
  }

  SignedBlocks::Block SignedAs(std::string_view signature) {
    SignatureHash hash;
    hash.Add(signature);
    SignedBlocks::Block block;
    block.is_signed = true;
    block.hash_index = found_.hashes_.size();
    const bool own = signature.starts_with(kOwnSignature);
    found_.hashes_.push_back(own ? kOwnSignatureHash : hash.value());
    return block;
  }

  void ReadBlocks(ondemand::array blocks, SignedBlocks::Message& message) {
    for (auto item : blocks) {
      ondemand::value value;
      if (item.get(value) != simdjson::SUCCESS) return Break();
      SignedBlocks::Block block;
      block.array = message.arrays;
      ondemand::object object;
      if (value.get_object().get(object) == simdjson::SUCCESS) {
        ReadBlock(object, block, message);
        if (!broken_) block.place = WholeOf(object);
      } else {
        block.place = WholeOf(value);
      }
      if (broken_) return;
      message.blocks.push_back(block);
    }
  }

  void ReadBlock(ondemand::object object, SignedBlocks::Block& block,
                 SignedBlocks::Message& message) {
    std::string_view type;
    std::string_view signature;
    std::string_view data;
    for (auto field : object) {
      std::string_view name;
      ondemand::value value;
      if (field.unescaped_key().get(name) != simdjson::SUCCESS ||
          field.value().get(value) != simdjson::SUCCESS) {
        return Break();
      }
      std::string_view* wanted = name == "type"        ? &type
                                 : name == "signature" ? &signature
                                 : name == "data"      ? &data
                                                       : nullptr;
      // Another type than text is no signature of anybody's.
      if (wanted != nullptr && value.get_string().get(*wanted) != simdjson::SUCCESS) continue;
    }
    block.is_tool_use = type == "tool_use";
    message.answers_tools = message.answers_tools || type == "tool_result";
    if (type != "thinking" && type != "redacted_thinking") return;
    SignatureHash hash;
    hash.Add(type == "thinking" ? signature : data);
    block.is_signed = true;
    block.hash_index = found_.hashes_.size();
    const bool own = signature.starts_with(kOwnSignature);
    found_.hashes_.push_back(own ? kOwnSignatureHash : hash.value());
  }

  Span WholeOf(ondemand::object& object) {
    std::string_view text;
    const bool read = object.reset().error() == simdjson::SUCCESS &&
                      object.raw_json().get(text) == simdjson::SUCCESS;
    if (!read) Break();
    return read ? PlaceOf(body_, text) : Span{};
  }
  Span WholeOf(ondemand::value value) {
    std::string_view text;
    const bool read = TextOf(value, text) == simdjson::SUCCESS;
    if (!read) Break();
    return read ? PlaceOf(body_, text) : Span{};
  }
  void Break() { broken_ = true; }

  bool broken_ = false;
  std::string_view body_;
  SignedBlocks& found_;
};

SignedBlocks SignedBlocks::Find(Dialect dialect, const RequestFacts& facts, std::string_view body) {
  SignedBlocks found;
  const std::string_view messages = body.substr(facts.messages.begin, facts.messages.size);
  const std::string_view word = SignedWord(dialect);
  if (word.empty() || messages.find(word) == std::string_view::npos) return found;
  ondemand::parser parser;
  ondemand::document document;
  ondemand::array items;
  if (parser.iterate(messages.data(), messages.size(), messages.size() + kBodyPaddingBytes)
              .get(document) == simdjson::SUCCESS &&
      document.get_array().get(items) == simdjson::SUCCESS) {
    SignedBlocksReader reader(body, found);
    reader.ReadMessages(items);
    // Its provider will refuse it as it is.
    if (reader.broken()) return {};
  }
  return found;
}

// Whether the answer to tools that comes last belongs to calls that lose their thinking.
bool SignedBlocks::LosesItsThinking(const std::vector<bool>& drop) const {
  std::size_t at = messages_.size();
  bool answers = false;
  while (at > 0 && !messages_[at - 1].is_assistant) {
    answers = answers || messages_[at - 1].answers_tools;
    --at;
  }
  if (at == 0 || !answers) return false;
  bool lost = false;
  for (const Block& block : messages_[at - 1].blocks) {
    if (block.is_signed && !drop[block.hash_index]) return false;
    lost = lost || block.is_signed;
    if (block.is_tool_use) return lost;
  }
  return false;
}

// The edits of one message; true: nothing of its content is left, it goes as a whole.
bool SignedBlocks::CutBlocks(const Message& message, const std::vector<bool>& drop,
                             std::vector<BodyEdit>& edits) const {
  const auto goes = [&drop](const Block& block) {
    return block.is_signed && drop[block.hash_index];
  };
  if (!message.blocks.empty() && std::all_of(message.blocks.begin(), message.blocks.end(), goes)) {
    return true;
  }
  // A message that names its content twice has two arrays, each with its own commas.
  for (std::size_t array = 0; array < message.arrays; ++array) {
    std::vector<Span> places;
    std::vector<bool> gone;
    for (const Block& block : message.blocks) {
      if (block.array != array) continue;
      places.push_back(block.place);
      gone.push_back(goes(block));
    }
    CutElements(places, gone, edits);
  }
  return false;
}

SignedBlocks::Drop SignedBlocks::Without(const std::vector<bool>& drop, const RequestFacts& facts,
                                         std::string_view body) const {
  Drop result;
  std::vector<Span> message_places;
  std::vector<bool> message_gone;
  for (const Message& message : messages_) {
    message_places.push_back(message.place);
    message_gone.push_back(CutBlocks(message, drop, result.edits));
  }
  CutElements(message_places, message_gone, result.edits);
  std::sort(result.edits.begin(), result.edits.end(),
            [](const BodyEdit& a, const BodyEdit& b) { return a.erased.begin < b.erased.begin; });
  const std::string_view thinking = body.substr(facts.thinking.begin, facts.thinking.size);
  const bool adaptive = thinking.find(R"("adaptive")") != std::string_view::npos;
  result.disable_thinking = facts.thinks && !adaptive && LosesItsThinking(drop);
  return result;
}

}  // namespace weir::relay

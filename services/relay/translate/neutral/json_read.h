// Reading JSON for the readers: simdjson on demand, with the place in the document kept, so that
// what is wrong is told by its name. For .cc files of readers alone.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace weir::relay {

namespace ondemand = simdjson::ondemand;

// One document at a time; what is read of it is valid as long as this and the text are.
class JsonDocument {
 public:
  // `text` must be readable for 64 bytes behind its end. False: no JSON object.
  bool Open(std::string_view text, ondemand::value& root);
  // The same for text that is not: it is copied.
  bool OpenCopy(std::string_view text, ondemand::value& root);
  // The same while another document of this thread is still being read.
  bool OpenApart(std::string_view text, ondemand::value& root);
  // Nothing follows the object, which must have been read to its end.
  bool AtEnd();

 private:
  bool OpenWith(ondemand::parser& parser, std::string_view text, ondemand::value& root);

  std::optional<ondemand::parser> own_parser_;  // for what is large, or apart
  std::string copy_;
  ondemand::document document_;
};

// Walks a document and remembers the first thing that is wrong with it; then it reads no further.
// Members that are null count as not there. What it hands out as it stands there is whole JSON and
// can be carried on; what nobody asks for is not looked at.
class JsonReader {
 public:
  JsonReader() = default;
  // Of a document that such a reader handed out: it need not be looked at again.
  static JsonReader OfChecked() {
    JsonReader reader;
    reader.checked_ = true;
    return reader;
  }

  // Of a request: a member that stands there twice is refused, since another reader might take the
  // other one.
  static JsonReader OfRequest() {
    JsonReader reader;
    reader.unique_ = true;
    return reader;
  }

  bool ok() const { return problem_.empty(); }
  // InvalidArgument, as "messages[3].content: must be …".
  absl::Status status() const;

  // Each member of an object to visit(name, value); each item of an array to visit(value). `json`,
  // if it is wanted, gets the object as it stands there, ahead of its members.
  template <typename Visit>
  void Members(ondemand::value value, Visit visit, std::string_view* json = nullptr) {
    ondemand::object object;
    if (!ok() || !IsA(value, '{', "an object") || IsTooDeep()) return;
    if (value.get_object().get(object) != simdjson::SUCCESS) return Broken();
    if (json != nullptr && !ReadAhead(object, *json)) return Broken();
    const std::size_t names = names_.size();
    for (auto field : object) {
      std::string_view name;
      ondemand::value member;
      if (field.unescaped_key().get(name) != simdjson::SUCCESS ||
          field.value().get(member) != simdjson::SUCCESS) {
        return Broken();
      }
      path_.push_back({name, 0});
      if (unique_) CheckUnique(name, names);
      if (ok() && !IsNull(member)) visit(name, member);
      path_.pop_back();
      if (!ok()) return;
    }
    names_.resize(names);
  }
  template <typename Visit>
  void Items(ondemand::value value, Visit visit) {
    ondemand::array array;
    if (!ok() || !IsA(value, '[', "an array") || IsTooDeep()) return;
    if (value.get_array().get(array) != simdjson::SUCCESS) return Broken();
    path_.push_back({{}, 0});
    for (auto item : array) {
      ondemand::value element;
      if (item.get(element) != simdjson::SUCCESS) return Broken();
      visit(element);
      if (!ok()) return;
      ++path_.back().index;
    }
    path_.pop_back();
  }

  // What stands between the quotes of a string, escaped as it is.
  std::string_view Text(ondemand::value value);
  // A string to compare with; decoded.
  std::string_view Word(ondemand::value value);
  // Any value, as it stands there.
  std::string_view Raw(ondemand::value value);
  // The same of an object.
  std::string_view RawObject(ondemand::value value);
  // A number, as it stands there.
  std::string_view Number(ondemand::value value);
  std::int64_t Whole(ondemand::value value);
  bool Bool(ondemand::value value);

  static bool IsText(ondemand::value value) { return FirstOf(value) == '"'; }
  static bool IsArray(ondemand::value value) { return FirstOf(value) == '['; }
  static bool IsObject(ondemand::value value) { return FirstOf(value) == '{'; }

  // The value at hand is wrong: "must be …", or any other sentence. Only the first one is kept.
  void Wrong(std::string_view expected);
  void Refuse(std::string_view sentence);
  // The name of the place at hand, as "tools[2]".
  std::string Place() const;

 private:
  struct Step {
    std::string_view name;
    std::size_t index;
  };

  static char FirstOf(ondemand::value value) { return value.raw_json_token().front(); }
  // All of an object whose members are read behind it.
  static bool ReadAhead(ondemand::object& object, std::string_view& json);
  bool IsNull(ondemand::value value);
  bool IsA(ondemand::value value, char first, std::string_view expected);
  // Readers call themselves for what stands inside: each level costs stack.
  bool IsTooDeep();
  // Among those of its own object, which are the names from `first` on.
  void CheckUnique(std::string_view name, std::size_t first);
  void Broken();

  std::vector<Step> path_;
  std::vector<std::string_view> names_;  // of the members of all objects that are open
  std::string problem_;
  bool checked_ = false;
  bool unique_ = false;
};

}  // namespace weir::relay

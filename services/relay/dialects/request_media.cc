#include "services/relay/dialects/request_media.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <span>

#include "libs/common/byte_search.h"

namespace weir::relay {
namespace {

namespace ondemand = simdjson::ondemand;

// Types of content parts, of all dialects but Gemini, whose parts are told by their members' names.
constexpr std::array<std::string_view, 6> kMediaTypes = {"image", "image_url",  "input_image",
                                                         "file",  "input_file", "document"};
constexpr std::array<std::string_view, 4> kMediaMembers = {"inlineData", "inline_data", "fileData",
                                                           "file_data"};

// Quotes as they stand in plain JSON. A writer that escapes letters of a type's name is not met.
bool NamesMedia(std::string_view text) {
  const auto names = [text](std::string_view word) {
    for (std::size_t at = text.find(word, 1); at != std::string_view::npos;
         at = text.find(word, at + 1)) {
      const std::size_t end = at + word.size();
      if (text[at - 1] == '"' && end < text.size() && text[end] == '"') return true;
    }
    return false;
  };
  return std::any_of(kMediaTypes.begin(), kMediaTypes.end(), names) ||
         std::any_of(kMediaMembers.begin(), kMediaMembers.end(), names);
}

bool IsOneOf(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// A message's parts, and the parts of a tool's result. Clients nest what they like; each level that
// is looked into costs stack.
constexpr int kContentLevels = 2;

constexpr std::string_view kMediaMark = "base64";

// Where the mark stands at or behind `from`. std::string_view::find alone would stop at each 'b',
// of which text has many; two letters at their distance are rare. Adds what is not ASCII of the
// bytes before the mark; of all, when there is none.
std::size_t FindMediaMark(std::string_view body, std::size_t from, std::int64_t& non_ascii) {
  constexpr std::size_t kDistance = 5;  // from 'b' to '4'
  constexpr std::size_t kBlockBytes = 64;
  for (;;) {
    from = SkipWithoutPair(body, from, 'b', kDistance, '4', non_ascii);
    const bool last = from + kBlockBytes + kDistance > body.size();
    const std::size_t ahead = last ? body.size() - from : kBlockBytes + kDistance;
    const std::size_t found = body.substr(from, ahead).find(kMediaMark);
    const bool none = found == std::string_view::npos;
    const std::size_t passed = !none ? found : last ? ahead : kBlockBytes;
    non_ascii += CountNonAscii(body.substr(from, passed));
    if (!none) return from + found;
    if (last) return std::string_view::npos;
    from += kBlockBytes;
  }
}

// "data:image/png;base64,AAAA…" or {"type":"base64","media_type":…,"data":"AAAA…"}: the first long
// string within the next few fields behind a mark is the media itself. `begin` is where the mark
// ends. Without media: an empty span where the walk ended; no mark stands before that which could
// still have media behind it.
//
// A mark within a walked string begins no walk of its own but lets this one go on, and the caller
// searches on behind what was walked. So each byte is passed once at most for the quotes, and once
// for the marks (but for the block that a search reads ahead, of which every walk of ten strings
// pays for one): the work is in proportion to the body, whatever stands in it. Adds what is not
// ASCII of the bytes that it passes.
Span MediaBehind(std::string_view body, std::size_t begin, std::int64_t& non_ascii) {
  constexpr int kStringsBehindMark = 10;         // what stands between two quotes, in JSON or not
  constexpr std::size_t kMediaBytesMin = 2'048;  // shorter texts are not worth telling apart
  int strings = kStringsBehindMark;
  while (strings > 0 && begin < body.size()) {
    const std::size_t quote = std::min(body.find('"', begin), body.size());
    const std::string_view text = body.substr(begin, quote - begin);
    if (text.size() >= kMediaBytesMin) {
      non_ascii += CountNonAscii(text);
      return {begin, text.size()};
    }
    const std::size_t mark = FindMediaMark(text, 0, non_ascii);
    if (mark != std::string_view::npos) {
      non_ascii += CountNonAscii(text.substr(mark));
      strings = kStringsBehindMark;
    }
    --strings;  // what stands behind a mark in its own string is the first
    begin = quote + 1;
  }
  return {std::min(begin, body.size()), 0};
}

bool IsMedia(ondemand::object part, int content_levels);

// `content_levels`: of content within the parts, that are looked into.
bool HoldsMedia(ondemand::value content, int content_levels) {
  ondemand::array parts;
  if (content.get_array().get(parts) != simdjson::SUCCESS) return false;
  for (auto item : parts) {
    ondemand::object part;
    if (item.get_object().get(part) == simdjson::SUCCESS && IsMedia(part, content_levels)) {
      return true;
    }
  }
  return false;
}

bool IsMedia(ondemand::object part, int content_levels) {
  for (auto field : part) {
    std::string_view name;
    ondemand::value value;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS) {
      return false;
    }
    std::string_view type;
    if (name == "type" && value.get_string().get(type) == simdjson::SUCCESS) {
      if (IsOneOf(type, kMediaTypes)) return true;
    }
    if (IsOneOf(name, kMediaMembers)) return true;
    if ((name == "content" || name == "parts") && content_levels > 0 &&
        HoldsMedia(value, content_levels - 1)) {
      return true;
    }
  }
  return false;
}

// `next_mark(at, non_ascii)`: where the next mark of media ends at or behind `at`; npos = there is
// none. Adds what is not ASCII of the bytes that it passes.
template <typename NextMark>
BodyMeasure Measure(std::string_view body, NextMark next_mark) {
  constexpr std::int64_t kBytesPerToken = 4;
  constexpr std::int64_t kTokensPerPicture = 1'600;  // what providers count for a full-size image
  BodyMeasure measure;
  std::int64_t pictures = 0;
  std::size_t text_bytes = body.size();
  std::size_t at = 0;
  while ((at = next_mark(at, measure.non_ascii_bytes)) != std::string_view::npos) {
    const Span media = MediaBehind(body, at, measure.non_ascii_bytes);
    pictures += media.size != 0 ? 1 : 0;
    text_bytes -= media.size;
    at = media.begin + media.size;
  }
  measure.estimated_tokens =
      (static_cast<std::int64_t>(text_bytes) + kBytesPerToken - 1) / kBytesPerToken +
      pictures * kTokensPerPicture;
  return measure;
}

}  // namespace

bool HasMedia(const RequestFacts& facts, std::string_view body) {
  const std::string_view messages = body.substr(facts.messages.begin, facts.messages.size);
  if (!NamesMedia(messages)) return false;
  ondemand::parser parser;
  ondemand::document document;
  ondemand::array items;
  // Behind the messages stands the rest of the body, and its padding.
  if (parser.iterate(messages.data(), messages.size(), messages.size() + kBodyPaddingBytes)
              .get(document) != simdjson::SUCCESS ||
      document.get_array().get(items) != simdjson::SUCCESS) {
    return false;
  }
  for (auto item : items) {
    ondemand::object message;
    if (item.get_object().get(message) == simdjson::SUCCESS && IsMedia(message, kContentLevels)) {
      return true;
    }
  }
  return false;
}

BodyMeasure MeasureBody(std::string_view body) {
  return Measure(body, [body](std::size_t at, std::int64_t& non_ascii) {
    const std::size_t mark = FindMediaMark(body, at, non_ascii);
    return mark == std::string_view::npos ? mark : mark + kMediaMark.size();
  });
}

BodyMeasure MeasureGeminiBody(std::string_view body) {
  return Measure(body, [body](std::size_t at, std::int64_t& non_ascii) {
    constexpr std::string_view kMark = "\"inline";
    constexpr std::size_t kRestBytes = 6;  // Data" or _data
    const std::size_t mark = body.find(kMark, at);
    const bool none = mark == std::string_view::npos;
    const std::size_t end = none ? mark : std::min(mark + kMark.size() + kRestBytes, body.size());
    non_ascii += CountNonAscii(body.substr(at, none ? end : end - at));
    return end;
  });
}

}  // namespace weir::relay

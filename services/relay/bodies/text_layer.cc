#include "services/relay/bodies/text_layer.h"

#include <algorithm>

namespace weir::relay {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

bool HexValue(std::string_view digits, std::uint32_t& value) {
  value = 0;
  for (const char c : digits) {
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
      digit = static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
    } else {
      return false;
    }
    value = value << 4 | digit;
  }
  return true;
}

void AppendUtf8(std::uint32_t code, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

bool IsUnicodeEscape(std::string_view text, std::uint32_t& code) {
  constexpr std::size_t kBytes = 6;
  return text.size() >= kBytes && text[0] == '\\' && text[1] == 'u' &&
         HexValue(text.substr(2, 4), code);
}

// The escape that `text` begins with: its size, and what it stands for. 0: none.
std::size_t ReadEscape(std::string_view text, std::string& decoded) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  decoded.clear();
  if (text.size() < 2) return 0;
  if (const std::size_t letter = kLetters.find(text[1]); letter != std::string_view::npos) {
    decoded += kMeanings[letter];
    return 2;
  }
  std::uint32_t code = 0;
  if (!IsUnicodeEscape(text, code)) return 0;
  std::size_t size = 6;
  std::uint32_t low = 0;
  const bool is_high = code >= 0xD800 && code < 0xDC00;
  if (is_high && IsUnicodeEscape(text.substr(size), low) && low >= 0xDC00 && low < 0xE000) {
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    size += 6;
  } else if (code >= 0xD800 && code < 0xE000) {
    code = kReplacement;
  }
  AppendUtf8(code, decoded);
  return size;
}

// The escape that `position` stands within: [begin, end); empty when there is none.
RawSpan EscapeAround(std::string_view text, std::size_t position) {
  constexpr std::size_t kEscapeBytesMax = 12;
  std::string decoded;
  for (std::size_t back = 1; back < kEscapeBytesMax && back <= position; ++back) {
    const std::size_t begin = position - back;
    if (begin >= text.size() || text[begin] != '\\') continue;
    std::size_t slashes = 0;
    while (slashes < begin && text[begin - slashes - 1] == '\\') ++slashes;
    if (slashes % 2 != 0) continue;  // the second half of an escaped backslash
    const std::size_t size = ReadEscape(text.substr(begin), decoded);
    if (size > back) return {begin, begin + size};
  }
  return {position, position};
}

}  // namespace

std::size_t EscapeBegin(std::string_view text, std::size_t position) {
  return EscapeAround(text, position).begin;
}

std::size_t EscapeEnd(std::string_view text, std::size_t position) {
  return EscapeAround(text, position).end;
}

TextLayer TextLayer::Of(std::string_view raw) {
  TextLayer layer;
  layer.view_ = raw;
  layer.runs_.push_back({0, 0, raw.size(), false});
  return layer;
}

void TextLayer::AppendUnescaped(const TextLayer& from, std::size_t begin, std::size_t end) {
  const std::string_view text = from.text().substr(0, end);
  std::string decoded;
  std::size_t copied = begin;
  std::size_t at = text.find('\\', begin);
  while (at < text.size()) {
    const std::size_t size = ReadEscape(text.substr(at), decoded);
    if (size > 0) {
      AppendCopy(from, copied, at);
      AppendDecoded(from, at, at + size, decoded);
      copied = at + size;
    }
    at = text.find('\\', size > 0 ? copied : at + 1);
  }
  AppendCopy(from, copied, text.size());
}

std::size_t TextLayer::FirstRunAt(std::size_t position) const {
  const auto next = std::upper_bound(runs_.begin(), runs_.end(), position,
                                     [](std::size_t at, const Run& run) { return at < run.at; });
  return static_cast<std::size_t>(next - runs_.begin()) - 1;
}

std::vector<RawSpan> TextLayer::RawSpansOf(std::size_t begin, std::size_t end) const {
  std::vector<RawSpan> spans;
  if (begin >= end) return spans;
  for (std::size_t i = FirstRunAt(begin); i < runs_.size() && runs_[i].at < end; ++i) {
    const Run& run = runs_[i];
    const std::size_t run_end = i + 1 < runs_.size() ? runs_[i + 1].at : text().size();
    RawSpan span{run.raw, run.raw + run.raw_bytes};
    if (!run.escape) {
      span.begin = run.raw + (std::max(begin, run.at) - run.at);
      span.end = run.raw + (std::min(end, run_end) - run.at);
    }
    const bool goes_on =
        !spans.empty() && span.begin >= spans.back().begin && span.begin <= spans.back().end;
    if (goes_on) {
      spans.back().end = std::max(spans.back().end, span.end);
    } else {
      spans.push_back(span);
    }
  }
  return spans;
}

void TextLayer::AddRun(Run run) {
  if (!run.escape && !runs_.empty()) {
    Run& last = runs_.back();
    const bool goes_on = !last.escape && last.raw + last.raw_bytes == run.raw;
    if (goes_on) {
      last.raw_bytes += run.raw_bytes;
      return;
    }
  }
  runs_.push_back(run);
}

void TextLayer::AppendCopy(const TextLayer& from, std::size_t begin, std::size_t end) {
  if (begin >= end) return;
  for (std::size_t i = from.FirstRunAt(begin); i < from.runs_.size() && from.runs_[i].at < end;
       ++i) {
    const Run& run = from.runs_[i];
    const std::size_t run_end =
        i + 1 < from.runs_.size() ? from.runs_[i + 1].at : from.text().size();
    const std::size_t first = std::max(begin, run.at);
    const std::size_t last = std::min(end, run_end);
    Run copy{owned_.size(), run.raw, run.raw_bytes, run.escape};
    if (!run.escape) {
      copy.raw = run.raw + (first - run.at);
      copy.raw_bytes = last - first;
    }
    owned_ += from.text().substr(first, last - first);
    AddRun(copy);
  }
}

void TextLayer::AppendDecoded(const TextLayer& from, std::size_t begin, std::size_t end,
                              std::string_view decoded) {
  bool first = true;
  for (const RawSpan& span : from.RawSpansOf(begin, end)) {
    AddRun({owned_.size(), span.begin, span.end - span.begin, true});
    // What else of it stands in a later event counts with it.
    if (first) owned_ += decoded;
    first = false;
  }
}

}  // namespace weir::relay

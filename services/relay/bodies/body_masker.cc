#include "services/relay/bodies/body_masker.h"

#include <algorithm>
#include <utility>

#include "services/relay/bodies/event_strings.h"
#include "services/relay/bodies/secret_shapes.h"
#include "services/relay/bodies/text_layer.h"

namespace weir::relay {
namespace {

constexpr int kUnescapesMax = 3;  // JSON in JSON in JSON

// What goes from the raw bytes; the label stands once for each thing masked, in its first piece.
struct Masking {
  RawSpan raw;
  bool labelled = false;
};

class LayerSearch {
 public:
  LayerSearch(const std::vector<MaskPattern>& patterns, bool emails,
              const std::vector<Secret>& secrets)
      : patterns_(patterns), emails_(emails), secrets_(secrets) {}

  // In this layer and in all that come of undoing its escapes.
  void Search(const TextLayer& layer) {
    SearchOne(layer);
    TextLayer before = layer;
    for (int i = 0; i < kUnescapesMax; ++i) {
      if (before.text().find('\\') == std::string_view::npos) return;
      TextLayer undone;
      undone.AppendUnescaped(before, 0, before.text().size());
      if (undone.text() == before.text()) return;
      SearchOne(undone);
      before = std::move(undone);
    }
  }

  std::vector<Masking> Take() { return std::move(maskings_); }

 private:
  // A text that is cut may end in half an escape, behind which nothing looks like an end.
  void SearchOne(const TextLayer& layer) {
    const std::string_view text = layer.text();
    const std::string_view trimmed = WithoutHalfCharacter(text);
    SearchText(layer, text);
    if (trimmed.size() < text.size()) SearchText(layer, trimmed);
  }

  void SearchText(const TextLayer& layer, std::string_view text) {
    std::vector<TextSpan> spans;
    FindKnownSecrets(text, spans);
    if (emails_) FindEmails(text, spans);
    for (const MaskPattern& pattern : patterns_) FindPattern(pattern, text, spans);
    for (const Secret& secret : secrets_) FindLiteral(text, secret.Reveal(), spans);
    for (const TextSpan& span : spans) {
      bool first = true;
      // Half an escape must not be left: what stands before this layer's text may be one.
      const std::size_t begin = EscapeBegin(layer.text(), span.begin);
      const std::size_t end = EscapeEnd(layer.text(), span.end);
      for (const RawSpan& raw : layer.RawSpansOf(begin, end)) {
        maskings_.push_back({raw, std::exchange(first, false)});
      }
    }
  }

  const std::vector<MaskPattern>& patterns_;
  const bool emails_;
  const std::vector<Secret>& secrets_;
  std::vector<Masking> maskings_;
};

// In order, and none that overlaps another.
std::vector<Masking> Merged(std::vector<Masking> maskings) {
  std::sort(maskings.begin(), maskings.end(),
            [](const Masking& a, const Masking& b) { return a.raw.begin < b.raw.begin; });
  std::vector<Masking> merged;
  for (const Masking& masking : maskings) {
    if (merged.empty() || masking.raw.begin >= merged.back().raw.end) {
      merged.push_back(masking);
      continue;
    }
    Masking& last = merged.back();
    last.raw.end = std::max(last.raw.end, masking.raw.end);
    last.labelled = last.labelled || masking.labelled;
  }
  return merged;
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// At most `bytes_max` of it, to a character's end.
std::string_view Head(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && IsContinuation(text[bytes_max])) --bytes_max;
  return text.substr(0, bytes_max);
}

MaskedBody Apply(std::string_view text, const std::vector<Masking>& maskings,
                 std::size_t bytes_max) {
  MaskedBody body;
  // What lies beyond may be half of something that was not seen whole.
  const std::size_t end = Head(text, bytes_max).size();
  std::size_t at = 0;
  for (const Masking& masking : maskings) {
    if (masking.raw.begin >= end) break;
    body.text += text.substr(at, masking.raw.begin - at);
    if (masking.labelled) {
      body.text += kMask;
      ++body.masked;
    }
    at = masking.raw.end;
  }
  if (at < end) body.text += text.substr(at, end - at);
  body.cut = end < text.size() || body.text.size() > bytes_max;
  body.text.resize(Head(body.text, bytes_max).size());
  return body;
}

// Gemini's stream without alt=sse.
bool IsArray(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '[';
}

}  // namespace

BodyMasker::BodyMasker(const std::vector<std::string>& patterns, bool emails) : emails_(emails) {
  for (const std::string& pattern : patterns) {
    absl::StatusOr<MaskPattern> compiled = MaskPattern::Compile(pattern);
    if (compiled.ok()) patterns_.push_back(*std::move(compiled));
  }
}

MaskedBody BodyMasker::Mask(std::string_view text, BodyShape shape,
                            const std::vector<Secret>& secrets, std::size_t bytes_max) const {
  LayerSearch search(patterns_, emails_, secrets);
  const TextLayer raw = TextLayer::Of(text);
  search.Search(raw);
  if (shape == BodyShape::kEvents || IsArray(text)) {
    const EventFraming framing =
        shape == BodyShape::kEvents ? EventFraming::kServerSent : EventFraming::kArray;
    for (const std::vector<RawSpan>& pieces : FindEventStrings(text, framing)) {
      TextLayer told;
      for (const RawSpan& piece : pieces) told.AppendUnescaped(raw, piece.begin, piece.end);
      search.Search(told);
    }
  }
  return Apply(text, Merged(search.Take()), bytes_max);
}

std::string_view WithoutHalfCharacter(std::string_view text) {
  // Of a character, at most three bytes and its first.
  std::size_t lead = text.size();
  for (int back = 0; back < 4 && lead > 0; ++back) {
    --lead;
    if (IsContinuation(text[lead])) continue;
    const auto first = static_cast<unsigned char>(text[lead]);
    const std::size_t size = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (lead + size > text.size()) text = text.substr(0, lead);
    break;
  }
  // Of an escape: \ or \u and less than four digits, also with its backslash escaped itself.
  std::size_t tail = text.size();
  while (tail > 0 && text.size() - tail < 3 && text[tail - 1] != '\\' && text[tail - 1] != 'u') {
    --tail;
  }
  if (tail > 0 && text[tail - 1] == 'u') --tail;
  std::size_t slash = tail;
  while (slash > 0 && text[slash - 1] == '\\') --slash;
  return slash < tail ? text.substr(0, slash) : text;
}

}  // namespace weir::relay

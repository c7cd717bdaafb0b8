// Recorded bodies: no secret of a known shape survives, whatever stands around it, however it is
// escaped, told in pieces or cut; what was UTF-8 stays so; nothing else is lost.
#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>

#include "libs/common/utf8.h"
#include "services/relay/bodies/body_masker.h"
#include "services/relay/bodies/body_text.h"
#include "services/relay/bodies/text_layer.h"
#include "tests/fuzz/fuzz.h"

namespace weir::relay {
namespace {

constexpr std::size_t kBytesMax = 512;
constexpr std::size_t kAll = 1 << 20;
constexpr std::string_view kSecrets[] = {"sk-ant-api03-Zq81XvPw-kT_2mLc9RbY",
                                         "ck_Zq81XvPwkT2mLc9RbYdE7u",
                                         "AKIAZQ81XVPWKT2MLC9R",
                                         "AIzaZq81XvPwkT2mLc9RbYdE7uJh",
                                         "ghp_Zq81XvPwkT2mLc9RbYdE7uJh",
                                         "eyJZq81XvPwkT.Zq81XvPwkT2mLc.9RbYdE7uJh",
                                         "xoxb-81-XvPwkT2mLc9RbYdE7u"};

const BodyMasker& Masker() {
  static const BodyMasker masker({}, /*emails=*/false);
  return masker;
}

// As JSON has it; `byte` decides which characters are written as numbers.
std::string Escaped(std::string_view text, unsigned byte) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto code = static_cast<unsigned char>(c);
    const bool chosen = (byte >> (i % 8) & 1) != 0 && code < 0x80;
    if (!chosen && (c == '"' || c == '\\')) {
      out += '\\';
      out += c;
    } else if (chosen || code < 0x20) {
      out += "\\u00";
      out += kHex[code >> 4];
      out += kHex[code & 15];
    } else {
      out += c;
    }
  }
  return out;
}

std::string Unescaped(std::string_view text) {
  TextLayer undone;
  undone.AppendUnescaped(TextLayer::Of(text), 0, text.size());
  return std::string(undone.text());
}

// Eight bytes are none that could have come by chance.
bool TellsAsItStands(std::string_view text, std::string_view secret) {
  constexpr std::size_t kPart = 8;
  for (std::size_t at = 4; at + kPart <= secret.size(); ++at) {
    if (text.find(secret.substr(at, kPart)) != std::string_view::npos) return true;
  }
  return false;
}

// Whether a part of the secret is there, as it is or behind escapes, up to three deep.
bool Tells(std::string text, std::string_view secret) {
  for (int unescapes = 0; unescapes < 3; ++unescapes) {
    if (TellsAsItStands(text, secret)) return true;
    text = Unescaped(text);
  }
  return TellsAsItStands(text, secret);
}

void CheckMasked(std::string_view body, BodyShape shape, std::size_t bytes_max,
                 std::string_view secret) {
  const std::string cut(WithoutHalfCharacter(body));
  const MaskedBody masked = Masker().Mask(cut, shape, {}, bytes_max);
  FUZZ_CHECK(masked.text.size() <= bytes_max);
  if (IsValidUtf8(cut)) FUZZ_CHECK(IsValidUtf8(masked.text));
  if (masked.masked == 0 && bytes_max >= cut.size()) FUZZ_CHECK(masked.text == cut);
  if (!secret.empty()) FUZZ_CHECK(!Tells(masked.text, secret));
}

// The input as a body by itself, of each form.
void CheckAlone(std::string_view data) {
  for (const BodyShape shape : {BodyShape::kText, BodyShape::kEvents}) {
    CheckMasked(data, shape, kAll, {});
    CheckMasked(data, shape, data.size() / 2, {});
  }
  for (const std::string_view type : {"application/json", "multipart/form-data; boundary=b"}) {
    for (const bool all : {true, false}) {
      FUZZ_CHECK(IsValidUtf8(ReadBodyText(type, std::string(data), all).text));
    }
  }
}

std::string Stream(std::string_view text, std::size_t piece, unsigned escapes) {
  std::string stream;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    stream += "data: {\"index\":0,\"delta\":{\"text\":\"";
    stream += Escaped(text.substr(at, piece), escapes);
    stream += "\"}}\n\n";
  }
  return stream;
}

// At a few places only, others for each input: to mask takes long, and more inputs find more.
void CheckMaskedAndCut(std::string_view body, BodyShape shape, std::string_view secret,
                       std::size_t input_sum) {
  constexpr std::size_t kCutsUsual = 6;
  const std::size_t step = body.size() / kCutsUsual + 1;
  for (std::size_t cut = input_sum % step + 1; cut < body.size(); cut += step) {
    CheckMasked(body.substr(0, cut), shape, kAll, secret);
    CheckMasked(body, shape, cut, secret);
  }
  CheckMasked(body, shape, kAll, secret);
}

}  // namespace
}  // namespace weir::relay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::relay;  // NOLINT(google-build-using-namespace)
  if (size > kBytesMax) return weir::fuzz::kRefused;
  std::string_view data = weir::fuzz::Text(bytes, size);
  CheckAlone(data);
  const std::string_view secret = kSecrets[weir::fuzz::TakeByte(data) % std::size(kSecrets)];
  const unsigned escapes = weir::fuzz::TakeByte(data);
  const std::size_t piece = weir::fuzz::TakeByte(data) % 40 + 1;
  const std::size_t place = std::min<std::size_t>(weir::fuzz::TakeByte(data), data.size());
  const std::string before = weir::ValidUtf8(data.substr(0, place));
  const std::string after = weir::ValidUtf8(data.substr(place));
  // What the input says of it by itself is not ours to find again.
  if (Tells(before, secret) || Tells(after, secret)) return weir::fuzz::kTaken;
  std::string text = before;
  text += ' ';
  text += secret;
  text += ' ';
  text += after;
  const std::string json = "{\"a\":\"" + Escaped(text, escapes) + "\"}";
  const std::string nested = "{\"b\":\"" + Escaped(json, escapes >> 3) + "\"}";
  const std::string stream = Stream(text, piece, escapes);
  const std::size_t sum = std::accumulate(bytes, bytes + size, std::size_t{0});
  CheckMaskedAndCut(json, BodyShape::kText, secret, sum);
  CheckMaskedAndCut(nested, BodyShape::kText, secret, sum);
  CheckMaskedAndCut(stream, BodyShape::kEvents, secret, sum);
  return weir::fuzz::kTaken;
}

// Chunked bodies: the same payload and the same end however the bytes come, and the one that a
// decoder written the plain way finds.
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/http1/body_decoder.h"
#include "tests/fuzz/fuzz.h"

namespace weir::relay {
namespace {

constexpr std::size_t kBytesMax = 1'024;

struct Decoded {
  BodyStatus status = BodyStatus::kMore;
  std::string payload;
  std::size_t consumed_bytes = 0;

  bool operator==(const Decoded&) const = default;
};

Decoded Decode(BodyFraming framing, std::int64_t length,
               const std::vector<std::string_view>& parts) {
  BodyDecoder decoder(framing, length);
  Decoded out;
  if (decoder.finished_at_start()) out.status = BodyStatus::kFinished;
  for (const std::string_view part : parts) {
    if (out.status != BodyStatus::kMore) break;
    std::vector<char> bytes(part.begin(), part.end());  // of its own size: overruns are seen
    const BodyPart step = decoder.Decode(bytes.data(), bytes.size());
    FUZZ_CHECK(step.payload_bytes <= step.consumed_bytes && step.consumed_bytes <= bytes.size());
    FUZZ_CHECK(step.status != BodyStatus::kMore || step.consumed_bytes == bytes.size());
    out.status = step.status;
    out.payload.append(bytes.data(), step.payload_bytes);
    out.consumed_bytes += step.consumed_bytes;
  }
  return out;
}

// RFC 9112 §7.1 over all bytes at once; nothing when they are no whole chunked body.
std::optional<Decoded> DecodePlainly(std::string_view data) {
  Decoded out;
  std::size_t at = 0;
  const auto take_line = [&]() -> std::optional<std::string_view> {
    const std::size_t end = data.find("\r\n", at);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = data.substr(at, end - at);
    if (line.find_first_of("\r\n") != std::string_view::npos) return std::nullopt;
    at = end + 2;
    return line;
  };
  for (;;) {
    const auto line = take_line();
    if (!line) return std::nullopt;
    const std::string_view digits = line->substr(0, line->find(';'));
    std::uint64_t bytes = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), bytes, 16);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    if (bytes == 0) break;
    if (data.size() - at < bytes || data.substr(at + bytes, 2) != "\r\n") return std::nullopt;
    out.payload.append(data.substr(at, bytes));
    at += bytes + 2;
  }
  for (auto line = take_line(); !line || !line->empty(); line = take_line()) {
    if (!line) return std::nullopt;
  }
  out.status = BodyStatus::kFinished;
  out.consumed_bytes = at;
  return out;
}

}  // namespace
}  // namespace weir::relay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::relay;  // NOLINT(google-build-using-namespace)
  if (size > kBytesMax) return weir::fuzz::kRefused;
  std::string_view data = weir::fuzz::Text(bytes, size);
  const unsigned mode = weir::fuzz::TakeByte(data);
  const auto framing = mode < 192 ? BodyFraming::kChunked : BodyFraming::kLength;
  const std::int64_t length = (mode - 192) * 7;
  const Decoded whole = Decode(framing, length, {data});
  for (const auto& parts : weir::fuzz::EveryCut(data)) {
    const Decoded other = Decode(framing, length, parts);
    FUZZ_CHECK(other.status == whole.status && other.consumed_bytes == whole.consumed_bytes);
    // What came before the fault may have been passed on, in parts of any size.
    if (whole.status == BodyStatus::kMalformed) continue;
    FUZZ_CHECK(other.payload == whole.payload);
  }
  if (framing != BodyFraming::kChunked) return weir::fuzz::kTaken;
  const auto plain = DecodePlainly(data);
  if (whole.status == BodyStatus::kFinished) FUZZ_CHECK(plain.has_value() && *plain == whole);
  if (plain.has_value()) FUZZ_CHECK(whole.status == BodyStatus::kFinished);
  return weir::fuzz::kTaken;
}

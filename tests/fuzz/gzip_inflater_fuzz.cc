// Compressed answers: the same output however the bytes come, and text comes back as it was.
#include <zlib.h>

#include <string>
#include <string_view>
#include <vector>

#include "services/relay/http1/gzip_inflater.h"
#include "tests/fuzz/fuzz.h"

namespace weir::relay {
namespace {

constexpr std::size_t kBytesMax = 512;
constexpr std::size_t kOutputBytesMax = 1 << 20;  // of what is compared; more is more of the same
constexpr std::size_t kStepBytesMax = 64 * 1024;

struct Inflated {
  std::string output;
  bool broken = false;
  bool finished = false;
  bool cut = false;  // by kOutputBytesMax
};

Inflated Inflate(const std::vector<std::string_view>& parts) {
  GzipInflater inflater;
  Inflated out;
  for (const std::string_view part : parts) {
    inflater.Feed(part);
    for (;;) {
      std::string_view output;
      const GzipInflater::Status status = inflater.Next(output);
      if (status == GzipInflater::Status::kBroken) {
        out.broken = true;
        return out;
      }
      if (status == GzipInflater::Status::kNeedInput) break;
      FUZZ_CHECK(!output.empty() && output.size() <= kStepBytesMax);
      out.output += output;
      out.cut = out.output.size() >= kOutputBytesMax;
      if (out.cut) return out;
    }
  }
  out.finished = inflater.finished();
  return out;
}

std::string Gzip(std::string_view text) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY);
  std::string in(text);
  std::string out(deflateBound(&stream, in.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace
}  // namespace weir::relay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::relay;  // NOLINT(google-build-using-namespace)
  if (size > kBytesMax) return weir::fuzz::kRefused;
  std::string_view data = weir::fuzz::Text(bytes, size);
  const bool compress = (weir::fuzz::TakeByte(data) & 1) != 0;
  const std::string input = compress ? Gzip(data) : std::string(data);
  const Inflated whole = Inflate({input});
  if (compress) FUZZ_CHECK(whole.finished && !whole.broken && whole.output == data);
  // A sample of the cuts: one run takes as long as a hundred of the other targets.
  for (std::size_t cut = 1; cut < input.size(); cut += 1 + input.size() / 16) {
    const std::string_view text(input);
    const Inflated other = Inflate({text.substr(0, cut), text.substr(cut)});
    FUZZ_CHECK(other.broken == whole.broken && other.cut == whole.cut);
    if (!whole.broken && !whole.cut) FUZZ_CHECK(other.finished == whole.finished);
    if (!whole.broken) FUZZ_CHECK(other.output == whole.output || whole.cut);
  }
  return weir::fuzz::kTaken;
}

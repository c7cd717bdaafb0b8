#include "services/relay/http1/gzip_inflater.h"

#include <zlib.h>

#include <array>
#include <string>

namespace weir::relay {
namespace {

constexpr std::size_t kOutputBytes = 64 * 1024;
constexpr int kWindowBitsGzipOrZlib = 15 + 32;

}  // namespace

struct GzipInflater::State {
  z_stream stream{};
  bool usable = false;
  bool finished = false;
  std::string input;
  std::array<char, kOutputBytes> output;
};

GzipInflater::GzipInflater() : state_(new State) {
  state_->usable = inflateInit2(&state_->stream, kWindowBitsGzipOrZlib) == Z_OK;
}

GzipInflater::~GzipInflater() {
  if (state_->usable) inflateEnd(&state_->stream);
}

void GzipInflater::Feed(std::string_view compressed) {
  state_->input.assign(compressed);
  state_->stream.next_in = reinterpret_cast<Bytef*>(state_->input.data());
  state_->stream.avail_in = static_cast<uInt>(state_->input.size());
}

GzipInflater::Status GzipInflater::Next(std::string_view& output) {
  if (!state_->usable) return Status::kBroken;
  if (state_->finished) return Status::kNeedInput;
  z_stream& stream = state_->stream;
  stream.next_out = reinterpret_cast<Bytef*>(state_->output.data());
  stream.avail_out = static_cast<uInt>(kOutputBytes);
  const int result = inflate(&stream, Z_SYNC_FLUSH);
  if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return Status::kBroken;
  state_->finished = result == Z_STREAM_END;
  output = std::string_view(state_->output.data(), kOutputBytes - stream.avail_out);
  return output.empty() ? Status::kNeedInput : Status::kOutput;
}

bool GzipInflater::finished() const { return state_->finished; }

}  // namespace weir::relay

#include "tests/fakes/gzip.h"

#include <zlib.h>

#include <new>

namespace weir::fakes {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // 16 more asks zlib for a gzip header
constexpr int kMemoryLevel = 8;

class Deflater {
 public:
  Deflater() {
    if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater() { deflateEnd(&stream_); }

  std::string Compress(std::string piece, bool last) {
    std::string out;
    stream_.next_in = reinterpret_cast<Bytef*>(piece.data());
    stream_.avail_in = static_cast<uInt>(piece.size());
    char buffer[4096];
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(buffer);
      stream_.avail_out = sizeof(buffer);
      deflate(&stream_, last ? Z_FINISH : Z_SYNC_FLUSH);
      out.append(buffer, sizeof(buffer) - stream_.avail_out);
    } while (stream_.avail_out == 0);
    return out;
  }

 private:
  z_stream stream_{};
};

}  // namespace

std::vector<std::string> GzipPieces(const std::vector<std::string>& pieces) {
  Deflater deflater;
  std::vector<std::string> compressed;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    compressed.push_back(deflater.Compress(pieces[i], i + 1 == pieces.size()));
  }
  return compressed;
}

}  // namespace weir::fakes

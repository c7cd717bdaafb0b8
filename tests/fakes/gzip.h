// gzip with a flush after every piece, as a streaming server compresses.
#ifndef WEIR_TESTS_FAKES_GZIP_H_
#define WEIR_TESTS_FAKES_GZIP_H_

#include <string>
#include <vector>

namespace weir::fakes {

// The pieces joined decompress to `pieces` joined; each can be decompressed when it arrives.
std::vector<std::string> GzipPieces(const std::vector<std::string>& pieces);

}  // namespace weir::fakes

#endif  // WEIR_TESTS_FAKES_GZIP_H_

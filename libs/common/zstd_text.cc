#include "libs/common/zstd_text.h"

#include <zstd.h>

#include <memory>

#include "libs/common/text.h"

namespace weir {
namespace {

constexpr int kLevel = 3;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

}  // namespace

absl::StatusOr<std::string> ZstdCompress(std::string_view text) {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  if (context == nullptr) return absl::InternalError("no memory to compress");
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ZSTD_compressCCtx(context.get(), frame.data(), frame.size(), text.data(),
                                             text.size(), kLevel);
  if (ZSTD_isError(size) != 0) return absl::InternalError(ZSTD_getErrorName(size));
  frame.resize(size);
  frame.shrink_to_fit();
  return frame;
}

absl::StatusOr<std::string> ZstdDecompress(std::string_view frame, std::size_t bytes_max) {
  const unsigned long long told = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (told == ZSTD_CONTENTSIZE_ERROR || told == ZSTD_CONTENTSIZE_UNKNOWN) {
    return absl::InvalidArgumentError("is no zstd frame that tells its size");
  }
  if (told > bytes_max) {
    return absl::InvalidArgumentError(StrCat("holds more than ", bytes_max, " bytes"));
  }
  std::string text(static_cast<std::size_t>(told), '\0');
  const std::size_t size = ZSTD_decompress(text.data(), text.size(), frame.data(), frame.size());
  if (ZSTD_isError(size) != 0) return absl::InvalidArgumentError(ZSTD_getErrorName(size));
  if (size != text.size()) return absl::InvalidArgumentError("is not whole");
  return text;
}

}  // namespace weir

// A text compressed with zstd, in one frame.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir {

// Keeps a context per thread. Internal only when memory is out.
absl::StatusOr<std::string> ZstdCompress(std::string_view text);

// InvalidArgument for what is no whole frame, or larger than `bytes_max` when unpacked.
absl::StatusOr<std::string> ZstdDecompress(std::string_view frame, std::size_t bytes_max);

}  // namespace weir

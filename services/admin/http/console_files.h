// The console as it was built: every file of its folder, read once and kept, so that no request
// ever names a file of this machine.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir::admin {

// The bytes of one form of a file; no content = there is no such form.
struct ConsoleForm {
  std::shared_ptr<const std::string> content;
  std::string etag;
};

struct ConsoleFile {
  std::string_view content_type;
  ConsoleForm plain;
  ConsoleForm brotli;  // out of NAME.br
  ConsoleForm gzip;    // out of NAME.gz
};

// By path as a browser asks for it: "/index.html", "/assets/index-3f2a.js".
using ConsoleFiles = std::map<std::string, ConsoleFile, std::less<>>;

inline constexpr std::string_view kConsolePage = "/index.html";
inline constexpr std::size_t kConsoleBytesMax = 64 << 20;
inline constexpr std::size_t kConsoleFilesMax = 5000;

// NotFound when the folder holds no build, ResourceExhausted when it holds more than a build could,
// Unavailable when a file cannot be read; each names the folder. Links to folders are not followed.
absl::StatusOr<ConsoleFiles> ReadConsoleFiles(const std::string& folder);

}  // namespace weir::admin

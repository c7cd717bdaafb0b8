#include "services/admin/http/console_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "libs/common/text.h"
#include "services/admin/http/unchanged.h"

namespace weir::admin {
namespace {

namespace fs = std::filesystem;

struct ContentType {
  std::string_view suffix;
  std::string_view type;
};

constexpr std::array<ContentType, 15> kContentTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff", "font/woff"},
    {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
}};

std::string_view ContentTypeOf(std::string_view path) {
  const auto* found =
      std::find_if(kContentTypes.begin(), kContentTypes.end(),
                   [path](const ContentType& row) { return path.ends_with(row.suffix); });
  return found == kContentTypes.end() ? "application/octet-stream" : found->type;
}

absl::StatusOr<ConsoleForm> ReadForm(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) return absl::UnavailableError(StrCat("cannot read ", path.string()));
  std::string etag = ContentEtag(bytes);
  return ConsoleForm{.content = std::make_shared<const std::string>(std::move(bytes)),
                     .etag = std::move(etag)};
}

// Where each file belongs: one with .br or .gz behind its name is a form of the one without.
ConsoleForm& FormOf(ConsoleFiles& files, std::string_view path) {
  if (path.ends_with(".br")) return files[std::string(path.substr(0, path.size() - 3))].brotli;
  if (path.ends_with(".gz")) return files[std::string(path.substr(0, path.size() - 3))].gzip;
  return files[std::string(path)].plain;
}

absl::Status TooMuch(const std::string& folder) {
  return absl::ResourceExhaustedError(StrCat(folder, " holds more than ", kConsoleFilesMax,
                                             " files or ", kConsoleBytesMax >> 20,
                                             " MiB: that is no build of the console"));
}

absl::StatusOr<ConsoleFiles> ReadAll(const std::string& folder) {
  ConsoleFiles files;
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    bytes += entry.file_size();
    if (++count > kConsoleFilesMax || bytes > kConsoleBytesMax) return TooMuch(folder);
    absl::StatusOr<ConsoleForm> form = ReadForm(entry.path());
    if (!form.ok()) return form.status();
    const std::string path = StrCat("/", entry.path().lexically_relative(folder).generic_string());
    FormOf(files, path) = *std::move(form);
  }
  std::erase_if(files, [](const auto& file) { return file.second.plain.content == nullptr; });
  for (auto& [path, file] : files) file.content_type = ContentTypeOf(path);
  return files;
}

}  // namespace

absl::StatusOr<ConsoleFiles> ReadConsoleFiles(const std::string& folder) {
  std::error_code error;
  if (!fs::is_regular_file(StrCat(folder, kConsolePage), error)) {
    return absl::NotFoundError(StrCat("there is no build of the console in ", folder));
  }
  try {
    return ReadAll(folder);
  } catch (const std::exception& failed) {  // fs and its iterators throw
    return absl::UnavailableError(StrCat("cannot read ", folder, ": ", failed.what()));
  }
}

}  // namespace weir::admin

#include "services/relay/dialects/gemini_path.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "libs/common/text.h"
#include "services/relay/dialects/request_scan.h"

namespace weir::relay {
namespace {

constexpr std::array<std::string_view, 3> kHeads = {"/v1beta/models/", "/v1/models/",
                                                    "/v1alpha/models/"};

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// What may stand in a path as it is; all else is encoded.
bool IsPlain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("-._~/").find(c) != std::string_view::npos;
}

void AppendEncoded(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    if (IsPlain(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
}

}  // namespace

std::optional<GeminiPath> ReadGeminiPath(std::string_view path) {
  const std::size_t colon = path.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  for (const std::string_view head : kHeads) {
    if (!path.starts_with(head) || colon <= head.size()) continue;
    return GeminiPath{path.substr(0, head.size()), path.substr(head.size(), colon - head.size()),
                      path.substr(colon + 1)};
  }
  return std::nullopt;
}

absl::StatusOr<std::string> DecodedModel(std::string_view encoded) {
  std::string model;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    char c = encoded[i];
    if (c == '%') {
      const int high = i + 1 < encoded.size() ? HexDigit(encoded[i + 1]) : -1;
      const int low = i + 2 < encoded.size() ? HexDigit(encoded[i + 2]) : -1;
      if (high < 0 || low < 0)
        return absl::InvalidArgumentError("the path is not encoded properly");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) {
      return absl::InvalidArgumentError("the model in the path is no name of a model");
    }
    model += c;
  }
  // What climbs up the tree would be another endpoint of the provider's.
  if (model.empty() || model.find("..") != std::string::npos || model.front() == '/') {
    return absl::InvalidArgumentError("the model in the path is no name of a model");
  }
  if (model.size() > kModelBytesMax) {
    return absl::InvalidArgumentError(
        StrCat("the model in the path is longer than ", kModelBytesMax, " bytes"));
  }
  return model;
}

bool AsksForEvents(std::string_view query) {
  const auto parts = Split(query, '&');
  return std::any_of(parts.begin(), parts.end(), [](std::string_view part) {
    return part == "alt=sse" || part == "%24alt=sse" || part == "$alt=sse";
  });
}

std::string GeminiPathFor(const GeminiPath& path, std::string_view asked_model,
                          std::string_view model, std::string_view verb) {
  std::string out(path.head);
  if (model == asked_model) {
    out += path.model;
  } else {
    AppendEncoded(out, model);
  }
  StrAppend(out, ":", verb);
  return out;
}

}  // namespace weir::relay

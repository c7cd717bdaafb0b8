// What the values of a body may be, as JSON schemas: one for each of BodyReader's ways to read one.
#pragma once

#include <string_view>

namespace weir::admin::body_forms {

inline constexpr std::string_view kText = R"({"type":["string","null"]})";
inline constexpr std::string_view kHidden = R"({"type":["string","null"],"format":"password"})";
inline constexpr std::string_view kTime = R"({"type":["string","null"],"format":"date-time"})";
inline constexpr std::string_view kTexts = R"({"type":["array","null"],"items":{"type":"string"}})";
inline constexpr std::string_view kTextMap =
    R"({"type":["object","null"],"additionalProperties":{"type":"string"}})";
inline constexpr std::string_view kCap =
    R"({"type":["integer","null"],"minimum":0,"maximum":9223372036854775807})";
inline constexpr std::string_view kInteger =
    R"({"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807})";
inline constexpr std::string_view kFlag = R"({"type":"boolean"})";
inline constexpr std::string_view kIds =
    R"({"type":"array","items":{"type":"integer","minimum":1,"maximum":9223372036854775807}})";
inline constexpr std::string_view kDecimal = R"({"type":["string","number"],"minimum":0})";
inline constexpr std::string_view kDecimalOrNull =
    R"({"type":["string","number","null"],"minimum":0})";
// Comes back as an answer had it, and sets nothing.
inline constexpr std::string_view kIgnored =
    R"({"description":"as answers have it; sets nothing"})";

}  // namespace weir::admin::body_forms

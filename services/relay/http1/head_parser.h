// Heads of HTTP/1.1 requests and responses (RFC 9112), strictly: what two readers could read in two
// ways is refused, since a gateway stands between two readers. No I/O, no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace weir::relay {

struct HeaderField {
  std::string_view name;   // as sent; compare without case
  std::string_view value;  // without the space around it
};

inline constexpr std::size_t kHeaderFieldsMax = 128;
inline constexpr std::int64_t kNoContentLength = -1;

// What both kinds of heads have. Views point into the bytes that were parsed.
struct HeadFields {
  std::array<HeaderField, kHeaderFieldsMax> storage;
  std::size_t count = 0;

  int minor_version = 1;  // of HTTP/1.x
  std::int64_t content_length = kNoContentLength;
  bool chunked = false;
  bool keep_alive = true;

  std::span<const HeaderField> all() const { return {storage.data(), count}; }
  // The first field of that name (given in lower case); empty when there is none.
  std::string_view Find(std::string_view lower_name) const;
  // Content-Type, whatever its parameters.
  bool HasType(std::string_view lower_type) const;
};

struct RequestHead : HeadFields {
  std::string_view method;
  std::string_view target;  // path and query
  bool expect_continue = false;

  std::string_view path() const { return target.substr(0, target.find('?')); }
  std::string_view query() const {
    const std::size_t mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  }
};

struct ResponseHead : HeadFields {
  int status = 0;
};

enum class HeadStatus : std::uint8_t {
  kComplete,
  kIncomplete,  // the empty line has not come yet
  kMalformed,
  kTooManyFields,
};

struct HeadResult {
  HeadStatus status = HeadStatus::kIncomplete;
  std::size_t bytes = 0;          // kComplete: length of the head with its empty line
  std::string_view problem = {};  // kMalformed: what is wrong, for the error's text
};

// `head` is filled only when the result is kComplete.
HeadResult ParseRequestHead(std::string_view data, RequestHead& head);
HeadResult ParseResponseHead(std::string_view data, ResponseHead& head);

}  // namespace weir::relay

// An error as the REST interface says it, for the endpoints that share its paths. No I/O.
#pragma once

#include <string>
#include <string_view>

namespace weir::relay {

struct PlainError {
  std::string_view message;  // escaped JSON text
  int status = 500;
  std::string_view reason;  // a word of libs/common/reason.h
  std::string_view request_id;
};

// {"error":"…","code":40001,"reason":"bad_parameter","request_id":"…"}
void AppendPlainError(const PlainError& error, std::string& out);

// What an upstream's refusal is called.
std::string_view UpstreamReason(int status);

}  // namespace weir::relay

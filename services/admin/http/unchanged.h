// Pages that ask again and again: an answer that is as the client has it is sent as 304.
#pragma once

#include <string>
#include <string_view>

#include "services/admin/http/message.h"

namespace weir::admin {

// Of this content, as the header has it.
std::string ContentEtag(std::string_view content);

// Whether If-None-Match lists it; weakly, as RFC 9110 13.1.2 wants it.
bool ClientHas(const Request& request, std::string_view etag);

// Gives a JSON answer to a GET an ETag of its content, and answers 304 where If-None-Match has it.
// Answers that have an ETag already (a record's version, for If-Match) stay as they are.
void AnswerUnchanged(const Request& request, Response& response);

}  // namespace weir::admin

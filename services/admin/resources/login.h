// The answer to whoever has just logged in.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "services/admin/http/console_session.h"
#include "services/admin/resources/resource.h"

namespace weir::admin {

// {token, token_type, expires_in, csrf_token, refresh_token, user}
boost::json::object LoginJson(const Login& login);
// The same as the contract has it.
boost::json::object LoginShape();

// A value of "" with an age of 0 takes a cookie away. Behind TLS it stays there.
std::string CookieLine(const Request& request, std::string_view name, std::string_view value,
                       bool readable, std::int64_t max_age_s);

// Those of a new session; none after a refresh.
void AddLoginCookies(const Request& request, const Login& login, Response& response);

}  // namespace weir::admin

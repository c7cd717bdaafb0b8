// What a browser gets of the console: which file, in which form, under which policy.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "services/admin/http/console_files.h"
#include "services/admin/http/message.h"

namespace weir::admin {

// Whether the request wants the console's page: a browser on any path that is not the API's, so
// that a link deep into the console answers after a reload too.
bool WantsConsolePage(const Request& request);

// What the page may load and ask: itself, and the relay at `relay_url` (empty = none is told).
std::string ConsolePolicy(std::string_view relay_url);

// The file or the page that is asked for; none when the request is not for the console.
// `relay_url` is asked for pages alone.
std::optional<Response> ConsoleAnswer(const ConsoleFiles& files, const Request& request,
                                      const std::function<std::string()>& relay_url);

}  // namespace weir::admin

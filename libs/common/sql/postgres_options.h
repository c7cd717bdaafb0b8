// How a session with PostgreSQL begins, so that either side notices when the other one vanishes.
#pragma once

#include <string>
#include <string_view>

namespace weir::sql {

// The URL with what a connection of ours needs, as far as it does not say otherwise itself.
std::string WithConnectionOptions(std::string_view url);

// The first statements: when we vanish within a transaction, our locks would stay for the two hours
// after which the server asks by itself, or the quarter of one for which it repeats an answer, and
// everybody else would wait for them. Servers before PostgreSQL 12 do not know the last of them.
inline constexpr char kBeginSession[] =
    "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
    "SELECT set_config(name, '15000', false) FROM pg_settings WHERE name = 'tcp_user_timeout'";

}  // namespace weir::sql

#include "libs/common/sql/postgres_options.h"

#include "libs/common/text.h"

namespace weir::sql {
namespace {

// A host that does not answer must not hold a thread for the minutes that TCP would.
constexpr std::string_view kConnectionOptions[] = {
    "connect_timeout=5",     "tcp_user_timeout=15000", "keepalives_idle=15",
    "keepalives_interval=5", "keepalives_count=3",     "client_encoding=UTF8",
    "application_name=weir",
};

}  // namespace

std::string WithConnectionOptions(std::string_view url) {
  std::string full(url);
  for (std::string_view option : kConnectionOptions) {
    const std::string_view key = option.substr(0, option.find('=') + 1);
    if (url.find(key) != std::string_view::npos) continue;
    StrAppend(full, full.find('?') == std::string::npos ? "?" : "&", option);
  }
  return full;
}

}  // namespace weir::sql

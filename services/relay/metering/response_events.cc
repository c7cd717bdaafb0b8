#include "services/relay/metering/response_events.h"

#include <array>

#include "libs/common/text.h"
#include "services/relay/dialects/json_cursor.h"

namespace weir::relay {
namespace {

using Kind = ResponseEvent::Kind;

constexpr std::size_t kIdentityBytesMax = 4'096;

struct KindRow {
  std::string_view type;
  Kind kind;
};

constexpr std::array kKinds = {
    KindRow{"response.created", Kind::kCreated},
    KindRow{"response.completed", Kind::kEnd},
    KindRow{"response.incomplete", Kind::kEnd},
    KindRow{"response.failed", Kind::kFailed},
    KindRow{"error", Kind::kFailed},
};

// The data decides what an event is: SDKs read it there, and some servers leave out its line.
std::string_view TypeOf(const SseEvent& event) {
  constexpr std::string_view kUsualBegin = R"({"type":")";
  if (event.data.starts_with(kUsualBegin)) {
    const std::string_view rest = event.data.substr(kUsualBegin.size());
    return rest.substr(0, rest.find('"'));
  }
  const std::string_view type = TextInside(MemberValue(event.data, "type"));
  return type.empty() ? event.name : type;
}

}  // namespace

ResponseEvent ReadResponseEvent(const SseEvent& event) {
  ResponseEvent read;
  const std::string_view type = TypeOf(event);
  if (type.ends_with(".delta")) {
    read.delta = TextInside(MemberValue(event.data, "delta"));
    return read;
  }
  for (const KindRow& row : kKinds) {
    if (row.type == type) read.kind = row.kind;
  }
  if (read.kind != Kind::kOther) read.response = MemberValue(event.data, "response");
  return read;
}

std::string ResponseIdentity(std::string_view response) {
  std::string identity = "{";
  for (const std::string_view name : {"id", "created_at", "model"}) {
    const std::string_view value = MemberValue(response, name);
    if (value.empty() || value.size() > kIdentityBytesMax) continue;
    StrAppend(identity, identity.size() > 1 ? ",\"" : "\"", name, "\":", value);
  }
  return identity + "}";
}

}  // namespace weir::relay

#include "services/relay/translate/neutral/target_fit.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/common/json_text.h"
#include "libs/common/text.h"
#include "services/relay/translate/neutral/hashed_id.h"
#include "services/relay/translate/neutral/inserted_words.h"
#include "services/relay/translate/neutral/plain_slashes.h"
#include "services/relay/translate/neutral/text_document.h"
#include "services/relay/translate/neutral/tool_schema.h"

namespace weir::relay {
namespace {

constexpr std::string_view kObjectWanted =
    "Answer with one JSON object and nothing else, without any text or marks around it.";
constexpr std::string_view kSchemaWanted = " It must follow this JSON schema: ";

struct ImageType {
  std::string_view type;
  bool Target::*taken;  // null = everybody
};
constexpr ImageType kImageTypes[] = {
    {"image/jpeg", nullptr},
    {"image/png", nullptr},
    {"image/gif", &Target::takes_gif},
    {"image/webp", &Target::takes_webp},
    {"image/heic", &Target::takes_heic},
    {"image/heif", &Target::takes_heic},
};

bool TakesType(std::string_view type, const Target& target) {
  for (const ImageType& known : kImageTypes) {
    if (known.type == type) return known.taken == nullptr || target.*known.taken;
  }
  return target.takes_other_images;
}

absl::Status Refused(const Part& part, std::string_view what) {
  return absl::InvalidArgumentError(
      StrCat("'", part.place, "' holds ", what, ", which this model's provider does not read"));
}

// An empty text is one; of anything else there must be something.
bool HoldsNothing(const Part& part) {
  if (!part.base64.empty() || !part.url.empty()) return false;
  if (part.kind == PartKind::kImage) return true;
  return part.kind == PartKind::kDocument && part.text.empty() && !part.media_type.empty() &&
         !part.media_type.starts_with("text/");
}

absl::Status CheckImage(Part& part, const Target& target) {
  if (!target.takes_images) return Refused(part, "an image");
  if (part.base64.empty()) {
    return target.takes_image_urls ? absl::OkStatus() : Refused(part, "an image by its address");
  }
  if (part.media_type == "image/jpg") part.media_type = "image/jpeg";  // what is meant
  if (TakesType(part.media_type, target)) return absl::OkStatus();
  return Refused(part, "an image of another type than JPEG or PNG");
}

absl::Status ReadTextFiles(ChatRequest& request) {
  for (Part& part : request.parts) {
    part.media_type = PlainSlashes(part.media_type, request);
    part.url = PlainSlashes(part.url, request);
    if (!IsTextFile(part)) continue;
    if (absl::Status status = BecomeText(part, request); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// In words, of what is not the user's: no provider reads anything else there.
void BecomeWords(Part& part, ChatRequest& request) {
  if (IsMedia(part)) {
    request.dropped.emplace_back(part.place);
    part.text = part.kind == PartKind::kImage ? kImageMark : kDocumentMark;
  } else if (part.kind == PartKind::kDocument && !part.name.empty()) {
    part.text = request.Keep(StrCat(part.name, R"(\n\n)", part.text));
  } else if (part.kind != PartKind::kDocument) {
    return;
  }
  Part words;
  words.text = part.text;
  part = words;
}

void PutInWords(ChatRequest& request) {
  for (const Turn& turn : request.turns) {
    if (turn.role == Role::kUser) continue;
    for (Part& part : std::span(request.parts).subspan(turn.first, turn.count)) {
      BecomeWords(part, request);
    }
  }
}

absl::Status CheckMedia(ChatRequest& request, const Target& target) {
  for (Part& part : request.parts) {
    absl::Status status;
    if (HoldsNothing(part)) {
      return absl::InvalidArgumentError(StrCat("'", part.place, "' holds no data"));
    }
    if (part.kind == PartKind::kImage) status = CheckImage(part, target);
    if (part.kind == PartKind::kDocument && IsMedia(part) && !target.takes_documents) {
      status = Refused(part, "a document");
    }
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

void LeaveOut(ChatRequest& request, const Target& target) {
  if (!target.takes_parallel_tool_calls && request.parallel_tools.has_value()) {
    request.parallel_tools.reset();
    request.dropped.emplace_back("parallel_tool_calls");
  }
  if (!target.takes_user && !request.user.empty()) {
    request.user = {};
    request.dropped.emplace_back("user");
  }
  if (!target.takes_top_p_beside_temperature && !request.temperature.empty() &&
      !request.top_p.empty()) {
    request.top_p = {};
    request.dropped.emplace_back("top_p");
  }
  if (target.takes_strict_tools) return;
  for (Tool& tool : request.tools) tool.strict = false;
}

// More than a model can say is refused by its provider.
void FitLength(ChatRequest& request, const Target& target) {
  if (target.output_tokens_max <= 0) return;
  request.max_tokens = std::min(request.max_tokens, target.output_tokens_max);
}

// The last of the system's first words.
void Instruct(ChatRequest& request, std::string_view escaped) {
  const std::size_t first = request.parts.size();
  request.AddPart(PartKind::kText).text = escaped;
  const auto behind = static_cast<std::ptrdiff_t>(LeadingSystemTurns(request));
  request.turns.insert(request.turns.begin() + behind, {Role::kSystem, first, 1, {}});
}

void FitOutput(ChatRequest& request, const Target& target) {
  using Kind = OutputFormat::Kind;
  OutputFormat& output = request.output;
  const bool schema = output.kind == Kind::kJsonSchema && !target.takes_json_schema;
  const bool object = output.kind == Kind::kJsonObject && !target.takes_json_object;
  if (!schema && !object) return;
  std::string wanted(kObjectWanted);
  if (schema) {
    std::string quoted;
    AppendJsonString(quoted, output.schema);
    StrAppend(wanted, kSchemaWanted, std::string_view(quoted).substr(1, quoted.size() - 2));
  }
  Instruct(request, request.Keep(std::move(wanted)));
  output.kind = target.takes_json_object ? Kind::kJsonObject : Kind::kText;
}

void BecomeReminder(ChatRequest& request, Turn& turn) {
  for (Part& part : std::span(request.parts).subspan(turn.first, turn.count)) {
    if (!part.text.empty()) part.text = request.Keep(StrCat(kReminder, part.text, kReminderEnd));
  }
  turn.role = Role::kUser;
}

// The system's later words become the user's; not between calls and their results.
void MoveLaterSystem(ChatRequest& request) {
  std::vector<Turn> turns;
  std::vector<Turn> waiting;
  const std::size_t leading = LeadingSystemTurns(request);
  const auto say = [&] {
    turns.insert(turns.end(), waiting.begin(), waiting.end());
    waiting.clear();
  };
  for (std::size_t i = 0; i < request.turns.size(); ++i) {
    Turn& turn = request.turns[i];
    if (i >= leading && turn.role == Role::kSystem) {
      BecomeReminder(request, turn);
      waiting.push_back(std::move(turn));
      continue;
    }
    if (turn.role == Role::kAssistant) say();
    const bool user = turn.role == Role::kUser;
    turns.push_back(std::move(turn));
    if (user) say();
  }
  say();
  request.turns = std::move(turns);
}

void FitSystem(ChatRequest& request, const Target& target) {
  if (!target.takes_system || !target.takes_later_system) MoveLaterSystem(request);
  if (target.takes_system) return;
  for (Turn& turn : request.turns) {
    if (turn.role == Role::kSystem) turn.role = Role::kUser;
  }
}

// As it is, if it is one already: the provider's own come back unchanged.
std::string_view ShortId(ChatRequest& request, std::string_view id) {
  constexpr std::size_t kIdBytes = 9;
  const bool is_short =
      id.size() == kIdBytes && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      });
  return is_short ? id : request.Keep(HashedId({}, id).substr(0, kIdBytes));
}

void ShortenIds(ChatRequest& request) {
  for (Part& part : request.parts) {
    if (!part.id.empty()) part.id = ShortId(request, part.id);
  }
  for (Turn& turn : request.turns) {
    for (std::string_view& id : turn.unanswered) id = ShortId(request, id);
  }
}

}  // namespace

absl::Status FitToTarget(ChatRequest& request, const Target& target) {
  if (absl::Status status = CheckToolChoice(request); !status.ok()) return status;
  if (absl::Status status = ReadTextFiles(request); !status.ok()) return status;
  PutInWords(request);
  if (absl::Status status = CheckMedia(request, target); !status.ok()) return status;
  LeaveOut(request, target);
  SayObjectType(request);
  FitLength(request, target);
  FitOutput(request, target);
  FitSystem(request, target);
  if (target.short_tool_ids) ShortenIds(request);
  return absl::OkStatus();
}

}  // namespace weir::relay

#include "services/relay/bodies/body_record.h"

#include <utility>

#include "libs/common/log.h"
#include "libs/common/text.h"
#include "libs/common/utf8.h"
#include "libs/common/zstd_text.h"
#include "services/relay/bodies/body_text.h"
#include "weir/v1/bodies.pb.h"

namespace weir::relay {
namespace {

// False: it could not be compressed.
bool FillIn(CapturedBody body, const CapturedBodies& of, const BodyMasker& masker,
            v1::RecordedBody& record) {
  const auto head_bytes = static_cast<std::int64_t>(body.head.size());
  const bool all = body.whole && head_bytes == body.original_bytes;
  BodyText text = ReadBodyText(body.content_type, std::move(body.head), all);
  record.set_content_type(ValidUtf8(body.content_type));
  record.set_original_bytes(body.original_bytes);
  record.set_whole(body.whole);
  record.set_binary(text.binary);
  record.set_cut(text.binary);
  if (text.binary) return true;
  const MaskedBody masked =
      masker.Mask(text.text, text.shape, of.secrets, static_cast<std::size_t>(of.rules->bytes_max));
  absl::StatusOr<std::string> frame = ZstdCompress(masked.text);
  if (!frame.ok()) {
    LogError("a recorded body could not be compressed",
             {{"error", View(frame.status().message())}});
    return false;
  }
  record.set_zstd(*std::move(frame));
  record.set_text_bytes(static_cast<std::int64_t>(masked.text.size()));
  record.set_cut(masked.cut || head_bytes < body.original_bytes);
  record.set_masked(masked.masked);
  return true;
}

}  // namespace

std::vector<BodyRecord> MakeBodyRecords(CapturedBodies captured, const BodyMasker& masker) {
  std::vector<BodyRecord> records;
  for (std::size_t i = 0; i < kBodyKinds; ++i) {
    if (!captured.bodies[i].there) continue;
    v1::RecordedBody record;
    record.set_request_id(captured.request_id);
    record.set_kind(static_cast<v1::BodyKind>(i + 1));
    record.set_key_id(captured.key_id);
    record.set_user_id(captured.user_id);
    record.set_group_id(captured.group_id);
    if (!FillIn(std::move(captured.bodies[i]), captured, masker, record)) continue;
    records.push_back({record.SerializeAsString(), record.masked()});
  }
  return records;
}

}  // namespace weir::relay

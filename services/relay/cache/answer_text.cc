#include "services/relay/cache/answer_text.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace weir::relay {
namespace {

constexpr std::string_view kMagic = "weir";
constexpr std::string_view kTypeField = "content-type: ";
constexpr std::string_view kLineEnd = "\r\n";

// All relays are little-endian (x86-64, arm64).
template <typename Number>
void AddNumber(Number number, std::string& out) {
  char bytes[sizeof(number)];
  std::memcpy(bytes, &number, sizeof(number));
  out.append(bytes, sizeof(bytes));
}

void AddText(std::string_view text, std::string& out) {
  AddNumber(static_cast<std::uint32_t>(text.size()), out);
  out += text;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  template <typename Number>
  Number TakeNumber() {
    Number number{};
    const std::string_view bytes = Take(sizeof(number));
    if (!bytes.empty()) std::memcpy(&number, bytes.data(), sizeof(number));
    return number;
  }
  std::string_view TakeText() { return Take(TakeNumber<std::uint32_t>()); }
  std::string_view Take(std::size_t bytes) {
    whole_ = whole_ && bytes <= rest_.size();
    if (!whole_) return {};
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }
  // All was there, and nothing is left.
  bool done() const { return whole_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool whole_ = true;
};

bool IsHead(std::string_view fields) {
  if (fields.empty()) return true;
  if (!fields.starts_with(kTypeField) || !fields.ends_with(kLineEnd)) return false;
  fields.remove_suffix(kLineEnd.size());
  return std::none_of(fields.begin(), fields.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

}  // namespace

std::string WriteAnswer(const CachedAnswer& answer) {
  std::string out;
  out.reserve(kAnswerTextOverheadBytes + answer.head_fields.size() + answer.account_model.size() +
              answer.served_model.size() + answer.body.size());
  out += kMagic;
  AddNumber(static_cast<std::uint8_t>(answer.is_stream), out);
  AddNumber(answer.account_id, out);
  AddNumber(answer.account_face, out);
  AddText(answer.head_fields, out);
  AddText(answer.account_model, out);
  AddText(answer.served_model, out);
  AddText(answer.body, out);
  return out;
}

std::optional<CachedAnswer> ReadAnswer(std::string_view text) {
  Reader reader(text);
  if (reader.Take(kMagic.size()) != kMagic) return std::nullopt;
  CachedAnswer answer;
  const auto is_stream = reader.TakeNumber<std::uint8_t>();
  answer.is_stream = is_stream == 1;
  answer.account_id = reader.TakeNumber<std::int64_t>();
  answer.account_face = reader.TakeNumber<std::uint64_t>();
  const std::string_view head = reader.TakeText();
  const std::string_view account_model = reader.TakeText();
  const std::string_view served_model = reader.TakeText();
  const std::string_view body = reader.TakeText();
  if (!reader.done() || is_stream > 1 || !IsHead(head)) return std::nullopt;
  answer.head_fields = std::string(head);
  answer.account_model = std::string(account_model);
  answer.served_model = std::string(served_model);
  answer.body = std::string(body);
  return answer;
}

}  // namespace weir::relay

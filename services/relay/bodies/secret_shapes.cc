#include "services/relay/bodies/secret_shapes.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "libs/common/mask_pattern.h"
#include "libs/common/text.h"

namespace weir::relay {
namespace {

// Beyond so many the rest of the text is masked whole: some expressions take a time that grows with
// the number of matches times the text.
constexpr int kFindsMax = 2'000;

// Keys that tell what they are by how they begin. A text may be cut anywhere, so each may also end
// with the text, however short it is then.
struct Shape {
  std::string_view prefix;
  std::string_view alphabet;
  int bytes_min;  // behind the prefix
};
constexpr std::string_view kUrlSafe = "[A-Za-z0-9_-]";
constexpr std::string_view kAlnum = "[A-Za-z0-9]";
constexpr Shape kShapes[] = {
    {"ck_", kUrlSafe, 16},                                  // Weir
    {"sk-", kUrlSafe, 16},                                  // OpenAI, Anthropic, DeepSeek, …
    {"xai-", kAlnum, 20},                                   //
    {"gsk_", kAlnum, 20},                                   // Groq
    {"hf_", kAlnum, 20},                                    // Hugging Face
    {"(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)", "[A-Z0-9]", 12},  // AWS
    {"AIza", kUrlSafe, 20},                                 // Google
    {"ya29\\.", "[A-Za-z0-9._-]", 16},                      //
    {"GOCSPX-", kUrlSafe, 16},                              //
    {"gh[pousr]_", kAlnum, 20},                             // GitHub
    {"github_pat_", "[A-Za-z0-9_]", 20},                    //
    {"gl(?:pat|dt|rt)-", kUrlSafe, 16},                     // GitLab
    {"xox[abeoprs]-", "[A-Za-z0-9-]", 10},                  // Slack
    {"[rs]k_(?:live|test)_", kAlnum, 10},                   // Stripe
    {"npm_", kAlnum, 20},                                   //
};
constexpr std::string_view kJwt =
    R"(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?|eyJ[A-Za-z0-9_.-]*\z)";

// Known by what stands before them: the group is the secret.
constexpr std::string_view kLabelled[] = {
    R"((?i)\bbearer[ \t]+([A-Za-z0-9._~+/=-]{12,}|[A-Za-z0-9._~+/=-]+\z))",
    R"((?i)(?:secret_?access_?key|aws_?secret_?key|session_?token)\\*["']?[ \t]*[:=][ \t]*\\*["']?)"
    R"(([A-Za-z0-9/+=]{16,}|[A-Za-z0-9/+=]+\z))",
    // user:password@host; cut before its @ it must not be taken for a port
    R"([A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@"'\\]{0,128}:([^\s/@"'\\]{1,256})@)",
    R"([A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@"'\\]{0,128}:([0-9]*[^\s0-9/@"'\\][^\s/@"'\\]*)\z)",
};

// To its end, or to the text's when it has none.
constexpr std::string_view kPrivateKey =
    R"((?s)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?)"
    R"((?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z))";

constexpr std::string_view kEmail = R"([A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24})";

// What begins in the middle of a word is none: "task-force" has no key in it.
std::string PrefixedPattern() {
  std::string pattern = "(?:^|[^A-Za-z0-9])(";
  for (const Shape& shape : kShapes) {
    StrAppend(pattern, shape.prefix, "(?:", shape.alphabet, "{", shape.bytes_min, ",}|",
              shape.alphabet, "*\\z)|");
  }
  StrAppend(pattern, kJwt, ")");
  return pattern;
}

// They are ours and compile; a test says so.
MaskPattern Compiled(std::string_view pattern) { return *MaskPattern::Compile(pattern); }

const std::vector<MaskPattern>& Patterns() {
  static const std::vector<MaskPattern> patterns = [] {
    std::vector<MaskPattern> all;
    all.push_back(Compiled(PrefixedPattern()));
    for (const std::string_view pattern : kLabelled) all.push_back(Compiled(pattern));
    all.push_back(Compiled(kPrivateKey));
    return all;
  }();
  return patterns;
}

}  // namespace

void FindPattern(const MaskPattern& pattern, std::string_view text, std::vector<TextSpan>& spans) {
  MaskPattern::Found found;
  std::size_t from = 0;
  for (int finds = 0; pattern.Find(text, from, found); from = found.next) {
    if (++finds > kFindsMax) {
      spans.push_back({found.begin, text.size()});
      return;
    }
    spans.push_back({found.begin, found.end});
  }
}

void FindKnownSecrets(std::string_view text, std::vector<TextSpan>& spans) {
  for (const MaskPattern& pattern : Patterns()) FindPattern(pattern, text, spans);
}

void FindEmails(std::string_view text, std::vector<TextSpan>& spans) {
  static const MaskPattern email = Compiled(kEmail);
  FindPattern(email, text, spans);
}

void FindLiteral(std::string_view text, std::string_view secret, std::vector<TextSpan>& spans) {
  constexpr std::size_t kBytesMin = 8;
  constexpr std::size_t kHeadBytesMin = 4;
  if (secret.size() < kBytesMin) return;
  for (std::size_t at = text.find(secret); at != std::string_view::npos;
       at = text.find(secret, at + secret.size())) {
    spans.push_back({at, at + secret.size()});
  }
  const std::size_t head_max = std::min(secret.size() - 1, text.size());
  for (std::size_t head = head_max; head >= kHeadBytesMin; --head) {
    if (!text.ends_with(secret.substr(0, head))) continue;
    spans.push_back({text.size() - head, text.size()});
    return;
  }
}

}  // namespace weir::relay

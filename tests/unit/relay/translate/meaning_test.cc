// A conversation keeps its meaning from one dialect into another and back: made-up conversations
// through every pair of dialects that have both a reader and a writer of requests. A new dialect is
// in as soon as it has its row in dialect_table.
#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/translate/dialect_table.h"
#include "services/relay/translate/neutral/tool_arguments.h"
#include "tests/unit/relay/translate/translated.h"

namespace weir::relay {
namespace {

using testing::Parsed;

constexpr unsigned kSeeds = 100;

// What every dialect can say, in the neutral words. What one of them cannot (a temperature above 1,
// an image in a tool's result, …) has tests of its own.
class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  ChatRequest Make() {
    request_.model = "m";
    if (Maybe()) Say(Role::kSystem, [this] { AddText(); });
    for (std::size_t rounds = 1 + Below(4); rounds > 0; --rounds) AddRound();
    Say(Role::kUser, [this] { AddWords(); });
    AddTools();
    AddSettings();
    PairToolResults(request_);
    return std::move(request_);
  }

 private:
  std::size_t Below(std::size_t count) { return random_() % count; }
  bool Maybe() { return Below(2) == 0; }

  std::string_view Text() {
    static constexpr std::string_view kPieces[] = {
        "word",           " ",  "\\n",  "\\\"q\\\"", "\xC3\xA9",  "\\u00e9", "0",
        "\\ud83d\\ude00", "{}", "\\\\", "data: ",    "</system>", "\\t",     "[image]"};
    std::string text = "t";
    for (std::size_t i = Below(6); i > 0; --i) text += kPieces[Below(std::size(kPieces))];
    return request_.Keep(std::move(text));
  }

  template <typename Add>
  void Say(Role role, Add add) {
    const std::size_t first = request_.parts.size();
    add();
    if (request_.parts.size() > first) request_.AddTurn(role, first);
  }

  void AddText() { request_.AddPart(PartKind::kText).text = Text(); }

  void AddWords() {
    AddText();
    if (Below(4) == 0) {
      Part& image = request_.AddPart(PartKind::kImage);
      image.media_type = "image/png";
      image.base64 = "QUJD";
    }
    if (Below(6) == 0) {
      Part& document = request_.AddPart(PartKind::kDocument);
      document.media_type = "application/pdf";
      document.base64 = "QUJD";
      document.name = "a.pdf";
    }
  }

  void AddRound() {
    Say(Role::kUser, [this] { AddWords(); });
    const std::size_t calls = Below(4);
    const int first_id = ids_;
    Say(Role::kAssistant, [this, calls] {
      if (calls == 0 || Maybe()) AddText();
      for (std::size_t i = 0; i < calls; ++i) AddCall();
    });
    if (calls == 0) return;
    Say(Role::kUser, [this, first_id] {
      for (int id = first_id; id < ids_; ++id) AddResult(id);
    });
    const bool answered = request_.turns.back().role == Role::kUser;
    if (answered && Maybe()) Say(Role::kAssistant, [this] { AddText(); });
  }

  void AddCall() {
    static constexpr std::string_view kArguments[] = {R"({"x":"\"\u00e9\n"})", "{}",
                                                      R"({"a":[1,{"b":null}],"c":1.50})"};
    Part& call = request_.AddPart(PartKind::kToolCall);
    call.id = request_.Keep(StrCat("call_", ids_++));
    call.name = Maybe() ? "f" : "get_weather";
    call.arguments = {kArguments[Below(std::size(kArguments))], /*escaped=*/false};
  }

  void AddResult(int id) {
    if (Below(8) == 0) return;  // nobody answered
    const std::size_t at = request_.parts.size();
    Part& result = request_.AddPart(PartKind::kToolResult);
    result.kind = PartKind::kToolResult;
    result.id = request_.Keep(StrCat("call_", id));
    result.nested = 1;
    AddText();
    request_.parts[at].nested = 1;
  }

  void AddTools() {
    Tool& plain = request_.tools.emplace_back();
    plain.name = "f";
    plain.schema = R"({"type":"object","properties":{"x":{"type":"string"}}})";
    if (Maybe()) {
      plain.description = Text();
      plain.has_description = true;
    }
    Tool& weather = request_.tools.emplace_back();
    weather.name = "get_weather";
    weather.schema = R"({"type":"object","properties":{}})";
    static constexpr ToolChoice::Kind kKinds[] = {ToolChoice::Kind::kAuto, ToolChoice::Kind::kNone,
                                                  ToolChoice::Kind::kRequired,
                                                  ToolChoice::Kind::kTool};
    request_.tool_choice.kind = kKinds[Below(std::size(kKinds))];
    if (request_.tool_choice.kind == ToolChoice::Kind::kTool) request_.tool_choice.tool = "f";
  }

  void AddSettings() {
    request_.max_tokens = 100 + static_cast<std::int64_t>(Below(10'000));
    if (Maybe()) request_.temperature = "0.25";
    if (Maybe()) request_.top_p = "0.5";
    if (Maybe()) {
      request_.output.kind = OutputFormat::Kind::kJsonSchema;
      request_.output.name = "response";
      request_.output.schema = R"({"type":"object","additionalProperties":false})";
    }
  }

  std::mt19937 random_;
  ChatRequest request_;
  int ids_ = 0;
};

// What a request says, line by line, whatever the dialect's own way to cut it into pieces: texts of
// a turn are one, with nothing between; a result that nobody gave is told as what stands for it.
class Meaning {
 public:
  Meaning(const ChatRequest& request, bool titles) : request_(request), titles_(titles) {
    for (const Turn& turn : request.turns) TellTurn(turn);
    Flush();
    for (const Tool& tool : request.tools) {
      Line("tool", StrCat(tool.name, " ", tool.has_description ? tool.description : "-", " ",
                          boost::json::serialize(Parsed(tool.schema))));
    }
    Line("choice", StrCat(static_cast<int>(request.tool_choice.kind), request.tool_choice.tool));
    Line("settings", StrCat(request.max_tokens, " ", request.temperature, " ", request.top_p));
    Line("output", StrCat(static_cast<int>(request.output.kind), " ", request.output.schema));
  }

  const std::string& text() const { return told_; }

 private:
  void Line(std::string_view what, std::string_view text) {
    StrAppend(told_, what, ": ", text, "\n");
  }

  static std::string Plain(std::string_view escaped) {
    std::string plain;
    AppendUnescaped(escaped, plain);
    std::erase(plain, '\n');  // what stands between texts that become one
    return plain;
  }

  static std::string ArgumentsOf(const Part& part) {
    std::string json;
    AppendAsObject(part.arguments, json);
    return boost::json::serialize(Parsed(json));
  }

  void Flush() {
    if (!said_.empty()) Line(who_, said_);
    said_.clear();
  }

  // Neighbours of one speaker are one, however many turns a dialect makes of them.
  void Speak(std::string_view who, std::string_view words) {
    if (who != who_) Flush();
    who_ = who;
    said_ += words;
  }

  void TellTurn(const Turn& turn) {
    static constexpr std::string_view kNames[] = {"system", "user", "assistant"};
    const std::string_view who = kNames[static_cast<std::size_t>(turn.role)];
    const auto parts = std::span(request_.parts).subspan(turn.first, turn.count);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Part& part = parts[i];
      switch (part.kind) {
        case PartKind::kToolResult: {
          std::string text;
          for (const Part& inner : parts.subspan(i + 1, part.nested)) text += Plain(inner.text);
          Speak("tool", StrCat("<", part.id, "=", text, ">"));
          i += part.nested;
          break;
        }
        case PartKind::kToolCall:
          Speak(who, StrCat("<call ", part.id, " ", part.name, ArgumentsOf(part), ">"));
          break;
        case PartKind::kImage:
        case PartKind::kDocument:
          Speak(who,
                StrCat("<", part.media_type, part.base64, part.url, titles_ ? part.name : "", ">"));
          break;
        default:
          Speak(who, Plain(part.text));
      }
    }
    for (const std::string_view id : turn.unanswered) {
      Speak("tool", StrCat("<", id, "=[no result]>"));
    }
  }

  const ChatRequest& request_;
  bool titles_;
  std::string told_;
  std::string_view who_;
  std::string said_;
};

// A result that stands for one that nobody gave may come before or behind the given ones.
std::string Ordered(std::string text) {
  std::string out;
  for (const std::string_view line : Split(text, '\n')) {
    if (!line.starts_with("tool: <")) {
      StrAppend(out, line, "\n");
      continue;
    }
    std::vector<std::string_view> results = Split(line.substr(6), '<');
    std::sort(results.begin(), results.end());
    out += "tool: ";
    for (const std::string_view result : results) StrAppend(out, "<", result);
    out += "\n";
  }
  return out;
}

std::string MeaningOf(const ChatRequest& request, bool titles) {
  return Ordered(Meaning(request, titles).text());
}

// A request as JSON, kept as readers want it, and what was read of it.
struct Read {
  std::string json;
  ChatRequest request;
};

void WriteAndRead(ChatRequest& request, const DialectRow& row, Read& read) {
  ToolNames names;
  read.json.clear();
  ASSERT_TRUE(row.write_request(request, Target{}, names, read.json).ok());
  Parsed(read.json);
  read.json.reserve(read.json.size() + 64);
  const absl::Status status = row.read_request(read.json, read.request);
  ASSERT_TRUE(status.ok()) << DialectName(row.dialect) << " " << status << "\n" << read.json;
  read.request.model = "m";
}

std::vector<const DialectRow*> BothWays() {
  std::vector<const DialectRow*> rows;
  for (const DialectWords& words : kDialectWords) {
    if (!ReadsRequests(words.dialect)) continue;
    const DialectRow& row = RowOf(words.dialect);
    if (row.write_request != nullptr) rows.push_back(&row);
  }
  return rows;
}

TEST(MeaningTest, IsKeptThereAndBackBetweenAllDialects) {
  const std::vector<const DialectRow*> rows = BothWays();
  ASSERT_GE(rows.size(), 2u);
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    for (const DialectRow* home : rows) {
      for (const DialectRow* away : rows) {
        if (home == away) continue;
        // Gemini's documents have no titles.
        const bool titles = home->dialect != Dialect::kGemini && away->dialect != Dialect::kGemini;
        ChatRequest made = Maker(seed).Make();
        const std::string meant = MeaningOf(made, titles);
        Read first;
        Read there;
        Read back;
        WriteAndRead(made, *home, first);
        if (HasFatalFailure()) return;
        ASSERT_EQ(MeaningOf(first.request, titles), meant) << "seed " << seed << "\n" << first.json;
        WriteAndRead(first.request, *away, there);
        if (HasFatalFailure()) return;
        ASSERT_EQ(MeaningOf(there.request, titles), meant) << "seed " << seed << "\n" << there.json;
        WriteAndRead(there.request, *home, back);
        if (HasFatalFailure()) return;
        ASSERT_EQ(MeaningOf(back.request, titles), meant) << "seed " << seed << "\n" << back.json;
      }
    }
  }
}

}  // namespace
}  // namespace weir::relay

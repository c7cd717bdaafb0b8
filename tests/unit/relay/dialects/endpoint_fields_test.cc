// What endpoints beside chat need of a body: a default model, no usage asked for, the size of a
// text.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "services/relay/dialects/body_edits.h"
#include "services/relay/dialects/request_scan.h"

namespace weir::relay {
namespace {

constexpr Dialect kOpenAi = Dialect::kOpenAiChat;
constexpr std::size_t kPaddingBytes = 64;

// `json` with the padding behind it that the scan may read.
struct Padded {
  explicit Padded(std::string_view json)
      : all(std::string(json) + std::string(kPaddingBytes, ' ')), size(json.size()) {}
  std::string_view view() const { return {all.data(), size}; }

  std::string all;
  std::size_t size;
};

TEST(EndpointFieldsTest, TheDefaultModelStandsForNone) {
  for (const std::string_view json : {R"({"input":"hi"})", "{}", " {\"input\" : [1, 2]} "}) {
    const Padded body(json);
    EXPECT_FALSE(ScanRequest(kOpenAi, body.view()).ok());
    const absl::StatusOr<RequestFacts> facts = ScanRequest(kOpenAi, body.view(), "omni");
    ASSERT_TRUE(facts.ok()) << facts.status();
    EXPECT_EQ(facts->model, "omni");
    EXPECT_TRUE(PlanBodyEdits(kOpenAi, *facts, body.view(), {"omni"}).empty());
    boost::json::object wanted = boost::json::parse(std::string(json)).as_object();
    wanted["model"] = "mapped";
    const std::vector<BodyEdit> edits = PlanBodyEdits(kOpenAi, *facts, body.view(), {"mapped"});
    ASSERT_EQ(edits.size(), 1U);
    std::string edited(json);
    edited.insert(edits[0].erased.begin, edits[0].text);
    EXPECT_EQ(boost::json::parse(edited), boost::json::value(wanted)) << edited;
  }
}

TEST(EndpointFieldsTest, ANamedModelWinsOverTheDefault) {
  const Padded body(R"({"model":"mine","input":"hi"})");
  EXPECT_EQ(ScanRequest(kOpenAi, body.view(), "omni")->model, "mine");
}

TEST(EndpointFieldsTest, UsageIsAskedForOnlyWhereItIsTold) {
  const Padded body(R"({"model":"gpt-image-1","stream":true})");
  const absl::StatusOr<RequestFacts> facts = ScanRequest(kOpenAi, body.view());
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ(PlanBodyEdits(kOpenAi, *facts, body.view(), {"gpt-image-1", true}).size(), 1U);
  EXPECT_TRUE(PlanBodyEdits(kOpenAi, *facts, body.view(), {"gpt-image-1"}).empty());
}

TEST(EndpointFieldsTest, TheTextThatIsToBeReadOutIsMeasured) {
  for (const auto& [json, bytes] : std::vector<std::pair<std::string, std::size_t>>{
           {R"({"model":"tts-1","input" : "hello" })", 5},
           {R"({"model":"tts-1","input":""})", 0},
           {R"({"model":"m","input":["hello"]})", 0},
           {R"({"model":"m"})", 0}}) {
    const Padded body(json);
    const absl::StatusOr<RequestFacts> facts = ScanRequest(kOpenAi, body.view());
    ASSERT_TRUE(facts.ok()) << json;
    EXPECT_EQ(facts->input_text_bytes, bytes) << json;
  }
}

}  // namespace
}  // namespace weir::relay

#include "services/relay/dialects/multipart_scan.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=XBX";

std::string Part(std::string_view disposition, std::string_view value,
                 std::string_view more_head = "") {
  return StrCat("--XBX\r\nContent-Disposition: form-data; ", disposition, "\r\n", more_head, "\r\n",
                value, "\r\n");
}

std::string Closed(std::string_view parts) { return StrCat(parts, "--XBX--\r\n"); }

std::string Good() {
  return Closed(
      StrCat(Part("name=\"file\"; filename=\"a \\\"b\\\"; name=model.mp3\"",
                  std::string_view("ID3\r\n--\0XB\r\n\r\n", 14), "Content-Type: audio/mpeg\r\n"),
             Part("name=\"model\"", "whisper-1"), Part("name=\"language\"", ""),
             Part("name=response_format", "srt")));
}

std::string Problem(std::string_view body, std::string_view type = kType) {
  const absl::StatusOr<FormFacts> form = ScanForm(type, body, "");
  return form.ok() ? "" : std::string(View(form.status().message()));
}

TEST(MultipartScanTest, FindsTheModelAndCountsTheRest) {
  const std::string body = Good();
  const absl::StatusOr<FormFacts> form = ScanForm(kType, body, "");
  ASSERT_TRUE(form.ok()) << form.status();
  EXPECT_EQ(form->facts.model, "whisper-1");
  EXPECT_EQ(body.substr(form->facts.model_token.begin, form->facts.model_token.size), "whisper-1");
  EXPECT_EQ(form->files, 1U);
  EXPECT_EQ(form->file_bytes, 14U);
  EXPECT_EQ(form->text_bytes, 12U);
  EXPECT_FALSE(form->facts.stream);
}

TEST(MultipartScanTest, ReadsStream) {
  for (const auto& [text, stream] : std::vector<std::pair<std::string, bool>>{
           {"true", true}, {"True", true}, {"1", true}, {"false", false}, {"", false}}) {
    const std::string body =
        Closed(StrCat(Part("name=\"stream\"", text), Part("name=\"model\"", "m")));
    const absl::StatusOr<FormFacts> form = ScanForm(kType, body, "");
    ASSERT_TRUE(form.ok()) << form.status();
    EXPECT_EQ(form->facts.stream, stream) << text;
  }
}

TEST(MultipartScanTest, TakesEveryBoundaryThatClientsMake) {
  for (const std::string_view boundary :
       {"----WebKitFormBoundaryABCdef0123", "0123456789abcdef0123456789abcdef", "a'()+_,-./:=?b",
        "=_b"}) {
    const std::string body = StrCat("--", boundary, "\r\ncontent-disposition: FORM-DATA; NAME=",
                                    "\"model\"\r\n\r\nm\r\n--", boundary, "--");
    for (const std::string& type :
         {StrCat("Multipart/Form-Data;charset=utf-8; Boundary=\"", boundary, "\""),
          StrCat("multipart/form-data; boundary=\"", boundary, "\" ")}) {
      const absl::StatusOr<FormFacts> form = ScanForm(type, body, "");
      ASSERT_TRUE(form.ok()) << type << form.status();
      EXPECT_EQ(form->facts.model, "m");
    }
  }
}

TEST(MultipartScanTest, RefusesContentTypesWithoutAUsableBoundary) {
  for (const std::string& type :
       {std::string(), std::string("application/json"), std::string("multipart/form-data"),
        std::string("multipart/mixed; boundary=XBX"), std::string("multipart/form-data; boundary="),
        std::string("multipart/form-data; boundary=\"XBX"),
        std::string("multipart/form-data; boundary=XBX; boundary=XBX"),
        std::string("multipart/form-data; boundary=XBX y=z"),
        std::string("multipart/form-data; boundary=\"X\\BX\""),
        std::string("multipart/form-data; boundary=\"XBX \""),
        "multipart/form-data; boundary=" + std::string(71, 'x')}) {
    EXPECT_NE(Problem(Good(), type), "") << type;
  }
}

// What two readers could read in two ways.
TEST(MultipartScanTest, RefusesHostileForms) {
  const std::string model = Part("name=\"model\"", "cheap");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"two models", Closed(model + Part("name=\"model\"", "dear"))},
      {"a model as a file", Closed(Part("name=\"model\"; filename=\"m\"", "cheap"))},
      {"an encoded model",
       Closed(Part("name=\"model\"", "Y2hlYXA=", "Content-Transfer-Encoding: base64\r\n"))},
      {"an empty model", Closed(Part("name=\"model\"", ""))},
      {"a line end in the model", Closed(Part("name=\"model\"", "cheap\r\nx"))},
      {"a long model", Closed(Part("name=\"model\"", std::string(257, 'm')))},
      {"two names", Closed(model + Part("name=\"a\"; name=\"model\"", "dear"))},
      {"a name in two ways", Closed(model + Part("name=\"a\"; name*=utf-8''model", "dear"))},
      {"a name with a backslash", Closed(model + Part("name=\"mo\\del\"", "dear"))},
      {"no name", Closed(model + Part("filename=\"a\"", "dear"))},
      {"an open quote", Closed(model + Part("name=\"a", "dear"))},
      {"a quoted end", Closed(model + Part("name=\"a\\\"", "dear"))},
      {"junk behind a parameter", Closed(model + Part("name=\"a\" model", "dear"))},
      {"two dispositions",
       Closed(model +
              Part("name=\"a\"", "dear", "Content-Disposition: form-data; name=\"model\"\r\n"))},
      {"no disposition", Closed(model + "--XBX\r\nContent-Type: text/plain\r\n\r\ndear\r\n")},
      {"another disposition",
       Closed(model + "--XBX\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nb\r\n")},
      {"a folded header", Closed(model + Part("name=\"a\"", "b", " ; name=\"model\"\r\n"))},
      {"a header with a bare line feed", Closed(model + Part("name=\"a\"\nX: y", "b"))},
      {"no head", Closed(model + "--XBX\r\n\r\ndear\r\n")},
      {"a part without a value",
       Closed(model + "--XBX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" +
              Part("name=\"model\"", "dear"))},
      {"a boundary after a bare line feed",
       Closed(model + Part("name=\"a\"",
                           "b\n--XBX\nContent-Disposition: form-data; "
                           "name=\"model\"\n\ndear"))},
      {"a boundary within a line", Closed(model + Part("name=\"a\"", "b --XBX c"))},
      {"a longer boundary", Closed(model + Part("name=\"a\"", "b\r\n--XBXY\r\n\r\n"))},
      {"a boundary with space behind it",
       Closed("--XBX \r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ncheap\r\n")},
      {"a boundary in a head", Closed(model + Part("name=\"a\"; filename=\"--XBX\"", "b"))},
      {"a preamble", "hello\r\n" + Closed(model)},
      {"an epilogue", Closed(model) + "--XBX\r\n"},
      {"another epilogue", Closed(model) + "x"},
      {"no part", "--XBX--\r\n"},
      {"nothing", ""},
      {"bare line feeds",
       "--XBX\nContent-Disposition: form-data; name=\"model\"\n\ncheap\n--XBX--\n"},
      {"a huge head",
       Closed(model +
              Part(StrCat("name=\"a\"; filename=\"", std::string(20'000, 'f'), "\""), "b"))},
      {"no model", Closed(Part("name=\"Model\"", "cheap"))},
  };
  ASSERT_EQ(Problem(Closed(model)), "") << "the good part of each case";
  for (const auto& [name, body] : cases) EXPECT_NE(Problem(body), "") << name;
}

TEST(MultipartScanTest, RefusesTooManyParts) {
  std::string parts = Part("name=\"model\"", "m");
  for (int i = 0; i < 255; ++i) parts += Part("name=\"image[]\"; filename=\"a\"", "b");
  EXPECT_EQ(Problem(Closed(parts)), "");
  EXPECT_NE(Problem(Closed(parts + Part("name=\"a\"", "b"))), "");
}

TEST(MultipartScanTest, RefusesEveryFormThatBreaksOff) {
  const std::string body = Good();
  // The last line end is not needed.
  for (std::size_t size = 0; size + 2 < body.size(); ++size) {
    const std::string part = body.substr(0, size);
    EXPECT_NE(Problem(part), "") << size;
  }
  EXPECT_EQ(Problem(body.substr(0, body.size() - 2)), "");
}

TEST(MultipartScanTest, TheDefaultModelStandsForNone) {
  const std::string body = Closed(Part("name=\"prompt\"", "a cat"));
  const absl::StatusOr<FormFacts> form = ScanForm(kType, body, "dall-e-2");
  ASSERT_TRUE(form.ok()) << form.status();
  EXPECT_EQ(form->facts.model, "dall-e-2");
  EXPECT_TRUE(PlanFormEdits(form->facts, kType, "dall-e-2").empty());
  const std::vector<BodyEdit> edits = PlanFormEdits(form->facts, kType, "other");
  ASSERT_EQ(edits.size(), 1U);
  const std::string edited = edits[0].text + body;
  const absl::StatusOr<FormFacts> again = ScanForm(kType, edited, "");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->facts.model, "other");
}

TEST(MultipartScanTest, AMappedModelChangesItsOwnBytesAlone) {
  const std::string body = Good();
  const absl::StatusOr<FormFacts> form = ScanForm(kType, body, "");
  ASSERT_TRUE(form.ok());
  EXPECT_TRUE(PlanFormEdits(form->facts, kType, "whisper-1").empty());
  const std::vector<BodyEdit> edits = PlanFormEdits(form->facts, kType, "large-v3");
  ASSERT_EQ(edits.size(), 1U);
  std::string edited = body;
  edited.replace(edits[0].erased.begin, edits[0].erased.size, edits[0].text);
  EXPECT_EQ(edited, StrCat(body.substr(0, body.find("whisper-1")), "large-v3",
                           body.substr(body.find("whisper-1") + 9)));
}

}  // namespace
}  // namespace weir::relay

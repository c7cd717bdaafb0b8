// A key gets another text; for a while both are good.
#include <string>

#include "libs/common/text.h"
#include "tests/unit/admin/admin_server.h"

namespace weir::admin {
namespace {

class RestRotationTest : public AdminServerTest {
 protected:
  // Its path and text.
  std::pair<std::string, std::string> MakeKey() {
    const auto made = Admin("POST", "/api/v1/api-keys", R"({"name":"k"})").Json();
    return {StrCat("/api/v1/api-keys/", At(made, "id").as_int64()),
            At(made, "key").as_string().c_str()};
  }
  // Whether a key's text opens the page of its usage; 503 says that usage is away, not the key.
  bool Opens(const std::string& text) {
    return Send("GET", "/api/v1/key-usage", "", {{"Authorization", "Bearer " + text}}).status !=
           401;
  }
};

TEST_F(RestRotationTest, WithoutAnOverlapTheOldTextIsOutAtOnce) {
  const auto [path, old_text] = MakeKey();
  EXPECT_TRUE(Opens(old_text));
  const Reply rotated = Admin("POST", path + "/rotate");
  ASSERT_EQ(rotated.status, 200) << rotated.body;
  EXPECT_FALSE(Opens(old_text));
  EXPECT_TRUE(Opens(At(rotated.Json(), "key").as_string().c_str()));
  EXPECT_TRUE(At(rotated.Json(), "previous_until").is_null());
}

TEST_F(RestRotationTest, WithOneBothAreGoodUntilItIsEnded) {
  const auto [path, old_text] = MakeKey();
  const auto rotated = Admin("POST", path + "/rotate", R"({"overlap_ms":3600000})").Json();
  EXPECT_TRUE(At(rotated, "previous_until").is_string());
  EXPECT_TRUE(At(rotated, "previous_key_hint").is_string());
  EXPECT_TRUE(Opens(old_text));
  EXPECT_TRUE(Opens(At(rotated, "key").as_string().c_str()));
  // Other changes leave it be.
  EXPECT_EQ(Admin("PUT", path, R"({"name":"renamed"})").status, 200);
  EXPECT_TRUE(Opens(old_text));
  const auto ended = Admin("DELETE", path + "/previous").Json();
  EXPECT_TRUE(At(ended, "previous_until").is_null());
  EXPECT_FALSE(Opens(old_text));
}

TEST_F(RestRotationTest, AThirdTextPutsTheFirstOut) {
  const auto [path, first] = MakeKey();
  const auto second = Admin("POST", path + "/rotate", R"({"overlap_ms":3600000})").Json();
  EXPECT_EQ(Admin("POST", path + "/rotate", R"({"overlap_ms":3600000})").status, 200);
  EXPECT_FALSE(Opens(first));
  EXPECT_TRUE(Opens(At(second, "key").as_string().c_str()));
}

TEST_F(RestRotationTest, BadOverlapsAndOtherPeoplesKeys) {
  const auto [path, text] = MakeKey();
  for (const char* body : {R"({"overlap_ms":-1})", R"({"overlap_ms":2592000001})",
                           R"({"overlap_ms":"long"})", R"({"overlap":5})"}) {
    EXPECT_EQ(Admin("POST", path + "/rotate", body).status, 400) << body;
  }
  const std::string ann = MakeUser("ann");
  EXPECT_EQ(As(ann, "POST", path + "/rotate").status, 404);
  EXPECT_EQ(As(ann, "DELETE", path + "/previous").status, 404);
  EXPECT_TRUE(Opens(text));
}

}  // namespace
}  // namespace weir::admin

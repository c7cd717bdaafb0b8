#include "services/relay/snapshot/snapshot_file.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/relay/snapshot/samples.h"

namespace weir::relay {
namespace {

using namespace testing;  // NOLINT: the samples read as words
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SnapshotFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = "/tmp/weir-snapshot-XXXXXX";
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/snapshot";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Revisions that `file` gives.
  static std::vector<std::uint64_t> Load(SnapshotFile& file, absl::Status* status = nullptr) {
    std::vector<std::uint64_t> revisions;
    const absl::Status loaded = file.Load([&](const Chunks& chunks) {
      revisions.push_back(chunks.back().revision());
      return absl::OkStatus();
    });
    if (status != nullptr) *status = loaded;
    return revisions;
  }

  std::string Content() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void Replace(const std::string& content) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << content;
  }

  std::string folder_;
  std::string path_;
  const Secret secret_{"the relay's own secret"};
};

TEST_F(SnapshotFileTest, ComesBackAsItWasWritten) {
  {
    SnapshotFile file(path_, secret_);
    absl::Status status;
    EXPECT_THAT(Load(file, &status), IsEmpty());
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    ASSERT_TRUE(file.Write(SmallRevision(5)).ok());
    ASSERT_TRUE(file.Write({ChunkOf(5, 6, {KeyOf(3, 1, 1)})}).ok());
    v1::SnapshotChunk head = ChunkOf(6, 7, {KeyOf(4, 1, 1)});
    head.set_last(false);
    ASSERT_TRUE(file.Write({head, ChunkOf(6, 7, {KeyOf(5, 1, 1)})}).ok());
  }
  SnapshotFile file(path_, secret_);
  std::vector<Chunks> revisions;
  ASSERT_TRUE(file.Load([&](const Chunks& chunks) {
                    revisions.push_back(chunks);
                    return absl::OkStatus();
                  })
                  .ok());
  ASSERT_EQ(revisions.size(), 3U);
  EXPECT_EQ(revisions[0][0].SerializeAsString(), SmallRevision(5)[0].SerializeAsString());
  ASSERT_EQ(revisions[2].size(), 2U);
  EXPECT_EQ(revisions[2][1].upserts(0).api_key().id(), 5);
  // And goes on from there.
  ASSERT_TRUE(file.Write({ChunkOf(7, 8, {})}).ok());
  EXPECT_THAT(Load(file), ElementsAre(5, 6, 7, 8));
}

TEST_F(SnapshotFileTest, IsSealedAndForItsOwnerOnly) {
  SnapshotFile file(path_, secret_);
  ASSERT_TRUE(file.Write(SmallRevision(1)).ok());
  EXPECT_EQ(Content().find("sk-very-secret"), std::string::npos);
  EXPECT_EQ(Content().find("anthropic"), std::string::npos);
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(SnapshotFileTest, AnotherSecretIsSaidClearly) {
  {
    SnapshotFile file(path_, secret_);
    ASSERT_TRUE(file.Write(SmallRevision(1)).ok());
  }
  SnapshotFile other(path_, Secret("another one"));
  absl::Status status;
  EXPECT_THAT(Load(other, &status), IsEmpty());
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("Start admin"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("snapshot_key_file"));
  EXPECT_FALSE(other.Write({ChunkOf(1, 2, {})}).ok());
  EXPECT_TRUE(other.Write(SmallRevision(9)).ok());  // starts without, and over
  EXPECT_THAT(Load(other), ElementsAre(9));
}

TEST_F(SnapshotFileTest, ATornTailIsCutOffWhereverItIsTorn) {
  std::size_t full = 0;
  {
    SnapshotFile file(path_, secret_);
    ASSERT_TRUE(file.Write(SmallRevision(1)).ok());
    full = Content().size();
    ASSERT_TRUE(file.Write({ChunkOf(1, 2, {KeyOf(9, 1, 1)})}).ok());
  }
  const std::string whole = Content();
  for (std::size_t bytes = full; bytes < whole.size(); bytes += 3) {
    Replace(whole.substr(0, bytes));
    SnapshotFile file(path_, secret_);
    EXPECT_THAT(Load(file), ElementsAre(1)) << bytes;
    ASSERT_TRUE(file.Write({ChunkOf(1, 3, {})}).ok());
    EXPECT_THAT(Load(file), ElementsAre(1, 3)) << bytes;
  }
}

TEST_F(SnapshotFileTest, ChangedBytesAreNeverTaken) {
  {
    SnapshotFile file(path_, secret_);
    ASSERT_TRUE(file.Write(SmallRevision(1)).ok());
  }
  const std::string whole = Content();
  for (std::size_t at = 0; at < whole.size(); at += 5) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    Replace(changed);
    SnapshotFile file(path_, secret_);
    absl::Status status;
    EXPECT_THAT(Load(file, &status), IsEmpty()) << at;
    EXPECT_FALSE(status.ok()) << at;
  }
}

TEST_F(SnapshotFileTest, ARevisionThatIsRefusedEndsTheJournal) {
  SnapshotFile file(path_, secret_);
  ASSERT_TRUE(file.Write(SmallRevision(1)).ok());
  ASSERT_TRUE(file.Write({ChunkOf(1, 2, {})}).ok());
  ASSERT_TRUE(file.Write({ChunkOf(2, 3, {})}).ok());
  const absl::Status status = file.Load([](const Chunks& chunks) {
    return chunks.back().revision() == 2 ? absl::InvalidArgumentError("no") : absl::OkStatus();
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(file.revision(), 1U);
  EXPECT_TRUE(absl::IsFailedPrecondition(file.Write({ChunkOf(3, 4, {})})));
  EXPECT_THAT(Load(file), ElementsAre(1));
}

TEST_F(SnapshotFileTest, IsRewrittenWhenDifferencesHaveOutgrownTheWhole) {
  SnapshotFile file(path_, secret_);
  ASSERT_TRUE(file.Write(SmallRevision(1)).ok());
  v1::Resource large = KeyOf(1, 1, 1);
  large.mutable_api_key()->set_system_prompt(std::string(100'000, 's'));
  std::uint64_t revision = 1;
  for (; revision < 40; ++revision) {
    std::vector<v1::ResourceRef> removals;
    if (revision == 3) removals.push_back(RefTo(v1::RESOURCE_KIND_API_KEY, 2));
    ASSERT_TRUE(file.Write({ChunkOf(revision, revision + 1, {large}, removals)}).ok());
  }
  EXPECT_LT(Content().size(), 2'000'000U);
  std::vector<Chunks> revisions;
  ASSERT_TRUE(file.Load([&](const Chunks& chunks) {
                    revisions.push_back(chunks);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_LT(revisions.size(), 20U);
  EXPECT_EQ(revisions.front().front().base_revision(), 0U);
  EXPECT_EQ(revisions.front().front().upserts_size(), 6);  // the small world less key 2
  EXPECT_EQ(revisions.back().back().revision(), revision);
}

}  // namespace
}  // namespace weir::relay

// A file of the spool as a crash, a bad disk or an intruder left it: what is read was written with
// its checksum, and nothing behind the file's end is touched.
#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>

#include "libs/common/text.h"
#include "services/relay/metering/crc32c.h"
#include "services/relay/metering/spool_segment.h"
#include "tests/fuzz/fuzz.h"

namespace weir::relay {
namespace {

constexpr std::size_t kBytesMax = 16'384;
constexpr std::size_t kHeaderCrcAt = 40;

// One file per process, in memory where the system has it.
const std::string& Path() {
  static const std::string path = [] {
    const char* folder = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    return StrCat(folder, "/weir-fuzz-", ::getpid(), ".spool");
  }();
  return path;
}

void WriteFile(std::string_view bytes) {
  const int fd = ::open(Path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  FUZZ_CHECK(fd >= 0);
  FUZZ_CHECK(::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  ::close(fd);
}

template <typename Int>
void Put(std::string& bytes, std::size_t at, Int value) {
  if (at + sizeof(value) <= bytes.size()) std::memcpy(bytes.data() + at, &value, sizeof(value));
}

// Checksums made good, which no fuzzer finds: of the head, and of the first records.
void Repair(std::string& bytes) {
  constexpr std::string_view kHead("WEIRSPL1\1\0\0\0\x40\0\0\0", 16);
  if (bytes.size() < kSegmentHeaderBytes) return;
  std::memcpy(bytes.data(), kHead.data(), kHead.size());
  Put(bytes, kHeaderCrcAt, Crc32c(std::string_view(bytes).substr(0, kHeaderCrcAt)));
  std::uint64_t at = kSegmentHeaderBytes;
  while (at + kRecordHeaderBytes <= bytes.size()) {
    std::uint32_t length = 0;
    std::memcpy(&length, bytes.data() + at, sizeof(length));
    if (length == 0 || length > bytes.size() - at - kRecordHeaderBytes) return;
    const auto payload = std::string_view(bytes).substr(at + kRecordHeaderBytes, length);
    if ((length & 1) == 0) Put(bytes, at + 4, Crc32c(payload));
    at += RecordBytes(length);
  }
}

void CheckRecovered(SpoolSegment& segment, std::size_t file_bytes) {
  FUZZ_CHECK(segment.closed());
  FUZZ_CHECK(segment.acked() <= segment.published() && segment.published() <= file_bytes);
  std::uint64_t at = kSegmentHeaderBytes;
  std::int64_t events = 0;
  while (at < segment.published()) {
    const std::uint64_t before = at;
    const std::string payload(segment.Payload(at));
    FUZZ_CHECK(!payload.empty() && at > before && at <= file_bytes);
    ++events;
  }
  FUZZ_CHECK(at == segment.published() && events == segment.events());
  FUZZ_CHECK(segment.events_acked() <= events);
  segment.MarkAcked(segment.published(), segment.events() - segment.events_acked());
  FUZZ_CHECK(segment.finished());
  segment.Trim();
}

}  // namespace
}  // namespace weir::relay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::relay;  // NOLINT(google-build-using-namespace)
  if (size > kBytesMax) return weir::fuzz::kRefused;
  std::string_view data = weir::fuzz::Text(bytes, size);
  const bool repair = (weir::fuzz::TakeByte(data) & 1) != 0;
  std::string file(data);
  if (repair) Repair(file);
  WriteFile(file);
  const auto segment = SpoolSegment::Recover(Path());
  if (segment.ok()) CheckRecovered(**segment, file.size());
  ::unlink(Path().c_str());
  return weir::fuzz::kTaken;
}

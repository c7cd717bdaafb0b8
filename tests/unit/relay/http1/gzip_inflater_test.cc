#include "services/relay/http1/gzip_inflater.h"

#include <zlib.h>

#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

std::string Gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string in(text);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

struct Inflated {
  std::string text;
  bool broken = false;
  bool finished = false;
};

Inflated Inflate(std::string_view compressed, std::size_t piece_bytes) {
  GzipInflater inflater;
  Inflated all;
  for (std::size_t at = 0; at < compressed.size(); at += piece_bytes) {
    inflater.Feed(compressed.substr(at, piece_bytes));
    std::string_view output;
    GzipInflater::Status status = inflater.Next(output);
    for (; status == GzipInflater::Status::kOutput; status = inflater.Next(output)) {
      EXPECT_FALSE(output.empty());
      EXPECT_LE(output.size(), 64U * 1024);
      all.text += output;
    }
    if (status == GzipInflater::Status::kBroken) {
      all.broken = true;
      return all;
    }
  }
  all.finished = inflater.finished();
  return all;
}

TEST(GzipInflaterTest, GivesBackTheTextHoweverItIsCut) {
  std::mt19937 random(11);
  std::string text = "data: {\"type\":\"message_start\"}\n\n";
  for (int i = 0; i < 2'000; ++i) text += static_cast<char>('a' + random() % 26);
  const std::string compressed = Gzip(text);
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{2}, std::size_t{7}, compressed.size()}) {
    const Inflated all = Inflate(compressed, piece);
    EXPECT_EQ(all.text, text);
    EXPECT_TRUE(all.finished);
    EXPECT_FALSE(all.broken);
  }
}

TEST(GzipInflaterTest, OutputFarLargerThanItsInputComesInPieces) {
  const std::string text(5 * 64 * 1024, 'x');  // also a whole number of pieces
  const Inflated all = Inflate(Gzip(text), 1 << 20);
  EXPECT_EQ(all.text.size(), text.size());
  EXPECT_TRUE(all.finished);
}

TEST(GzipInflaterTest, AnEmptyTextHasAnEnd) {
  const Inflated all = Inflate(Gzip(""), 3);
  EXPECT_EQ(all.text, "");
  EXPECT_TRUE(all.finished);
}

TEST(GzipInflaterTest, ACutStreamIsNotFinished) {
  const std::string compressed = Gzip("some text, some text, some text");
  for (std::size_t cut = 0; cut < compressed.size(); ++cut) {
    const Inflated all = Inflate(compressed.substr(0, cut), 4);
    EXPECT_FALSE(all.finished) << cut;
    EXPECT_FALSE(all.broken) << cut;
  }
}

TEST(GzipInflaterTest, FindsBrokenStreams) {
  EXPECT_TRUE(Inflate("this is no gzip at all", 5).broken);
  std::string compressed = Gzip("some text, some text, some text");
  compressed[compressed.size() - 6] ^= 1;  // the checksum
  EXPECT_TRUE(Inflate(compressed, 4).broken);
}

}  // namespace
}  // namespace weir::relay

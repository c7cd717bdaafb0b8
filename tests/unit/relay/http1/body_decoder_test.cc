#include "services/relay/http1/body_decoder.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

struct Decoded {
  BodyStatus status = BodyStatus::kMore;
  std::string payload;
  std::size_t consumed = 0;

  bool operator==(const Decoded&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Decoded& decoded) {
  return out << static_cast<int>(decoded.status) << " '" << decoded.payload << "' after "
             << decoded.consumed;
}

// Feeds `pieces` until the body has ended or broken; each in memory of exactly its size.
Decoded Decode(BodyDecoder decoder, const std::vector<std::string_view>& pieces) {
  Decoded all;
  for (const std::string_view piece : pieces) {
    const std::unique_ptr<char[]> data(new char[piece.size()]);
    piece.copy(data.get(), piece.size());
    const BodyPart part = decoder.Decode(data.get(), piece.size());
    EXPECT_LE(part.payload_bytes, part.consumed_bytes);
    EXPECT_LE(part.consumed_bytes, piece.size());
    all.status = part.status;
    all.payload.append(data.get(), part.payload_bytes);
    all.consumed += part.consumed_bytes;
    if (part.status != BodyStatus::kMore) break;
    EXPECT_EQ(part.consumed_bytes, piece.size());
  }
  return all;
}

Decoded DecodeChunked(const std::vector<std::string_view>& pieces) {
  return Decode(BodyDecoder(BodyFraming::kChunked), pieces);
}

const std::vector<std::string>& ChunkedCorpus() {
  static const std::vector<std::string> corpus = {
      "0\r\n\r\n",
      "5\r\nhello\r\n0\r\n\r\n",
      "5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n",
      "1\r\na\r\n1\r\nb\r\n1\r\n\n\r\n00000\r\n\r\n",
      "A;name=value;\"q\"\r\n0123456789\r\n0;last\r\n\r\n",
      "a\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\nx: y\r\nTrailer: two\r\n\r\nrest",
      "0000000000000000000003\r\nabc\r\n0\r\n\r\n",
      "1F\r\n0123456789012345678901234567890\r\n0\r\n\r\n",
      // Broken ones must break alike, wherever they are cut.
      "5\r\nhelloX\r\n0\r\n\r\n",
      "5\nhello\n0\n\n",
      "5\r\nhello\r\n0\r\n\n",
      "5\r\nhello\n0\r\n\r\n",
      "g\r\n",
      "\r\n",
      "-1\r\n",
      "+5\r\nhello\r\n0\r\n\r\n",
      "0x5\r\nhello\r\n0\r\n\r\n",
      " 5\r\nhello\r\n0\r\n\r\n",
      "5 \r\nhello\r\n0\r\n\r\n",
      "5\r\nhello\r\n\r\n",
      "5;ext\nhello\r\n0\r\n\r\n",
      "5;ext\rhello\r\n0\r\n\r\n",
      "0\r\nx: y\n\r\n",
      "0\r\nx: y\rz\r\n\r\n",
      "0\r\n\nrest",
      "FFFFFFFFFFFFFFFF\r\nx",
      "10000000000000005\r\nhello\r\n0\r\n\r\n",  // 5 modulo 2^64
      "20000000000\r\nx",
  };
  return corpus;
}

TEST(BodyDecoderTest, DecodesChunks) {
  EXPECT_EQ(DecodeChunked({ChunkedCorpus()[1]}), (Decoded{BodyStatus::kFinished, "hello", 15}));
  EXPECT_EQ(DecodeChunked({ChunkedCorpus()[2]}), (Decoded{BodyStatus::kFinished, "hello", 15}));
  EXPECT_EQ(DecodeChunked({ChunkedCorpus()[3]}).payload, "ab\n");
  EXPECT_EQ(DecodeChunked({ChunkedCorpus()[4]}).payload, "0123456789");
  const std::string& trailers = ChunkedCorpus()[5];
  EXPECT_EQ(DecodeChunked({trailers}),
            (Decoded{BodyStatus::kFinished, "\r\n\r\n\r\n\r\n\r\n", trailers.size() - 4}));
}

TEST(BodyDecoderTest, RefusesBrokenChunks) {
  for (std::size_t i = 8; i < ChunkedCorpus().size(); ++i) {
    EXPECT_EQ(DecodeChunked({ChunkedCorpus()[i]}).status, BodyStatus::kMalformed)
        << ChunkedCorpus()[i];
  }
}

TEST(BodyDecoderTest, CutsMakeNoDifference) {
  for (const std::string& body : ChunkedCorpus()) {
    const std::string_view all(body);
    const Decoded whole = DecodeChunked({all});
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < all.size(); ++i) bytes.push_back(all.substr(i, 1));
    EXPECT_EQ(DecodeChunked(bytes), whole) << body;
    for (std::size_t a = 0; a <= all.size(); ++a) {
      for (std::size_t b = a; b <= all.size(); ++b) {
        ASSERT_EQ(DecodeChunked({all.substr(0, a), all.substr(a, b - a), all.substr(b)}), whole)
            << body << " cut at " << a << " and " << b;
      }
    }
  }
}

TEST(BodyDecoderTest, IsNotFinishedBeforeTheLastByte) {
  const std::string body = "5\r\nhello\r\n0\r\nx: y\r\n\r\n";
  for (std::size_t cut = 0; cut < body.size(); ++cut) {
    EXPECT_EQ(DecodeChunked({std::string_view(body).substr(0, cut)}).status, BodyStatus::kMore);
  }
}

TEST(BodyDecoderTest, BoundsWhatIsNoPayload) {
  const std::string endless(100'000, 'x');
  EXPECT_EQ(DecodeChunked({"1;" + endless}).status, BodyStatus::kMalformed);
  EXPECT_EQ(DecodeChunked({"0\r\n" + endless}).status, BodyStatus::kMalformed);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 20'000; ++i) trailers += "a: b\r\n";
  EXPECT_EQ(DecodeChunked({trailers}).status, BodyStatus::kMalformed);
}

TEST(BodyDecoderTest, StaysBroken) {
  BodyDecoder decoder(BodyFraming::kChunked);
  std::string bad = "zz";
  EXPECT_EQ(decoder.Decode(bad.data(), bad.size()).status, BodyStatus::kMalformed);
  std::string good = "0\r\n\r\n";
  const BodyPart part = decoder.Decode(good.data(), good.size());
  EXPECT_EQ(part.status, BodyStatus::kMalformed);
  EXPECT_EQ(part.payload_bytes, 0U);
}

TEST(BodyDecoderTest, CountsALength) {
  EXPECT_TRUE(BodyDecoder(BodyFraming::kLength, 0).finished_at_start());
  EXPECT_FALSE(BodyDecoder(BodyFraming::kLength, 1).finished_at_start());
  EXPECT_FALSE(BodyDecoder(BodyFraming::kChunked).finished_at_start());
  EXPECT_TRUE(BodyDecoder().finished_at_start());
  const BodyDecoder five(BodyFraming::kLength, 5);
  EXPECT_EQ(Decode(five, {"hello"}), (Decoded{BodyStatus::kFinished, "hello", 5}));
  EXPECT_EQ(Decode(five, {"hellomore"}), (Decoded{BodyStatus::kFinished, "hello", 5}));
  EXPECT_EQ(Decode(five, {"he", "", "llo", "more"}), (Decoded{BodyStatus::kFinished, "hello", 5}));
  EXPECT_EQ(Decode(five, {"hell"}), (Decoded{BodyStatus::kMore, "hell", 4}));
}

TEST(BodyDecoderTest, UntilCloseTakesAll) {
  const BodyDecoder decoder(BodyFraming::kUntilClose);
  EXPECT_EQ(Decode(decoder, {"a", "bc"}), (Decoded{BodyStatus::kMore, "abc", 3}));
  EXPECT_EQ(Decode(BodyDecoder(), {"next"}), (Decoded{BodyStatus::kFinished, "", 0}));
}

}  // namespace
}  // namespace weir::relay

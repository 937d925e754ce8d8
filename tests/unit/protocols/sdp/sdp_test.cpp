#include "protocols/sdp/sdp.hpp"

#include <gtest/gtest.h>

namespace casement::protocols::sdp {
namespace {

using base::ErrorKind;

// RFC 8866 §5, shortened.
constexpr std::string_view kExample =
    "v=0\r\no=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\ns=Call to John Smith\r\ni=SDP "
    "Offer #1\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n"
    "m=audio 49170 RTP/AVP 0\r\nm=video 51372/2 RTP/AVP 99 100\r\nc=IN IP6 "
    "2001:db8::2\r\na=rtpmap:99 h263-1998/90000\r\na=fmtp:99 a=1\r\na=fmtp:100 "
    "b=2\r\na=recvonly\r\n";

TEST(Sdp, ReadsTheExampleOfTheRfc) {
    const auto d = parse(kExample);
    ASSERT_TRUE(d);
    EXPECT_EQ(d->name, "Call to John Smith");
    EXPECT_EQ(d->connection, "IN IP4 198.51.100.1");
    ASSERT_EQ(d->media.size(), 2u);
    EXPECT_EQ(d->media[0].type, "audio");
    EXPECT_EQ(d->media[0].port, 49170);
    EXPECT_EQ(d->media[1].protocol, "RTP/AVP");
    EXPECT_EQ(d->media[1].port, 51372);
    EXPECT_EQ(d->media[1].formats, (std::vector<std::string>{"99", "100"}));
    EXPECT_EQ(d->media[1].attribute("recvonly"), "");
    EXPECT_FALSE(d->media[1].attribute("sendonly"));
    EXPECT_EQ(d->media[1].attribute_of("fmtp", 100), "b=2");
    EXPECT_FALSE(d->media[1].attribute_of("fmtp", 101));
}

TEST(Sdp, WritesWhatItReads) {
    auto d = *parse(kExample);
    const auto again = parse(write(d));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, d);
}

TEST(Sdp, ForgivesLineEndsOrderAndNoise) {
    const auto d = parse(
        "\n\nm=VIDEO x RTP/AVP  96 \n a=control : trackID=1\nnonsense\nz=1 2\na=flag\rs= "
        "late\nv=0");
    ASSERT_TRUE(d);
    EXPECT_EQ(d->media.at(0).type, "video");
    EXPECT_EQ(d->media[0].port, 0);
    EXPECT_EQ(d->media[0].formats, std::vector<std::string>{"96"});
    EXPECT_EQ(d->media[0].attribute("Control"), "trackID=1");
}

TEST(Sdp, RefusesWhatIsNoDescription) {
    for (const std::string_view text : {"", "\r\n", "hello", "s=only a name", "<html>"}) {
        const auto d = parse(text);
        ASSERT_FALSE(d) << text;
        EXPECT_TRUE(d.error().is(ErrorKind::InvalidArgument));
    }
    EXPECT_TRUE(parse("v=0"));
}

TEST(Sdp, KeepsItsLimits) {
    const auto repeated = [](std::string_view line, std::size_t count,
                             std::string_view head = "v=0\n") {
        std::string out(head);
        for (std::size_t i = 0; i < count; ++i) out += line;
        return parse(out);
    };
    EXPECT_TRUE(repeated("m=audio 0 RTP/AVP 0\n", kMaxMedia));
    EXPECT_FALSE(repeated("m=audio 0 RTP/AVP 0\n", kMaxMedia + 1));
    EXPECT_TRUE(repeated("a=x\n", kMaxAttributes));
    EXPECT_FALSE(repeated("a=x\n", kMaxAttributes + 1));
    EXPECT_TRUE(repeated("1 ", kMaxFormats, "m=audio 0 RTP/AVP "));
    EXPECT_FALSE(repeated("1 ", kMaxFormats + 1, "m=audio 0 RTP/AVP "));
    const std::string fits = "v=0\n" + std::string(kMaxBytes - 4, 'x');
    EXPECT_TRUE(parse(fits));
    EXPECT_FALSE(parse(fits + "x"));
}

TEST(Sdp, SurvivesTruncationAtEveryByte) {
    for (std::size_t n = 0; n < kExample.size(); ++n) {
        const std::string part(kExample.substr(0, n));
        (void)parse(part);
    }
}

}  // namespace
}  // namespace casement::protocols::sdp

#include "protocols/arlo/frame.hpp"

#include <gtest/gtest.h>

#include "tests/unit/protocols/arlo/samples.hpp"

namespace casement::protocols::arlo {
namespace {

using base::as_bytes;
using base::ErrorKind;

/// What a stream of bytes means: "[json]" per frame, "!kind" for an error.
std::string meaning(FrameReader& reader) {
    std::string out;
    for (;;) {
        const auto frame = reader.next();
        if (!frame) return out + "!" + std::string(to_string(frame.error().kind()));
        if (!*frame) return out;
        out += "[" + **frame + "]";
    }
}

std::string meaning(std::string_view bytes) {
    FrameReader reader;
    reader.feed(as_bytes(bytes));
    return meaning(reader);
}

TEST(ArloFrame, WritesLengthAndJson) {
    EXPECT_EQ(write_frame(R"({"Type":"response","ID":1,"Response":"Ack"})"),
              R"(L:43 {"Type":"response","ID":1,"Response":"Ack"})");
}

TEST(ArloFrame, ReadsTheConversation) {
    std::string stream, expected;
    for (const std::string& frame : sample_frames()) {
        const std::string json = frame.substr(frame.find(' ') + 1);
        EXPECT_EQ(write_frame(json), frame);
        stream += frame;
        expected += "[" + json + "]";
    }
    EXPECT_EQ(meaning(stream), expected);
}

TEST(ArloFrame, GivesTheSameForEveryWayToCutTheStream) {
    const std::string stream = "L:2 {}L:11 {\"a\":\"L:2\"}L:7 [1,2,3]";
    const std::string whole = meaning(stream);
    EXPECT_EQ(whole, "[{}][{\"a\":\"L:2\"}][[1,2,3]]");
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        FrameReader reader;
        reader.feed(as_bytes(std::string_view(stream).substr(0, cut)));
        const std::string got = meaning(reader);
        reader.feed(as_bytes(std::string_view(stream).substr(cut)));
        EXPECT_EQ(got + meaning(reader), whole) << cut;
    }
    FrameReader slow;
    std::string got;
    for (const char c : stream) {
        slow.feed(as_bytes(std::string_view(&c, 1)));
        got += meaning(slow);
    }
    EXPECT_EQ(got, whole);
}

TEST(ArloFrame, WaitsAtEveryPrefix) {
    fakes::for_each_prefix(as_bytes(sample_frames().front()), [](media::ByteSpan prefix) {
        FrameReader reader;
        reader.feed(prefix);
        const auto frame = reader.next();
        ASSERT_TRUE(frame.has_value()) << prefix.size();
        EXPECT_FALSE(frame->has_value()) << prefix.size();
        EXPECT_EQ(reader.end().has_value(), prefix.empty()) << prefix.size();
    });
}

TEST(ArloFrame, CountsBytesAndNotCharacters) {
    EXPECT_EQ(meaning("L:4 \"\xC3\xA9\""), "[\"\xC3\xA9\"]");
}

TEST(ArloFrame, KeepsWhatFollowsAFrame) {
    FrameReader reader;
    reader.feed(as_bytes("L:2 {}\r\n"));
    EXPECT_EQ(**reader.next(), "{}");
    EXPECT_EQ(reader.pending(), "\r\n");
    EXPECT_FALSE(reader.end());
}

TEST(ArloFrame, RefusesWhatIsNotTheFraming) {
    for (const char* bytes : {"GET / HTTP/1.1\r\n", "\x16\x03\x01", "l:2 {}", "L;2 {}", " L:2 {}",
                              "L: 2 {}", "L:-1 {}", "L:+2 {}", "L:2{}", "L:2\t{}", "L:2x {}",
                              "L:0x2 {}", "L:0 ", "L:000000000 ", "L:0000000002 {}"}) {
        EXPECT_EQ(meaning(bytes), "!invalid-argument") << bytes;
        EXPECT_EQ(meaning("L:2 {}" + std::string(bytes)), "[{}]!invalid-argument") << bytes;
    }
    EXPECT_EQ(meaning("L:002 {}"), "[{}]");
}

TEST(ArloFrame, AnErrorIsFinalAndKeepsItsBytes) {
    FrameReader reader;
    reader.feed(as_bytes("GET / HTTP/1.1\r\n\x01"));
    const auto first = reader.next();
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().message(),
              "not an Arlo message: it begins with \"GET / HTTP/1\" in place of \"L:\"");
    EXPECT_EQ(reader.pending(), "GET / HTTP/1.1\r\n\x01");
    reader.feed(as_bytes("L:2 {}"));
    EXPECT_FALSE(reader.next());
}

TEST(ArloFrame, KeepsItsLimits) {
    const std::string longest(kMaxJsonBytes, 'x');
    EXPECT_EQ(meaning("L:262144 " + longest), "[" + longest + "]");
    EXPECT_EQ(meaning("L:262145 "), "!resource-exhausted");
    EXPECT_EQ(meaning("L:999999999 "), "!resource-exhausted");
    EXPECT_EQ(meaning("L:1000000000 "), "!invalid-argument");
    EXPECT_EQ(meaning("L:1000000000"), "!invalid-argument");  // no tenth digit is waited for

    EXPECT_TRUE(write_frame(longest));
    EXPECT_EQ(write_frame(longest + "x").error().kind(), ErrorKind::ResourceExhausted);
    EXPECT_EQ(write_frame("").error().kind(), ErrorKind::InvalidArgument);
}

TEST(ArloFrame, SaysHowMuchWasMissingAtTheEnd) {
    FrameReader reader;
    EXPECT_TRUE(reader.end());  // connected and gone without a word
    reader.feed(as_bytes("L:7"));
    EXPECT_EQ(reader.end().error().message(), "the connection ended inside of \"L:7\"");
    EXPECT_EQ(reader.end().error().kind(), ErrorKind::DataLoss);
    reader.feed(as_bytes("73 {\"Type\""));
    EXPECT_EQ(reader.end().error().message(),
              "the connection ended after 7 of the 773 bytes of an Arlo message");
}

}  // namespace
}  // namespace casement::protocols::arlo

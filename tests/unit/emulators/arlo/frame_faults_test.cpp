#include "emulators/arlo/frame_faults.hpp"

#include <gtest/gtest.h>

#include "protocols/arlo/frame.hpp"

namespace casement::emulators::arlo {
namespace {

wire::Message message() { return {7, wire::LogMessage{"hello", {}}}; }

std::vector<std::string> pieces(FrameFault fault) { return cut_frame(fault, message()).value(); }

/// What our own reader makes of the pieces: the JSON texts, or the error.
base::Result<std::vector<std::string>> read(FrameFault fault) {
    wire::FrameReader reader;
    std::vector<std::string> out;
    for (const std::string& piece : pieces(fault)) {
        reader.feed(base::as_bytes(piece));
        for (;;) {
            CASEMENT_TRY(const auto json, reader.next());
            if (!json) break;
            out.push_back(*json);
        }
    }
    CASEMENT_TRY(reader.end());
    return out;
}

TEST(FrameFaults, CutsStayWholeFrames) {
    const std::string whole = wire::to_json(message());
    for (const FrameFault fault :
         {FrameFault::None, FrameFault::SplitAfterL, FrameFault::SplitAfterLength,
          FrameFault::SplitAfterBlank, FrameFault::SingleBytes}) {
        const auto got = read(fault);
        ASSERT_TRUE(got) << got.error().message();
        EXPECT_EQ(*got, std::vector<std::string>{whole});
    }
    EXPECT_EQ(pieces(FrameFault::SplitAfterL)[0], "L");
    EXPECT_TRUE(pieces(FrameFault::SplitAfterBlank)[0].ends_with(' '));
    EXPECT_FALSE(pieces(FrameFault::SplitAfterLength)[0].ends_with(' '));
    EXPECT_GT(pieces(FrameFault::SingleBytes).size(), 40u);
}

TEST(FrameFaults, TwoInOneAreTwo) { EXPECT_EQ(read(FrameFault::TwoInOne).value().size(), 2u); }

TEST(FrameFaults, ALongFrameIsRightAndOver64KiB) {
    const auto got = read(FrameFault::Long);
    ASSERT_TRUE(got);
    EXPECT_GT(got->front().size(), 65'536u);
    EXPECT_TRUE(wire::parse_message(got->front()));
}

TEST(FrameFaults, OtherLettersAreUtf8AndCountedInBytes) {
    const auto got = read(FrameFault::OtherLetters);
    ASSERT_TRUE(got);
    EXPECT_TRUE(wire::parse_message(got->front())) << got->front();
}

TEST(FrameFaults, BrokenOnesAreBroken) {
    for (const FrameFault fault :
         {FrameFault::TooLong, FrameFault::LengthTooLarge, FrameFault::NotFramed})
        EXPECT_FALSE(read(fault));
    const auto garbage = read(FrameFault::NotJson);
    ASSERT_TRUE(garbage);
    EXPECT_FALSE(wire::parse_message(garbage->front()));
    wire::FrameReader reader;
    reader.feed(base::as_bytes(pieces(FrameFault::LengthTooSmall)[0]));
    EXPECT_FALSE(wire::parse_message(reader.next().value().value()));
    EXPECT_TRUE(pieces(FrameFault::ConnectAndClose).empty());
}

}  // namespace
}  // namespace casement::emulators::arlo

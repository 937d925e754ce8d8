#include <gtest/gtest.h>

#include <algorithm>

#include "media/jpeg.hpp"
#include "protocols/rtp/jpeg_file.hpp"
#include "protocols/rtp/jpeg_tables.hpp"
#include "tests/unit/protocols/rtp/packets.hpp"

namespace casement::protocols::rtp {
namespace {

using namespace testing;

Feed depacketizer() {
    PayloadFormat format;
    format.codec = media::Codec::Mjpeg;
    return Feed(make_depacketizer(format, nullptr));
}

/// RFC 2435 §3.1: type 1 (4:2:0), 16 x 8 pixels.
Octets main_header(std::size_t offset, std::uint8_t q, std::uint8_t type = 1) {
    return {0,
            static_cast<std::uint8_t>(offset >> 16),
            static_cast<std::uint8_t>(offset >> 8),
            static_cast<std::uint8_t>(offset),
            type,
            q,
            2,
            1};
}
Octets table_header(const Octets& tables, std::uint8_t precision = 0) {
    return Octets{0, precision, static_cast<std::uint8_t>(tables.size() >> 8),
                  static_cast<std::uint8_t>(tables.size())} +
           tables;
}

TEST(JpegTables, AgreeWithTheAnnexes) {
    // RFC 2435 Appendix A prints its tables for Q=50 in zigzag order.
    const auto tables = jpeg::quantisation_tables(50);
    EXPECT_EQ(Octets(tables.begin(), tables.begin() + 10),
              (Octets{16, 11, 12, 14, 12, 10, 16, 14, 13, 14}));
    EXPECT_EQ(tables[63], 99);
    EXPECT_EQ(Octets(tables.begin() + 64, tables.begin() + 70), (Octets{17, 18, 18, 24, 21, 24}));
    EXPECT_EQ(jpeg::quantisation_tables(99)[0], 1);   // never zero
    EXPECT_EQ(jpeg::quantisation_tables(1)[0], 255);  // never above a byte
    for (const auto& table : jpeg::huffman_tables()) {
        std::size_t total = 0;
        for (const auto count : table.counts) total += count;
        EXPECT_EQ(total, table.values.size());
    }
}

TEST(JpegDepacketizer, MakesAFileWithTheTablesOfItsQ) {
    Feed feed = depacketizer();
    feed.packet(7, main_header(0, 50) + filled(20, 0x11))
        .packet(7, main_header(20, 50) + filled(5, 0x22), true);
    ASSERT_EQ(feed.units.size(), 1u);
    const media::Bytes& file = feed.units[0].data;
    const auto info = media::jpeg::parse(file);
    ASSERT_TRUE(info) << info.error().message();
    EXPECT_EQ(info->width, 16);
    EXPECT_EQ(info->height, 8);
    EXPECT_EQ(info->components, 3);
    ASSERT_TRUE(feed.units[0].parameters);
    EXPECT_EQ(feed.units[0].parameters->width, 16);
    const auto parts = jpeg::take_apart(file);
    ASSERT_TRUE(parts);
    EXPECT_EQ(Octets(parts->scan.begin(), parts->scan.end()), filled(20, 0x11) + filled(5, 0x22));
    const auto tables = jpeg::quantisation_tables(50);
    EXPECT_TRUE(std::ranges::equal(parts->tables[0], std::span(tables).first(64)));
    EXPECT_TRUE(std::ranges::equal(parts->tables[1], std::span(tables).last(64)));
    EXPECT_EQ(parts->type, 1);
}

TEST(JpegDepacketizer, TakesTablesFromThePacketAndRemembersThem) {
    const Octets tables = filled(64, 3) + filled(64, 4);
    Feed feed = depacketizer();
    feed.packet(1, main_header(0, 200) + table_header(tables) + filled(9, 0x11), true);
    feed.packet(2, main_header(0, 200) + table_header({}) + filled(9, 0x12), true);
    feed.packet(3, main_header(0, 201) + table_header({}) + filled(9, 0x13), true);  // never sent
    feed.packet(4, main_header(0, 255) + table_header({}) + filled(9, 0x14),
                true);  // must be sent each time
    ASSERT_EQ(feed.units.size(), 2u);
    EXPECT_TRUE(std::ranges::equal(jpeg::take_apart(feed.units[1].data)->tables[1], filled(64, 4)));
    EXPECT_FALSE(feed.units[1].parameters);
    EXPECT_EQ(feed.counters().malformed, 2u);
}

TEST(JpegDepacketizer, TakesOneTableForAllAndWideTables) {
    Feed feed = depacketizer();
    feed.packet(1, main_header(0, 255) + table_header(filled(64, 3)) + filled(9, 0x11), true);
    feed.packet(
        2, main_header(0, 255) + table_header(filled(128, 5) + filled(64, 6), 1) + filled(9, 0x11),
        true);
    ASSERT_EQ(feed.units.size(), 2u);
    const auto one = jpeg::take_apart(feed.units[0].data);
    ASSERT_TRUE(one);
    EXPECT_TRUE(std::ranges::equal(one->tables[1], filled(64, 3)));
    const auto wide = jpeg::take_apart(feed.units[1].data);
    ASSERT_TRUE(wide);
    EXPECT_EQ(wide->precision, 1);
    EXPECT_EQ(wide->tables[0].size(), 128u);
    EXPECT_EQ(wide->tables[1].size(), 64u);
}

TEST(JpegDepacketizer, WritesRestartIntervals) {
    Feed feed = depacketizer();
    feed.packet(1, main_header(0, 50, 65) + hex("0004 ffff") + filled(9, 0x11), true);
    const auto parts = jpeg::take_apart(feed.units.at(0).data);
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->restart_interval, 4);
    EXPECT_EQ(parts->type, 65);
}

TEST(JpegDepacketizer, DropsPicturesWithHoles) {
    for (int missing = 0; missing < 3; ++missing) {
        Feed feed = depacketizer();
        for (std::size_t i = 0; i < 3; ++i) {
            if (static_cast<int>(i) == missing)
                feed.lose();
            else
                feed.packet(1, main_header(10 * i, 50) + filled(10), i == 2);
        }
        feed.packet(2, main_header(0, 50) + filled(10), true);
        ASSERT_EQ(feed.units.size(), 1u) << missing;
        EXPECT_TRUE(feed.units[0].after_loss);
        EXPECT_EQ(feed.counters().damaged, 1u) << missing;
    }
}

TEST(JpegDepacketizer, CountsWhatItDoesNotKnow) {
    const Octets broken[] = {main_header(0, 0) + filled(4), main_header(0, 100) + filled(4),
                             main_header(0, 50, 2) + filled(4), main_header(0, 50, 130) + filled(4),
                             hex("0000")};
    for (const Octets& payload : broken) {
        Feed feed = depacketizer();
        feed.packet(1, payload, true);
        EXPECT_TRUE(feed.units.empty());
        EXPECT_EQ(feed.counters().malformed, 1u);
    }
}

TEST(JpegDepacketizer, SurvivesTruncationAtEveryByte) {
    const Octets whole =
        main_header(0, 255, 65) + hex("0004 ffff") + table_header(filled(192, 3), 1) + filled(9);
    for (std::size_t n = 0; n <= whole.size(); ++n)
        depacketizer().packet(
            1, Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)), true);
}

TEST(JpegFile, RefusesWhatRtpHasNoWordsFor) {
    Feed feed = depacketizer();
    feed.packet(1, main_header(0, 50) + filled(20, 0x11), true);
    const Octets file = octets_of(feed.units.at(0).data);
    ASSERT_TRUE(jpeg::take_apart(file));
    const auto changed = [&](const Octets& what, std::size_t offset, std::uint8_t value) {
        Octets out = file;
        const auto found = std::ranges::search(out, what);
        EXPECT_FALSE(found.empty());
        found.begin()[static_cast<std::ptrdiff_t>(offset)] = value;
        return out;
    };
    EXPECT_FALSE(jpeg::take_apart(changed({0xFF, 0xC0}, 1, 0xC2)));   // progressive
    EXPECT_FALSE(jpeg::take_apart(changed({0xFF, 0xC0}, 4, 12)));     // 12 bits
    EXPECT_FALSE(jpeg::take_apart(changed({0xFF, 0xC0}, 5, 8)));      // 2056 lines
    EXPECT_FALSE(jpeg::take_apart(changed({0xFF, 0xC0}, 9, 1)));      // grey
    EXPECT_FALSE(jpeg::take_apart(changed({0xFF, 0xC0}, 11, 0x11)));  // 4:4:4
    EXPECT_FALSE(jpeg::take_apart(changed({0xFF, 0xC4}, 6, 7)));      // own Huffman table
}

TEST(JpegFile, SurvivesTruncationAtEveryByte) {
    Feed feed = depacketizer();
    feed.packet(1, main_header(0, 50) + filled(20, 0x11), true);
    const Octets file = octets_of(feed.units.at(0).data);
    const auto scan_at =
        static_cast<std::size_t>(jpeg::take_apart(file)->scan.data() - file.data());
    for (std::size_t n = 0; n < file.size(); ++n) {
        const auto block = std::make_unique<std::uint8_t[]>(n);
        std::copy_n(file.begin(), n, block.get());
        EXPECT_EQ(jpeg::take_apart({block.get(), n}).has_value(), n > scan_at) << n;
    }
}

}  // namespace
}  // namespace casement::protocols::rtp

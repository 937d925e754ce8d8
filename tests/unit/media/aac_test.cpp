#include "media/aac.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/media_data.hpp"

namespace casement::media::aac {
namespace {

using base::ErrorKind;
using fakes::hex;

TEST(AudioSpecificConfig, ReadsTheExamplesOfRfc3640) {
    // RFC 3640 §3.3.5: config=1388, AAC LC at 22050 Hz, mono. §3.3.6: config=11B0, 48000 Hz, six
    // channels.
    const auto mono = parse_config(hex("13 88"));
    ASSERT_TRUE(mono) << mono.error().message();
    EXPECT_EQ(mono->object_type, 2);
    EXPECT_EQ(mono->sample_rate, 22050);
    EXPECT_EQ(mono->channels, 1);
    EXPECT_EQ(mono->samples_per_frame(), 1024);
    const auto six = parse_config(hex("11 b0"));
    ASSERT_TRUE(six);
    EXPECT_EQ(six->sample_rate, 48000);
    EXPECT_EQ(six->channels, 6);
}

TEST(AudioSpecificConfig, ReadsExplicitSbrAndParametricStereo) {
    // Hierarchical signalling: object type 5, core 22050 Hz stereo, output 44100 Hz, core object
    // type 2.
    const auto sbr = parse_config(hex("2b 92 08 00"));
    ASSERT_TRUE(sbr) << sbr.error().message();
    EXPECT_TRUE(sbr->sbr);
    EXPECT_FALSE(sbr->ps);
    EXPECT_EQ(sbr->object_type, 2);
    EXPECT_EQ(sbr->sample_rate, 22050);
    EXPECT_EQ(sbr->extension_sample_rate, 44100);
    const auto ps = parse_config(hex("eb 8a 08 00"));
    ASSERT_TRUE(ps) << ps.error().message();
    EXPECT_TRUE(ps->ps);
    EXPECT_EQ(ps->channels, 1);
    // Backward compatible signalling: 0x2b7 behind the core's configuration.
    const auto compatible = parse_config(hex("13 90 56 e5 a0"));
    ASSERT_TRUE(compatible);
    EXPECT_TRUE(compatible->sbr);
    EXPECT_EQ(compatible->extension_sample_rate, 44100);
}

TEST(AudioSpecificConfig, ReadsAnExplicitSampleRate) {
    const auto config = parse_config(hex("17 80 04 e2 08"));  // AAC LC, index 15, 2500 Hz, mono
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->sample_rate, 2500);
    EXPECT_EQ(config->channels, 1);
}

TEST(AudioSpecificConfig, RefusesEveryTruncation) {
    for (const char* text : {"13 88", "2b 92 08 00", "17 80 04 e2 08"}) {
        fakes::for_each_prefix(hex(text), [](ByteSpan prefix) {
            EXPECT_FALSE(parse_config(prefix)) << prefix.size();
        });
    }
}

TEST(AudioSpecificConfig, RefusesWhatWeDoNotCarry) {
    EXPECT_EQ(parse_config(hex("13 80")).error().kind(),
              ErrorKind::Unsupported);  // channels in a program_config_element
    EXPECT_EQ(parse_config(hex("f8 f3 20 00")).error().kind(), ErrorKind::Unsupported);  // ELD
    EXPECT_EQ(parse_config(hex("13 80")).error().reason(), "codec");
    EXPECT_EQ(parse_config(hex("16 88")).error().kind(),
              ErrorKind::DataLoss);  // reserved rate index 13
}

TEST(AudioSpecificConfig, WritesWhatItReads) {
    for (const char* text : {"13 88", "11 b0", "12 10", "14 08", "2b 92 08 00", "eb 8a 08 00",
                             "17 80 04 e2 08", "11 b8"}) {
        const auto parsed = parse_config(hex(text));
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(write_config(*parsed), hex(text)) << text;
    }
}

TEST(AacParameters, NameTheirObjectType) {
    EXPECT_EQ(make_parameters(hex("14 08"))->rfc6381(), "mp4a.40.2");
    EXPECT_EQ(make_parameters(hex("2b 92 08 00"))->rfc6381(), "mp4a.40.5");
    EXPECT_EQ(make_parameters(hex("eb 8a 08 00"))->rfc6381(), "mp4a.40.29");
    EXPECT_EQ(make_parameters(hex("eb 8a 08 00"))->channels, 2);
    EXPECT_FALSE(make_parameters({}));
}

TEST(Adts, WalksAFileOfAnotherEncoder) {
    const Bytes file = fakes::data_file("media/sine16k.aac");
    std::size_t at = 0;
    int frames = 0;
    while (at < file.size()) {
        const auto header = parse_adts(ByteSpan(file).subspan(at));
        ASSERT_TRUE(header) << header.error().message();
        EXPECT_EQ(header->config.sample_rate, 16000);
        EXPECT_EQ(header->config.channels, 1);
        EXPECT_EQ(header->config.object_type, 2);
        EXPECT_EQ(header->raw_blocks, 1);
        ASSERT_GT(header->frame_bytes, header->header_bytes);
        at += header->frame_bytes;
        ++frames;
    }
    EXPECT_EQ(at, file.size());
    EXPECT_EQ(frames, 9);
}

TEST(Adts, RoundTripsAndRefusesTruncation) {
    const auto config = parse_config(hex("12 10"));
    const Bytes header = write_adts(*config, 300);
    const auto read = parse_adts(header);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->config, *config);
    EXPECT_EQ(read->frame_bytes, 307u);
    fakes::for_each_prefix(header, [](ByteSpan prefix) { EXPECT_FALSE(parse_adts(prefix)); });
    EXPECT_FALSE(
        parse_adts(hex("ff f1 50 80 00 df fc")));  // frame of 6 bytes, less than its header
}

}  // namespace
}  // namespace casement::media::aac

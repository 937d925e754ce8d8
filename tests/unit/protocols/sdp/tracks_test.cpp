#include "protocols/sdp/tracks.hpp"

#include <gtest/gtest.h>

#include "media/aac.hpp"
#include "media/h264.hpp"
#include "protocols/sdp/parameters.hpp"
#include "tests/unit/protocols/rtp/packets.hpp"

namespace casement::protocols::sdp {
namespace {

using media::Codec;
using rtp::testing::hex;

const std::string kBase = "rtsp://10.0.0.9/live/";

Offers offers_of(std::string_view sections) {
    return tracks_from_sdp(*parse("v=0\r\n" + std::string(sections)), kBase);
}
TrackOffer only(std::string_view section) {
    const Offers offers = offers_of(section);
    EXPECT_EQ(offers.tracks.size(), 1u);
    return offers.tracks.empty() ? TrackOffer{} : offers.tracks[0];
}

TEST(SdpTracks, ReadsAnH264Camera) {
    const Offers offers = offers_of(
        "a=control:*\r\n"
        "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/16000/1\r\n"
        "a=fmtp:97 streamtype=5; profile-level-id=15; mode=AAC-hbr; config=1408; SizeLength=13; "
        "IndexLength=3; IndexDeltaLength=3;\r\na=control:trackID=2\r\n"
        "m=video 0 RTP/AVP 96\r\nb=AS:5000\r\na=rtpmap:96 H264/90000\r\n"
        "a=fmtp:96 "
        "profile-level-id=42c00d;packetization-mode=1;sprop-parameter-sets="
        "Z0LADdkBQfsBEAAAAwAQAAADAyDxQqSA,aMuDyyA=\r\na=control:trackID=1\r\n");
    EXPECT_EQ(offers.aggregate_control, kBase);
    EXPECT_TRUE(offers.unknown.empty());
    ASSERT_EQ(offers.tracks.size(), 2u);
    const TrackOffer& video = offers.tracks[0];  // first, though it stands second
    EXPECT_EQ(video.format.codec, Codec::H264);
    EXPECT_EQ(video.format.clock_rate, 90'000u);
    EXPECT_EQ(video.control, kBase + "trackID=1");
    EXPECT_EQ(video.media_index, 1u);
    ASSERT_TRUE(video.parameters);
    EXPECT_EQ(video.parameters->width, 320);
    EXPECT_EQ(video.parameters->height, 240);
    const TrackOffer& audio = offers.tracks[1];
    EXPECT_EQ(audio.format.codec, Codec::Aac);
    EXPECT_EQ(audio.format.payload_type, 97);
    EXPECT_EQ(audio.format.clock_rate, 16'000u);
    ASSERT_TRUE(audio.parameters);
    EXPECT_EQ(audio.parameters->sample_rate, 16'000);
    EXPECT_EQ(audio.parameters->channels, 1);
}

TEST(SdpTracks, DoesWithoutParameterSets) {
    EXPECT_FALSE(only("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n").parameters);
    EXPECT_FALSE(only("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 "
                      "sprop-parameter-sets=!!!,\r\n")
                     .parameters);
    EXPECT_FALSE(
        only("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\na=fmtp:96 sprop-vps=AAAA\r\n")
            .parameters);
}

TEST(SdpTracks, TakesStartCodesOffParameterSets) {
    // AAAAAWdC... is 00 00 00 01 67 42...
    const auto offer = only(
        "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 "
        "sprop-parameter-sets=AAAAAWdCwA3ZAUH7ARAAAAMAEAAAAwMg8UKkgA==,AAAAAWjLg8sg\r\n");
    ASSERT_TRUE(offer.parameters);
    EXPECT_EQ(offer.parameters->sps.at(0)[0], 0x67);
    EXPECT_EQ(offer.parameters->pps.at(0)[0], 0x68);
}

TEST(SdpTracks, KnowsEveryFormatWeCarry) {
    EXPECT_EQ(only("m=video 0 RTP/AVP 98\r\na=rtpmap:98 hevc/90000\r\n").format.codec, Codec::H265);
    EXPECT_EQ(only("m=video 0 RTP/AVP 26\r\n").format.codec, Codec::Mjpeg);
    EXPECT_EQ(only("m=audio 0 RTP/AVP 0\r\n").format.codec, Codec::Pcmu);
    const auto pcma = only("m=audio 0 RTP/AVP 8\r\n");
    EXPECT_EQ(pcma.format.clock_rate, 8'000u);
    EXPECT_EQ(pcma.parameters->sample_rate, 8'000);
    const auto wide = only("m=audio 0 RTP/AVP 101\r\na=rtpmap:101 PCMA/16000/2\r\n");
    EXPECT_EQ(wide.format.clock_rate, 16'000u);
    EXPECT_EQ(wide.parameters->channels, 2);
    const auto opus =
        only("m=audio 0 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 sprop-stereo=0\r\n");
    EXPECT_EQ(opus.format.codec, Codec::Opus);
    EXPECT_EQ(opus.parameters->channels, 1);
}

TEST(SdpTracks, MakesUpAnAacConfigurationThatIsMissing) {
    const auto offer = only(
        "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/44100/2\r\na=fmtp:97 mode=AAC-hbr\r\n");
    ASSERT_TRUE(offer.parameters);
    EXPECT_EQ(offer.parameters->sample_rate, 44'100);
    EXPECT_EQ(offer.parameters->channels, 2);
    EXPECT_EQ(offer.format.size_length, 13);
}

TEST(SdpTracks, ReadsLatmWithItsConfigurationInTheDescription) {
    // As in RFC 6416 §7.4.1: 24 kHz stereo, StreamMuxConfig 40 00 26 20 3F C0; the blank makes it
    // unreadable and the rate is guessed.
    const auto offer = only(
        "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 MP4A-LATM/24000/1\r\na=fmtp:96 profile-level-id=1; "
        "cpresent=0; config=40002620 3FC0\r\n");
    EXPECT_TRUE(offer.format.latm);
    const auto config = config_of_latm("400026203FC0");
    const auto parsed = media::aac::parse_config(config);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->sample_rate, 24'000);
    EXPECT_EQ(parsed->channels, 2);
    EXPECT_TRUE(config_of_latm("").empty());
    EXPECT_TRUE(config_of_latm("c000").empty());  // audioMuxVersion 1
}

TEST(SdpTracks, NamesWhatCannotBeRead) {
    const Offers offers = offers_of(
        "m=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000\r\n"
        "m=audio 0 RTP/AVP 3\r\n"
        "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 MP4A-LATM/48000\r\n"
        "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 mpeg4-generic/8000\r\na=fmtp:96 mode=CELP-cbr\r\n"
        "m=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000\r\n"
        "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n"
        "m=video 0 TCP/x 1\r\nm=video 0 RTP/AVP abc\r\nm=video 0 RTP/AVP 77\r\n");
    EXPECT_TRUE(offers.tracks.empty());
    EXPECT_EQ(offers.unknown, (std::vector<std::string>{
                                  "MP4V-ES", "GSM", "MP4A-LATM with its configuration in band",
                                  "MPEG4-GENERIC in mode CELP-cbr", "vnd.onvif.metadata",
                                  "video over TCP/x", "video over RTP/AVP", "payload type 77"}));
    const base::Error error = nothing_readable(
        offers_of("m=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000\r\nm=audio 0 RTP/AVP 3\r\n"));
    EXPECT_EQ(error.reason(), "codec");
    EXPECT_EQ(error.message(), "It sends MP4V-ES, GSM, which cannot be read.");
    EXPECT_EQ(nothing_readable(offers_of("")).message(), "It offers neither video nor audio.");
}

TEST(SdpTracks, TakesTheFirstPayloadTypeThatItCanRead) {
    const auto offer =
        only("m=video 0 RTP/AVP 95 96\r\na=rtpmap:95 VP8/90000\r\na=rtpmap:96 H264/90000\r\n");
    EXPECT_EQ(offer.format.payload_type, 96);
}

TEST(SdpTracks, MarksTheBackChannel) {
    EXPECT_TRUE(only("m=audio 0 RTP/AVP 0\r\na=sendonly\r\n").back_channel);
    EXPECT_FALSE(only("m=audio 0 RTP/AVP 0\r\na=recvonly\r\n").back_channel);
}

TEST(SdpControl, IsResolvedAsCamerasMeanIt) {
    EXPECT_EQ(resolve_control("rtsp://h/live", "*"), "rtsp://h/live");
    EXPECT_EQ(resolve_control("rtsp://h/live", ""), "rtsp://h/live");
    EXPECT_EQ(resolve_control("rtsp://h/live", "trackID=1"), "rtsp://h/live/trackID=1");
    EXPECT_EQ(resolve_control("rtsp://h/live/", "/trackID=1"), "rtsp://h/live/trackID=1");
    EXPECT_EQ(resolve_control("rtsp://h/live?ch=1", "trackID=1"), "rtsp://h/live?ch=1/trackID=1");
    EXPECT_EQ(resolve_control("rtsp://h/live", "RTSP://other/track1"), "RTSP://other/track1");
    const Offers offers = tracks_from_sdp(*parse("v=0\r\na=control:rtsp://h/aggregate\r\nm=audio 0 "
                                                 "RTP/AVP 0\r\na=control:streamid=0\r\n"),
                                          "rtsp://h/base");
    EXPECT_EQ(offers.aggregate_control, "rtsp://h/aggregate");
    EXPECT_EQ(offers.tracks.at(0).control, "rtsp://h/base/streamid=0");
}

media::Track track(int id, Codec codec, std::uint32_t clock_rate,
                   media::CodecParameters parameters) {
    parameters.codec = codec;
    return {.id = id,
            .clock_rate = clock_rate,
            .parameters = std::make_shared<const media::CodecParameters>(std::move(parameters)),
            .codec = codec};
}

TEST(SdpTracks, WritesWhatItReads) {
    media::aac::AudioSpecificConfig config;
    config.sample_rate = 48'000;
    config.channels = 2;
    media::CodecParameters opus, pcma;
    opus.sample_rate = 48'000;
    opus.channels = 2;
    pcma.sample_rate = 8'000;
    pcma.channels = 1;
    const media::Tracks tracks{
        track(0, Codec::H264, 90'000,
              *media::h264::make_parameters(
                  {media::Bytes::copy_of(
                      hex("67 42c00d d9 0141fb 0110 0000 0300 1000 0003 0320 f142 a480"))},
                  {media::Bytes::copy_of(hex("68 cb83cb20"))})),
        track(1, Codec::Mjpeg, 90'000, {}),
        track(2, Codec::Aac, 48'000,
              *media::aac::make_parameters(media::aac::write_config(config))),
        track(3, Codec::Opus, 48'000, opus), track(4, Codec::Pcma, 8'000, pcma)};
    const std::string text = sdp_from_tracks(tracks, {});
    const Offers offers = tracks_from_sdp(*parse(text), "rtsp://hub/porch");
    ASSERT_EQ(offers.tracks.size(), tracks.size()) << text;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        EXPECT_EQ(offers.tracks[i].format.codec, tracks[i].codec);
        EXPECT_EQ(offers.tracks[i].format.payload_type,
                  rtp::sending_format(tracks[i]).payload_type);
        EXPECT_EQ(offers.tracks[i].control, "rtsp://hub/porch/trackID=" + std::to_string(i));
        if (tracks[i].codec == Codec::Mjpeg) continue;
        ASSERT_TRUE(offers.tracks[i].parameters);
        EXPECT_EQ(*offers.tracks[i].parameters, *tracks[i].parameters) << i;
    }
    EXPECT_TRUE(
        text.starts_with("v=0\r\no=- 0 1 IN IP4 0.0.0.0\r\ns=Casement\r\nc=IN IP4 0.0.0.0\r\nt=0 "
                         "0\r\na=control:*\r\n"));
    EXPECT_NE(text.find("a=rtpmap:98 MPEG4-GENERIC/48000/2\r\n"), std::string::npos);
    EXPECT_NE(text.find("m=audio 0 RTP/AVP 8\r\n"), std::string::npos);
}

TEST(SdpTracks, WritesTracksWhoseParametersAreNotKnownYet) {
    const std::string text = sdp_from_tracks(
        {{.id = 0, .clock_rate = 90'000, .parameters = nullptr, .codec = Codec::H265},
         {.id = 1, .clock_rate = 90'000, .parameters = nullptr, .codec = Codec::H264}},
        {});
    EXPECT_EQ(text.find("sprop"), std::string::npos);
    EXPECT_NE(text.find("a=fmtp:97 packetization-mode=1\r\n"), std::string::npos);
    EXPECT_EQ(text.find("a=fmtp:96"), std::string::npos);
}

}  // namespace
}  // namespace casement::protocols::sdp

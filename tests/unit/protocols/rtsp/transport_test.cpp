#include "protocols/rtsp/transport.hpp"

#include <gtest/gtest.h>

namespace casement::protocols::rtsp {
namespace {

TEST(RtspTransport, ReadsTheExampleOfTheRfc) {
    // RFC 2326 §12.39.
    const auto all = parse_transports(
        "RTP/AVP;multicast;ttl=127;mode=\"PLAY\",\r\n "
        "RTP/AVP;unicast;client_port=3456-3457;mode=\"PLAY\"");
    ASSERT_EQ(all.size(), 2u);
    EXPECT_TRUE(all[0].multicast);
    EXPECT_FALSE(all[1].multicast);
    EXPECT_EQ(all[1].client_port, (PortPair{3456, 3457}));
    EXPECT_FALSE(all[1].record);
}

TEST(RtspTransport, ReadsInterleavedAndItsLonelyChannel) {
    const auto all = parse_transports("RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=DEADBEEF");
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].lower, Transport::Lower::Tcp);
    EXPECT_EQ(all[0].interleaved, (ChannelPair{2, 3}));
    EXPECT_EQ(all[0].ssrc, 0xDEADBEEFu);
    EXPECT_EQ(parse_transports("RTP/AVP/TCP;interleaved=4")[0].interleaved, (ChannelPair{4, 5}));
}

TEST(RtspTransport, ReadsWhatCamerasAnswer) {
    const auto all = parse_transports(
        "RTP/AVP/"
        "UDP;unicast;destination=10.0.0.2;source=10.0.0.9;client_port=50000-50001;server_port=0");
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].source, "10.0.0.9");
    EXPECT_EQ(all[0].destination, "10.0.0.2");
    EXPECT_EQ(all[0].server_port, (PortPair{0, 0}));
    EXPECT_FALSE(parse_transports("RTP/AVP;unicast;client_port=1-2")[0].server_port);
}

TEST(RtspTransport, KnowsBothWordsForRecording) {
    for (const char* mode : {"record", "RECORD", "\"RECORD\"", "receive"}) {
        EXPECT_TRUE(parse_transports(std::string("RTP/AVP/TCP;unicast;mode=") + mode)[0].record)
            << mode;
    }
}

TEST(RtspTransport, LeavesOutWhatItDoesNotKnow) {
    EXPECT_TRUE(parse_transports("").empty());
    EXPECT_TRUE(parse_transports("RAW/RAW/UDP;unicast").empty());
    EXPECT_TRUE(parse_transports("RTP/AVP/DCCP").empty());
    EXPECT_TRUE(parse_transports("RTP/SAVP;unicast;client_port=1-2")[0].secure);
    EXPECT_FALSE(parse_transports("RTP/AVP;client_port=99999-1")[0].client_port);
    EXPECT_FALSE(parse_transports("RTP/AVP/TCP;interleaved=256-257")[0].interleaved);
}

TEST(RtspTransport, StopsAtItsLimit) {
    std::string many = "RTP/AVP";
    for (std::size_t i = 0; i < kMaxTransports; ++i) many += ",RTP/AVP";
    EXPECT_EQ(parse_transports(many).size(), kMaxTransports);
}

TEST(RtspTransport, WritesWhatItReads) {
    Transport tcp;
    tcp.lower = Transport::Lower::Tcp;
    tcp.interleaved = ChannelPair{6, 7};
    tcp.record = true;
    tcp.ssrc = 0xAB;
    EXPECT_EQ(tcp.to_header(), "RTP/AVP/TCP;unicast;interleaved=6-7;ssrc=000000AB;mode=record");
    Transport udp;
    udp.client_port = PortPair{50000, 50001};
    udp.server_port = PortPair{6970, 6971};
    udp.source = "10.0.0.9";
    for (const Transport& transport : {tcp, udp})
        EXPECT_EQ(parse_transports(transport.to_header()), std::vector{transport});
}

}  // namespace
}  // namespace casement::protocols::rtsp

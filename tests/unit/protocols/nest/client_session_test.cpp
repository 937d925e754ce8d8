#include "protocols/nest/client_session.hpp"

#include <gtest/gtest.h>

namespace casement::protocols::nest {
namespace {

/// A client, and the server that a test plays.
struct NexustalkClient : testing::Test {
    std::vector<Packet> said() {
        std::vector<Packet> out;
        EXPECT_TRUE(server.push(client.take_output()));
        for (auto packet = server.next().value(); packet; packet = server.next().value())
            out.push_back(std::move(*packet));
        return out;
    }
    std::vector<ClientEvent> hear(const std::vector<std::uint8_t>& bytes) {
        std::vector<ClientEvent> out;
        EXPECT_TRUE(client.push(bytes));
        for (auto event = client.next().value(); event; event = client.next().value())
            out.push_back(std::move(*event));
        return out;
    }
    StartPlayback started() {
        const auto packets = said();
        EXPECT_EQ(packets.size(), 1U);
        EXPECT_EQ(packets.at(0).type, PacketType::StartPlayback);
        return parse_start_playback(packets.at(0).payload).value();
    }

    ClientOptions options{.camera = "0123456789abcdef0123456789abcdef",
                          .pass = {.olive_token = base::Secret("g.0.T")},
                          .device_id = "d1",
                          .user_agent = "ua",
                          .pictures = {Profile::Video2mbitL40, Profile::Video530kbitL31},
                          .session_id = 42};
    ClientSession client{options};
    PacketReader server;
};

TEST_F(NexustalkClient, SaysWhoItIsAndNothingElseBeforeTheServerSaidYes) {
    client.ping();
    client.stop();
    client.talk({1});
    const auto packets = said();
    ASSERT_EQ(packets.size(), 1U);
    const Hello hello = parse_hello(packets[0].payload).value();
    EXPECT_EQ(hello.uuid, options.camera);
    EXPECT_EQ(hello.client_type, ClientType::Ios);
    EXPECT_EQ(hello.protocol_version, 3);
    EXPECT_EQ(hello.authorize->olive_token.reveal(), "g.0.T");
    EXPECT_TRUE(hello.session_token.empty());
}

TEST_F(NexustalkClient, ShowsASessionOfANestAccountWhereOldClientsDo) {
    options.pass = {.session_token = base::Secret("b.T")};
    ClientSession other(options);
    ASSERT_TRUE(server.push(other.take_output()));
    const Hello hello = parse_hello(server.next().value()->payload).value();
    EXPECT_EQ(hello.session_token.reveal(), "b.T");
    EXPECT_FALSE(hello.authorize);
}

TEST_F(NexustalkClient, AsksForPicturesOnceHoweverOftenTheServerSaysYes) {
    said();
    EXPECT_EQ(hear(to_bytes(Ok{})).size(), 1U);
    const StartPlayback start = started();
    EXPECT_EQ(start.session_id, 42);
    EXPECT_EQ(start.profile, Profile::Video2mbitL40);
    EXPECT_EQ(start.other_profiles,
              (std::vector<Profile>{Profile::Video530kbitL31, Profile::AudioAac}));
    client.authorize({.olive_token = base::Secret("g.0.U")});
    const auto packets = said();
    ASSERT_EQ(packets.size(), 1U);
    EXPECT_EQ(parse_authorize_request(packets[0].payload)->olive_token.reveal(), "g.0.U");
    EXPECT_TRUE(hear(to_bytes(Ok{})).empty());
    EXPECT_TRUE(said().empty());
}

TEST_F(NexustalkClient, HearsItsOwnPlaybackOnly) {
    hear(to_bytes(Ok{}));
    EXPECT_TRUE(hear(to_bytes(PlaybackPacket{.session_id = 42, .channel_id = 1})).empty());
    EXPECT_TRUE(hear(to_bytes(PlaybackBegin{.session_id = 41})).empty());
    EXPECT_EQ(hear(to_bytes(PlaybackBegin{.session_id = 42})).size(), 1U);
    EXPECT_TRUE(hear(to_bytes(PlaybackPacket{.session_id = 41, .channel_id = 1})).empty());
    const std::vector<std::uint8_t> nal{0x65, 0x88};
    const auto events = hear(to_bytes(
        PlaybackPacket{.session_id = 42, .channel_id = 1, .timestamp_delta = -3, .payload = nal}));
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(std::get<Frame>(events[0]).payload, nal);
    EXPECT_EQ(std::get<Frame>(events[0]).delta, -3);
    EXPECT_TRUE(hear(to_bytes(PlaybackEnd{.session_id = 7})).empty());
    EXPECT_TRUE(hear(to_bytes(PacketType::ClockSync)).empty());
    EXPECT_TRUE(hear(to_bytes(static_cast<PacketType>(99))).empty());
    const auto end =
        hear(to_bytes(PlaybackEnd{.session_id = 42, .reason = EndReason::CameraUnreachable}));
    EXPECT_EQ(std::get<Ended>(end.at(0)).reason, EndReason::CameraUnreachable);
}

TEST_F(NexustalkClient, AsksForLesserPicturesUntilTheServerHasNone) {
    said();
    hear(to_bytes(Ok{}));
    started();
    const auto none = [](std::int32_t session) {
        return to_bytes(
            PlaybackEnd{.session_id = session, .reason = EndReason::ProfileNotAvailable});
    };
    EXPECT_TRUE(hear(none(42)).empty());
    const StartPlayback second = started();
    EXPECT_EQ(second.profile, Profile::Video530kbitL31);
    EXPECT_EQ(second.profile_not_found_action, ProfileNotFound::UseNextAvailable);
    EXPECT_TRUE(hear(none(second.session_id)).empty());
    const auto third = started();
    EXPECT_EQ(hear(none(third.session_id)).size(), 1U);
    EXPECT_TRUE(said().empty());
}

TEST_F(NexustalkClient, TalksAndStopsWhileItPlays) {
    said();
    hear(to_bytes(Ok{}));
    started();
    hear(to_bytes(PlaybackBegin{.session_id = 42}));
    client.talk({0xde, 0xad});
    client.talk({});
    client.ping();
    client.stop();
    client.stop();
    const auto packets = said();
    ASSERT_EQ(packets.size(), 4U);
    const auto sound = parse_audio_payload(packets[0].payload).value();
    EXPECT_EQ(sound.payload, (std::vector<std::uint8_t>{0xde, 0xad}));
    EXPECT_EQ(sound.session_id, 42);
    EXPECT_EQ(sound.sample_rate, 16'000U);
    EXPECT_TRUE(parse_audio_payload(packets[1].payload)->payload.empty());
    EXPECT_EQ(packets[2].type, PacketType::Ping);
    EXPECT_EQ(parse_stop_playback(packets[3].payload)->session_id, 42);
}

TEST_F(NexustalkClient, SaysWhereItIsSentAndWhyItIsRefused) {
    EXPECT_EQ(std::get<Redirected>(hear(to_bytes(Redirect{.new_host = "a.b:1"})).at(0)).host,
              "a.b:1");
    const auto refused =
        hear(to_bytes(ServerError{ErrorCode::AuthorizationFailed, "Unauthorized"}));
    EXPECT_EQ(std::get<Refused>(refused.at(0)).code, ErrorCode::AuthorizationFailed);
    ASSERT_TRUE(client.push(std::vector<std::uint8_t>{0xcd, 0xff, 0xff, 0xff, 0xff}));
    EXPECT_FALSE(client.next());
}

}  // namespace
}  // namespace casement::protocols::nest

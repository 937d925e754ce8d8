#include "protocols/nest/messages.hpp"

#include <algorithm>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocols/nest/wire.hpp"
#include "tests/fakes/media_data.hpp"

namespace casement::protocols::nest {
namespace {

using base::ErrorKind;
using base::Secret;
using fakes::hex;
using testing::ElementsAre;
using Bytes = std::vector<std::uint8_t>;

Bytes bytes(std::string_view text) {
    const auto data = hex(text);
    return {data.begin(), data.end()};
}

/// The payload of the one packet that `text` is.
Bytes payload(std::string_view text) {
    PacketReader reader;
    EXPECT_TRUE(reader.push(hex(text)));
    const auto packet = reader.next();
    EXPECT_TRUE(packet && *packet) << text;
    EXPECT_EQ(reader.buffered(), 0u) << text;
    return packet && *packet ? (*packet)->payload : Bytes{};
}

constexpr auto kHello =
    "64 00 39 08 03 12 20 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66 30 31 32 33 34 35 36 37 "
    "38"
    "39 61 62 63 64 65 66 18 00 32 02 64 31 3a 02 75 61 48 03 62 07 22 05 67 2e 30 2e 54";
constexpr auto kBegin =
    "ca 00 2c 08 2a 12 13 08 01 10 02 18 90 bf 05 29 00 00 00 40 fc 54 d9 41 40 09 12 13 08 02 10 "
    "03"
    "18 80 f7 02 29 00 00 00 40 fc 54 d9 41 40 03";

Hello hello() {
    return {.uuid = "0123456789abcdef0123456789abcdef",
            .device_id = "d1",
            .user_agent = "ua",
            .authorize = AuthorizeRequest{.olive_token = Secret("g.0.T")}};
}

PlaybackBegin begin() {
    return {.session_id = 42,
            .channels = {{.channel_id = 1,
                          .codec = CodecType::H264,
                          .sample_rate = 90'000,
                          .start_time = 1'700'000'000.0,
                          .profile = Profile::Video2mbitL40},
                         {.channel_id = 2,
                          .codec = CodecType::Aac,
                          .sample_rate = 48'000,
                          .start_time = 1'700'000'000.0,
                          .profile = Profile::AudioAac}}};
}

TEST(NexustalkMessages, Hello) {
    EXPECT_EQ(to_bytes(hello()), bytes(kHello));
    const auto read = parse_hello(payload(kHello));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, hello());
}

TEST(NexustalkMessages, HelloOfANestAccountHasItsTokenInField4) {
    auto message = hello();
    message.authorize.reset();
    message.session_token = Secret("b.T");
    message.client_type = ClientType::Ios;
    const auto packet = to_bytes(message);
    const auto read = parse_hello(base::ByteSpan(packet).subspan(3));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, message);
}

TEST(NexustalkMessages, AuthorizeRequest) {
    const AuthorizeRequest nest{.session_token = Secret("b.T")};
    const AuthorizeRequest google{.olive_token = Secret("g.0.T")};
    EXPECT_EQ(to_bytes(nest), bytes("d4 00 05 0a 03 62 2e 54"));
    EXPECT_EQ(to_bytes(google), bytes("d4 00 07 22 05 67 2e 30 2e 54"));
    EXPECT_EQ(parse_authorize_request(payload("d4 00 05 0a 03 62 2e 54")), nest);
    EXPECT_EQ(parse_authorize_request(payload("d4 00 07 22 05 67 2e 30 2e 54")), google);
}

TEST(NexustalkMessages, AuthorizeRequestMayBePaddedWithZerosAndNothingElseMay) {
    EXPECT_EQ(parse_authorize_request(bytes("0a 03 62 2e 54 00 00 00")),
              AuthorizeRequest{.session_token = Secret("b.T")});
    EXPECT_FALSE(parse_error(bytes("08 03 00")));
    const auto inside = parse_hello(bytes("08 03 62 09 22 05 67 2e 30 2e 54 00 00"));
    ASSERT_TRUE(inside && inside->authorize);
    EXPECT_EQ(inside->authorize->olive_token.reveal(), "g.0.T");
}

TEST(NexustalkMessages, Ok) {
    EXPECT_EQ(to_bytes(Ok{}), bytes("c8 00 00"));
    EXPECT_EQ(parse_ok({}), Ok{});
    EXPECT_EQ(parse_ok(bytes("08 b5 26")), Ok{.udp_port = 4917});
}

TEST(NexustalkMessages, StartPlaybackSendsProfilesOneByOneAndReadsThemPackedToo) {
    StartPlayback message{
        .session_id = 42,
        .profile = Profile::Video2mbitL40,
        .other_profiles = {Profile::Video530kbitL31, Profile::Video100kbitL30, Profile::AudioAac}};
    EXPECT_EQ(to_bytes(message), bytes("67 00 0a 08 2a 10 09 30 07 30 08 30 03"));
    EXPECT_EQ(parse_start_playback(payload("67 00 0a 08 2a 10 09 30 07 30 08 30 03")), message);
    message.profile_not_found_action = ProfileNotFound::Redirect;
    EXPECT_EQ(parse_start_playback(payload("67 00 0b 08 2a 10 09 32 03 07 08 03 38 00")), message);
    message.start_time = 1.5;
    const auto packet = to_bytes(message);
    EXPECT_EQ(parse_start_playback(base::ByteSpan(packet).subspan(3)), message);
}

TEST(NexustalkMessages, PlaybackBegin) {
    EXPECT_EQ(to_bytes(begin()), bytes(kBegin));
    EXPECT_EQ(parse_playback_begin(payload(kBegin)), begin());
}

TEST(NexustalkMessages, PlaybackPackets) {
    constexpr auto kIdr = "cc 00 0d 08 2a 10 01 18 cc 3a 22 04 65 88 84 21";
    const auto idr = payload(kIdr), nal = bytes("65 88 84 21");
    const auto read = parse_playback_packet(idr);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->session_id, 42);
    EXPECT_EQ(read->channel_id, 1);
    EXPECT_EQ(read->timestamp_delta, 3750);
    EXPECT_EQ(Bytes(read->payload.begin(), read->payload.end()), nal);
    EXPECT_EQ(to_bytes(*read), bytes(kIdr));

    const auto sps = bytes("67 42 c0 1f");
    EXPECT_EQ(to_bytes(PlaybackPacket{.session_id = 42, .channel_id = 1, .payload = sps}),
              bytes("cc 00 0c 08 2a 10 01 18 00 22 04 67 42 c0 1f"));

    constexpr auto kSound = "cc 00 11 08 2a 10 02 18 80 10 22 08 ff f1 4c 40 01 1f fc 21";
    const auto sound = payload(kSound);
    const auto frame = parse_playback_packet(sound);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->timestamp_delta, 1024);
    EXPECT_EQ(to_bytes(*frame), bytes(kSound));
}

TEST(NexustalkMessages, ABigPictureGoesIntoALongPacket) {
    Bytes nal(70'000, 0x31);
    nal[0] = 0x65;
    const auto packet = to_bytes(
        PlaybackPacket{.session_id = 42, .channel_id = 1, .timestamp_delta = 3750, .payload = nal});
    EXPECT_EQ(Bytes(packet.begin(), packet.begin() + 18),
              bytes("cd 00 01 11 7b 08 2a 10 01 18 cc 3a 22 f0 a2 04 65 31"));
    const auto read = parse_playback_packet(base::ByteSpan(packet).subspan(5));
    ASSERT_TRUE(read);
    EXPECT_EQ(Bytes(read->payload.begin(), read->payload.end()), nal);
}

TEST(NexustalkMessages, TimestampsGoBothWays) {
    for (const std::int64_t delta :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{3740}, std::int64_t{24'000},
          std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
        const auto packet = to_bytes(PlaybackPacket{.timestamp_delta = delta});
        const auto read = parse_playback_packet(base::ByteSpan(packet).subspan(3));
        ASSERT_TRUE(read);
        EXPECT_EQ(read->timestamp_delta, delta);
    }
    // As zigzag varints.
    const std::pair<std::int64_t, const char*> known[] = {
        {3750, "cc 3a"}, {1024, "80 10"}, {24'000, "80 f7 02"}, {3740, "b8 3a"}, {-1, "01"}};
    for (const auto& [delta, wire] : known) {
        const auto packet = to_bytes(PlaybackPacket{.timestamp_delta = delta});
        const auto wanted = bytes(wire);
        ASSERT_GE(packet.size(), 8 + wanted.size());
        EXPECT_TRUE(std::ranges::equal(wanted, base::ByteSpan(packet).subspan(8, wanted.size())))
            << delta;
    }
}

TEST(NexustalkMessages, PlaybackEnd) {
    EXPECT_EQ(to_bytes(PlaybackEnd{.session_id = 42}), bytes("cb 00 02 08 2a"));
    const PlaybackEnd gone{.session_id = 42, .reason = EndReason::CameraUnreachable};
    EXPECT_EQ(to_bytes(gone), bytes("cb 00 04 08 2a 10 04"));
    EXPECT_EQ(parse_playback_end(payload("cb 00 04 08 2a 10 04")), gone);
    EXPECT_EQ(parse_playback_end(payload("cb 00 05 08 2a 10 80 01"))->reason,
              EndReason::SessionComplete);
}

TEST(NexustalkMessages, ErrorAndRedirect) {
    const ServerError error{.code = ErrorCode::AuthorizationFailed, .message = "Unauthorized"};
    constexpr auto kError = "c9 00 10 08 03 12 0c 55 6e 61 75 74 68 6f 72 69 7a 65 64";
    EXPECT_EQ(to_bytes(error), bytes(kError));
    EXPECT_EQ(parse_error(payload(kError)), error);
    const Redirect redirect{.new_host = "oculus1-us1.test:1443", .is_transcode = true};
    const auto packet = to_bytes(redirect);
    EXPECT_EQ(parse_redirect(base::ByteSpan(packet).subspan(3)), redirect);
}

TEST(NexustalkMessages, StopAndTalk) {
    EXPECT_EQ(to_bytes(StopPlayback{.session_id = 42}), bytes("68 00 02 08 2a"));
    const AudioPayload talk{.payload = bytes("de ad be ef"), .session_id = 42};
    constexpr auto kTalk = "66 00 0d 0a 04 de ad be ef 10 2a 18 00 20 80 7d";
    EXPECT_EQ(to_bytes(talk), bytes(kTalk));
    EXPECT_EQ(parse_audio_payload(payload(kTalk)), talk);
    EXPECT_EQ(to_bytes(AudioPayload{.session_id = 42}),
              bytes("66 00 09 0a 00 10 2a 18 00 20 80 7d"));
    const Talkback begins{.user_id = "u", .session_id = 42, .device_id = "d"};
    const auto packet = talkback_begin(begins);
    EXPECT_EQ(packet.front(), 208);
    EXPECT_EQ(parse_talkback(base::ByteSpan(packet).subspan(3)), begins);
    EXPECT_EQ(talkback_end(begins).front(), 209);
}

TEST(NexustalkMessages, WhatIsNotInTheTableIsSkippedByItsType) {
    // 99: a varint, eight bytes, text, four bytes; and 1, which is no varint here.
    EXPECT_EQ(
        parse_playback_end(bytes("98 06 96 01 99 06 01 02 03 04 05 06 07 08 9a 06 02 68 69 9d "
                                 "06 01 02 03 04 0a 01 07 08 2a")),
        PlaybackEnd{.session_id = 42});
}

TEST(NexustalkMessages, WhatIsNoMessageIsRefused) {
    for (const auto* text : {"0b", "0c", "0e", "0f",  // groups and no types
                             "08", "08 80", "09 01 02", "0d 01", "12 05 61", "00 00",
                             "08 ff ff ff ff ff ff ff ff ff ff 01",  // eleven bytes
                             "12 ff ff ff ff ff ff ff ff ff 01"}) {  // as long as can be
        const auto read = parse_error(bytes(text));
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().kind(), ErrorKind::DataLoss) << text;
    }
}

TEST(NexustalkMessages, CutAtEveryByteNothingCrashesAndAHelloIsNeverMoreThanItWas) {
    const auto hello_payload = payload(kHello), begin_payload = payload(kBegin);
    int whole = 0;
    for (std::size_t size = 0; size < hello_payload.size(); ++size) {
        const auto read = parse_hello(base::ByteSpan(hello_payload).first(size));
        if (!read) continue;
        ++whole;
        EXPECT_FALSE(read->authorize) << size;
    }
    EXPECT_EQ(whole, 7);  // empty, and behind each field but the last
    whole = 0;
    for (std::size_t size = 0; size < begin_payload.size(); ++size) {
        const auto read = parse_playback_begin(base::ByteSpan(begin_payload).first(size));
        if (!read) continue;
        ++whole;
        EXPECT_LT(read->channels.size(), 2u) << size;
    }
    EXPECT_EQ(whole, 3);
}

TEST(NexustalkMessages, ListsHaveTheirEnd) {
    StartPlayback many{.session_id = 1};
    many.other_profiles.assign(kMaxProfiles, Profile::AudioAac);
    auto packet = to_bytes(many);
    EXPECT_EQ(parse_start_playback(base::ByteSpan(packet).subspan(3)), many);
    many.other_profiles.push_back(Profile::AudioAac);
    packet = to_bytes(many);
    EXPECT_EQ(parse_start_playback(base::ByteSpan(packet).subspan(3)).error().kind(),
              ErrorKind::ResourceExhausted);

    PlaybackBegin wide{.session_id = 1};
    wide.channels.resize(kMaxChannels);
    packet = to_bytes(wide);
    EXPECT_TRUE(parse_playback_begin(base::ByteSpan(packet).subspan(3)));
    wide.channels.emplace_back();
    packet = to_bytes(wide);
    EXPECT_FALSE(parse_playback_begin(base::ByteSpan(packet).subspan(3)));

    PlaybackPacket crowd{.regions = std::vector<Region>(kMaxRegions, Region{1, 2, 3, 4, 5})};
    packet = to_bytes(crowd);
    EXPECT_EQ(parse_playback_packet(base::ByteSpan(packet).subspan(3))->regions, crowd.regions);
    crowd.regions.emplace_back();
    packet = to_bytes(crowd);
    EXPECT_FALSE(parse_playback_packet(base::ByteSpan(packet).subspan(3)));
}

TEST(NexustalkValues, HaveTheNamesOfTheWire) {
    EXPECT_EQ(to_string(PacketType::LongPlaybackPacket), "LONG_PLAYBACK_PACKET");
    EXPECT_EQ(to_string(static_cast<PacketType>(99)), "");
}

}  // namespace
}  // namespace casement::protocols::nest

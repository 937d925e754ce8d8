// The emulated streaming hosts as a client of nexustalk sees them, over real sockets.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/deadline.hpp"
#include "emulators/nest/cloud.hpp"
#include "ffmpeg/snapshot.hpp"
#include "ffmpeg/test_picture.hpp"
#include "media/aac.hpp"
#include "media/nal.hpp"
#include "net/connect.hpp"
#include "net/tls.hpp"
#include "protocols/nest/messages.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/co_assert.hpp"
#include "tests/fakes/coroutine.hpp"

namespace casement::tests {
namespace {

using namespace emulators::nest;
using namespace std::chrono_literals;
using namespace protocols::nest;
using async::Deadline;
using async::Task;
using Bytes = std::vector<std::uint8_t>;

constexpr const char* kHall = "0123456789abcdef0123456789abcdef";
constexpr const char* kGarden = "fedcba9876543210fedcba9876543210";

/// A client, on either way.
class Client {
public:
    explicit Client(net::TlsOptions tls) { connect_.tls = std::move(tls); }

    Task<bool> connect(std::string address) {
        auto at = net::parse_endpoint(address);
        auto stream = co_await net::connect(at->address().to_string(), at->port(), connect_,
                                            Deadline::in(5s));
        if (stream) stream_ = std::move(*stream);
        co_return stream_ != nullptr;
    }
    Task<bool> connect_socket(std::string address) {
        net::WebSocketTarget target;
        target.url = "wss://" + address + "/nexustalk";
        target.connect = connect_;
        target.options.max_message_bytes = 8 << 20;
        auto socket = co_await net::connect_websocket(std::move(target), Deadline::in(5s));
        if (socket) socket_ = std::move(*socket);
        co_return socket_ != nullptr;
    }
    Task<> say(Bytes packet) {
        if (stream_) (void)co_await stream_->write_all(base::ByteSpan(packet));
        if (socket_) (void)co_await socket_->send_binary(std::move(packet));
    }
    /// The next that is no PING; type 0 when the connection has ended, or nothing comes.
    Task<Packet> next(std::chrono::milliseconds patience = 5s) {
        const Deadline deadline = Deadline::in(patience);
        for (;;) {
            auto packet = reader_.next();
            if (!packet) co_return Packet{static_cast<PacketType>(0), {}};
            if (*packet && (*packet)->type != PacketType::Ping) co_return std::move(**packet);
            if (*packet) continue;
            auto bytes = co_await async::with_deadline(deadline, "packet", receive());
            if (!bytes || !reader_.push(*bytes)) co_return Packet{static_cast<PacketType>(0), {}};
        }
    }
    Task<base::Result<Bytes>> receive() {
        if (socket_) {
            CASEMENT_CO_TRY(auto message, co_await socket_->receive());
            if (message.data.size() <= 1) ++small_messages;
            co_return std::move(message.data);
        }
        Bytes out(16 * 1024);
        CASEMENT_CO_TRY(const std::size_t count, co_await stream_->read_some(out));
        out.resize(count);
        co_return out;
    }
    int small_messages = 0;

private:
    net::ConnectOptions connect_;
    std::unique_ptr<net::Stream> stream_;
    std::shared_ptr<net::WebSocket> socket_;
    PacketReader reader_;
};

/// What was received of one playback.
struct Heard {
    PlaybackBegin begin;
    std::map<std::int32_t, std::vector<PlaybackPacket>> packets;  // payloads are below
    std::vector<Packet> kept;
    std::size_t unknown = 0, longest = 0;
    int channel_of(CodecType codec) const {
        for (const Channel& channel : begin.channels)
            if (channel.codec == codec) return channel.channel_id;
        return 0;
    }
    const std::vector<PlaybackPacket>& of(CodecType codec) { return packets[channel_of(codec)]; }
};

class NestLive : public testing::Test {
public:  // for the coroutines of the tests
    NestLive() {
        CloudOptions options;
        options.certificate = certificate_;
        options.regions = {"us1", "eu1"};
        options.live_picture = {.width = 320, .height = 180, .fps = 24};
        cloud_ = Cloud::start(io_.get_executor(), pool_, clock_, options, {}).value();
        cloud_->accounts().add({.email = "owner@example.test"});
        EXPECT_TRUE(cloud_->add({.uuid = kHall, .model = kHello}));
        EXPECT_TRUE(cloud_->add({.uuid = kGarden, .region = "eu1"}));
    }
    void TearDown() override {
        run([](NestLive& t) -> Task<> { co_await t.cloud_->stop(); });
    }
    void run(Task<> (*test)(NestLive&)) { fakes::run(io_, test(*this)); }
    LiveHost& host() { return cloud_->live("us1"); }

    base::Secret token(Kind kind) { return cloud_->accounts().issue(kind, "1000001"); }
    Hello hello(const char* uuid = kHall) {
        return {.uuid = uuid,
                .device_id = "d",
                .user_agent = "Mozilla/5.0",
                .client_type = ClientType::Ios,
                .authorize = AuthorizeRequest{.olive_token = token(Kind::Jwt)}};
    }
    static StartPlayback start(int session = 42) {
        return {.session_id = session,
                .profile = Profile::Video2mbitL40,
                .other_profiles = {Profile::Video530kbitL31, Profile::AudioAac}};
    }
    /// The answer to a HELLO.
    /// Of a client that trusts nobody but the cloud.
    net::TlsOptions trust() const {
        net::TlsOptions out;
        out.pinned_sha256 = net::fingerprint_of(certificate_.certificate_pem).value();
        return out;
    }
    Task<Packet> greet(Client& client, Hello message) {
        EXPECT_TRUE(co_await client.connect(host().address()));
        co_await client.say(to_bytes(message));
        co_return co_await client.next();
    }
    static ErrorCode code_of(const Packet& packet) {
        return packet.type == PacketType::Error ? parse_error(packet.payload)->code : ErrorCode{};
    }
    static EndReason reason_of(const Packet& packet) {
        EXPECT_EQ(packet.type, PacketType::PlaybackEnd);
        const auto end = parse_playback_end(packet.payload);
        return end ? end->reason : EndReason{};
    }
    /// From PLAYBACK_BEGIN until `pictures` packets of video have come.
    Task<Heard> hear(Client& client, std::size_t pictures) {
        Heard out;
        const Packet first = co_await client.next();
        EXPECT_EQ(first.type, PacketType::PlaybackBegin);
        if (first.type != PacketType::PlaybackBegin) co_return out;
        out.begin = parse_playback_begin(first.payload).value();
        while (out.of(CodecType::H264).size() < pictures) {
            Packet packet = co_await client.next();
            if (packet.type != PacketType::PlaybackPacket &&
                packet.type != PacketType::LongPlaybackPacket) {
                if (packet.type == static_cast<PacketType>(0) ||
                    packet.type == PacketType::PlaybackEnd)
                    co_return out;
                ++out.unknown;
                continue;
            }
            out.longest = std::max(out.longest, packet.payload.size());
            out.kept.push_back(std::move(packet));
            auto read = parse_playback_packet(out.kept.back().payload);
            EXPECT_TRUE(read);
            if (read) out.packets[read->channel_id].push_back(*read);
        }
        co_return out;
    }
    /// The counter in the first key frame.
    static std::int64_t counter_in(const std::vector<PlaybackPacket>& video) {
        media::CodecParameters parameters;
        media::AccessUnit unit;
        unit.key = true;
        Bytes data;
        for (const PlaybackPacket& packet : video) {
            const int type = packet.payload[0] & 0x1F;
            const auto copy = media::Bytes::copy_of(packet.payload);
            if (type == 7) parameters.sps = {copy};
            if (type == 8) parameters.pps = {copy};
            if (type != 5) continue;
            const auto size = static_cast<std::uint32_t>(packet.payload.size());
            for (const unsigned shift : {24u, 16u, 8u, 0u})
                data.push_back(static_cast<std::uint8_t>(size >> shift));
            data.insert(data.end(), copy.begin(), copy.end());
            break;
        }
        unit.data = media::Bytes::from(std::move(data));
        const auto picture = ffmpeg::decode_key_frame(parameters, unit);
        const auto reading = picture ? ffmpeg::read_test_picture(*picture) : std::nullopt;
        return reading ? reading->frame : -1;
    }

    const net::Certificate certificate_ =
        net::make_self_signed("emulated Nest", {"127.0.0.1"}, std::chrono::days(1)).value();
    asio::io_context io_{1};
    async::BlockingPool pool_{"emulator", 1};
    fakes::Clock clock_;
    std::unique_ptr<Cloud> cloud_;
};

TEST_F(NestLive, PlaysPicturesAndSoundWithTheirTimes) {
    run([](NestLive& t) -> Task<> {
        Client client(t.trust());
        EXPECT_EQ((co_await t.greet(client, t.hello())).type, PacketType::Ok);
        co_await client.say(to_bytes(t.start()));
        Heard heard = co_await t.hear(client, 14);
        EXPECT_EQ(heard.begin.session_id, 42);
        CO_ASSERT(heard.begin.channels.size() == 2);
        EXPECT_EQ(heard.begin.channels[0].sample_rate, 90'000u);
        EXPECT_EQ(heard.begin.channels[0].profile, Profile::Video2mbitL40);
        EXPECT_EQ(heard.begin.channels[1].sample_rate, 48'000u);
        const auto& video = heard.of(CodecType::H264);
        CO_ASSERT(video.size() >= 14);
        EXPECT_EQ(video[0].payload[0] & 0x1F, 7);
        EXPECT_EQ(video[1].payload[0] & 0x1F, 8);
        EXPECT_EQ(video[0].timestamp_delta, 0);
        std::size_t moved = 0;
        for (const auto& packet : video) {
            EXPECT_TRUE(packet.timestamp_delta == 0 || packet.timestamp_delta == 3750);
            moved += packet.timestamp_delta == 3750 ? 1 : 0;
        }
        EXPECT_GE(moved, 8u);
        EXPECT_EQ(t.counter_in(video), 0);
        const auto& sound = heard.of(CodecType::Aac);
        CO_ASSERT(sound.size() > 2);
        for (std::size_t i = 1; i < sound.size(); ++i) EXPECT_EQ(sound[i].timestamp_delta, 1024);
        const auto head = media::aac::parse_adts(sound[0].payload);
        CO_ASSERT(head);
        EXPECT_EQ(head->config.sample_rate, 48'000);
        EXPECT_EQ(head->frame_bytes, sound[0].payload.size());

        co_await client.say(to_bytes(StopPlayback{.session_id = 42}));
        Packet last = co_await client.next();
        while (last.type == PacketType::PlaybackPacket) last = co_await client.next();
        EXPECT_EQ(t.reason_of(last), EndReason::UserEnded);
        EXPECT_EQ(t.host().counters().playbacks, 1u);
    });
}

TEST_F(NestLive, LetsInWhoHasAGoodTokenForACameraOfThisRegion) {
    run([](NestLive& t) -> Task<> {
        const auto refused = [&](Hello message) -> Task<ErrorCode> {
            Client client(t.trust());
            const Packet answer = co_await t.greet(client, std::move(message));
            EXPECT_EQ((co_await client.next()).type, static_cast<PacketType>(0));  // and cut
            co_return t.code_of(answer);
        };
        Hello message = t.hello();
        message.authorize->olive_token = base::Secret("g.0.no");
        EXPECT_EQ(co_await refused(message), ErrorCode::AuthorizationFailed);
        message = t.hello();
        message.authorize->olive_token = t.token(Kind::Website);  // of the other kind
        EXPECT_EQ(co_await refused(message), ErrorCode::AuthorizationFailed);
        EXPECT_EQ(co_await refused(t.hello(kGarden)), ErrorCode::AuthorizationFailed);
        message = t.hello();
        message.authorize.reset();
        message.session_token = t.token(Kind::Access);  // the trap
        EXPECT_EQ(co_await refused(message), ErrorCode::AuthorizationFailed);
        message.device_id.clear();
        EXPECT_EQ(co_await refused(message), ErrorCode::IllegalPacket);
        message = t.hello();
        message.requires_connected_camera = true;
        t.cloud_->home().set_online(kHall, false);
        EXPECT_EQ(co_await refused(message), ErrorCode::CameraNotConnected);

        for (const bool in_field_4 : {true, false}) {
            Client client(t.trust());
            message = t.hello();
            message.authorize.reset();
            if (in_field_4) {
                message.session_token = t.token(Kind::Website);
            } else {
                message.authorize = AuthorizeRequest{.session_token = t.token(Kind::Website)};
            }
            EXPECT_EQ((co_await t.greet(client, message)).type, PacketType::Ok);
        }
    });
}

TEST_F(NestLive, TakesNothingBeforeItsOk) {
    run([](NestLive& t) -> Task<> {
        Client early(t.trust());
        CO_ASSERT(co_await early.connect(t.host().address()));
        auto both = to_bytes(t.hello());
        const auto second = to_bytes(t.start());
        both.insert(both.end(), second.begin(), second.end());
        co_await early.say(both);
        EXPECT_EQ(t.code_of(co_await early.next()), ErrorCode::IllegalPacket);
        Client rude(t.trust());
        CO_ASSERT(co_await rude.connect(t.host().address()));
        co_await rude.say(second);
        EXPECT_EQ(t.code_of(co_await rude.next()), ErrorCode::IllegalPacket);
    });
}

TEST_F(NestLive, EndsWithTheTokenUnlessANewOneCameInTime) {
    run([](NestLive& t) -> Task<> {
        Client client(t.trust());
        EXPECT_EQ((co_await t.greet(client, t.hello())).type, PacketType::Ok);
        co_await client.say(to_bytes(t.start()));
        (void)co_await t.hear(client, 3);
        t.clock_.advance(59s);  // no silence yet
        t.cloud_->accounts().lives.jwt = std::chrono::hours(3);
        co_await client.say(to_bytes(AuthorizeRequest{.olive_token = t.token(Kind::Jwt)}));
        Packet answer = co_await client.next();
        while (answer.type == PacketType::PlaybackPacket) answer = co_await client.next();
        EXPECT_EQ(answer.type, PacketType::Ok);
        EXPECT_EQ((co_await client.next()).type, PacketType::PlaybackPacket);  // and goes on
        for (int i = 0; i < 62; ++i) {  // past the first one's end, and never silent
            t.clock_.advance(59s);
            co_await client.say(to_bytes(PacketType::Ping));
            (void)co_await async::sleep_for(2ms);  // real time: it is to be read
        }
        answer = co_await client.next();
        EXPECT_EQ(answer.type, PacketType::PlaybackPacket);
        t.cloud_->accounts().revoke({Kind::Jwt});
        while (answer.type == PacketType::PlaybackPacket) answer = co_await client.next();
        EXPECT_EQ(t.code_of(answer), ErrorCode::AuthorizationFailed);
        EXPECT_EQ(t.host().counters().renewals, 1u);
    });
}

TEST_F(NestLive, RedirectsAtHelloAndAtStart) {
    run([](NestLive& t) -> Task<> {
        t.host().faults.redirects = 1;
        t.host().faults.redirects_at_start = 1;
        Client first(t.trust());
        const Packet away = co_await t.greet(first, t.hello());
        EXPECT_EQ(away.type, PacketType::Redirect);
        EXPECT_EQ(parse_redirect(away.payload)->new_host, t.host().address());
        Client second(t.trust());
        EXPECT_EQ((co_await t.greet(second, t.hello())).type, PacketType::Ok);
        co_await second.say(to_bytes(t.start()));
        const Packet again = co_await second.next();
        EXPECT_EQ(again.type, PacketType::Redirect);
        EXPECT_TRUE(parse_redirect(again.payload)->is_transcode);
        EXPECT_EQ((co_await second.next()).type, static_cast<PacketType>(0));
    });
}

TEST_F(NestLive, SaysWhyThereIsNoPlayback) {
    run([](NestLive& t) -> Task<> {
        Client client(t.trust());
        EXPECT_EQ((co_await t.greet(client, t.hello())).type, PacketType::Ok);
        auto ask = t.start();
        ask.profile = Profile::AudioAac;
        ask.other_profiles.clear();
        co_await client.say(to_bytes(ask));
        EXPECT_EQ(t.reason_of(co_await client.next()), EndReason::ProfileNotAvailable);
        EXPECT_TRUE(t.cloud_->home().set_properties(kHall, {{"streaming.enabled", "false"}}));
        co_await client.say(to_bytes(t.start()));
        EXPECT_EQ(t.reason_of(co_await client.next()), EndReason::CameraUnreachable);
        // Without its microphone there is no channel of sound.
        EXPECT_TRUE(t.cloud_->home().set_properties(
            kHall, {{"streaming.enabled", "true"}, {"audio.enabled", "false"}}));
        co_await client.say(to_bytes(t.start()));
        const Heard heard = co_await t.hear(client, 3);
        EXPECT_EQ(heard.begin.channels.size(), 1u);
        EXPECT_EQ(heard.packets.size(), 1u);
        t.cloud_->home().set_online(kHall, false);
        Packet last = co_await client.next();
        while (last.type == PacketType::PlaybackPacket) last = co_await client.next();
        EXPECT_EQ(t.reason_of(last), EndReason::CameraUnreachable);
    });
}

TEST_F(NestLive, DealsPacketsOutToMessagesInEveryWay) {
    run([](NestLive& t) -> Task<> {
        t.host().faults.adds_unknown = true;
        t.host().faults.swaps_channels = true;
        t.host().faults.key_bytes = 90'000;
        struct Way {
            Messages how;
            bool is_socket;
        };
        for (const Way way : {Way{Messages::Whole, true}, Way{Messages::Several, true},
                              Way{Messages::Several, false}, Way{Messages::EveryByte, false},
                              Way{Messages::EveryByte, true}}) {
            const Messages how = t.host().faults.messages = way.how;
            if (how == Messages::EveryByte) t.host().faults.key_bytes = 0;  // a message each
            Client client(t.trust());
            CO_ASSERT(way.is_socket ? co_await client.connect_socket(t.host().websocket_address())
                                    : co_await client.connect(t.host().address()));
            co_await client.say(to_bytes(t.hello()));
            EXPECT_EQ((co_await client.next()).type, PacketType::Ok);
            co_await client.say(to_bytes(t.start()));
            Heard heard = co_await t.hear(client, how == Messages::EveryByte ? 8 : 12);
            CO_ASSERT(heard.begin.channels.size() == 2);
            EXPECT_EQ(heard.begin.channels[0].codec, CodecType::Aac);
            EXPECT_GE(t.counter_in(heard.of(CodecType::H264)), 0);
            EXPECT_GE(heard.unknown, 3u);
            if (how != Messages::EveryByte) EXPECT_GT(heard.longest, 90'000u);
            EXPECT_EQ(client.small_messages > 0, how != Messages::Whole && way.is_socket);
        }
    });
}

TEST_F(NestLive, SeesFewPicturesInDimLightAndAnotherSizeLater) {
    run([](NestLive& t) -> Task<> {
        Client client(t.trust());
        EXPECT_EQ((co_await t.greet(client, t.hello())).type, PacketType::Ok);
        co_await client.say(to_bytes(t.start()));
        (void)co_await client.next();
        const Packet first = co_await client.next();
        const auto read_first = parse_playback_packet(first.payload);
        CO_ASSERT(read_first);
        const Bytes sps(read_first->payload.begin(), read_first->payload.end());
        EXPECT_EQ(sps[0] & 0x1F, 7);
        t.host().feed(kHall)->set_sparse(6);
        std::int64_t most = 0;
        for (int i = 0; i < 80 && most < 22'500; ++i) {
            const Packet packet = co_await client.next();
            const auto read = parse_playback_packet(packet.payload);
            if (read && read->channel_id == 1) most = std::max(most, read->timestamp_delta);
        }
        EXPECT_EQ(most, 22'500);  // 4 a second
        t.host().feed(kHall)->resize(480, 270);
        t.host().feed(kHall)->set_sparse(1);
        bool changed = false;
        for (int i = 0; i < 400 && !changed; ++i) {
            const Packet packet = co_await client.next();
            const auto read = parse_playback_packet(packet.payload);
            if (!read || read->channel_id != 1 || (read->payload[0] & 0x1F) != 7) continue;
            changed = Bytes(read->payload.begin(), read->payload.end()) != sps;
        }
        EXPECT_TRUE(changed);
    });
}

TEST_F(NestLive, HearsWhatIsSaidThroughTheCamera) {
    run([](NestLive& t) -> Task<> {
        Client client(t.trust());
        EXPECT_EQ((co_await t.greet(client, t.hello())).type, PacketType::Ok);
        co_await client.say(to_bytes(t.start()));
        (void)co_await t.hear(client, 3);
        co_await client.say(to_bytes(AudioPayload{.payload = {1, 2, 3}, .session_id = 42}));
        co_await client.say(to_bytes(AudioPayload{.payload = {4}, .session_id = 42}));
        co_await client.say(to_bytes(AudioPayload{.session_id = 42}));
        std::vector<PacketType> told;
        while (told.size() < 2) {
            const Packet packet = co_await client.next();
            if (packet.type != PacketType::PlaybackPacket) told.push_back(packet.type);
        }
        EXPECT_EQ(told, (std::vector{PacketType::TalkbackBegin, PacketType::TalkbackEnd}));
        CO_ASSERT(t.host().spoken().size() == 1);
        EXPECT_EQ(t.host().spoken()[0].packets, (std::vector<Bytes>{{1, 2, 3}, {4}}));
        EXPECT_TRUE(t.host().spoken()[0].ended);
        co_await client.say(to_bytes(AudioPayload{.payload = {1}, .session_id = 7}));
        Packet answer = co_await client.next();
        while (answer.type == PacketType::PlaybackPacket) answer = co_await client.next();
        EXPECT_EQ(t.code_of(answer), ErrorCode::IllegalPacket);
    });
}

TEST_F(NestLive, EndsStallsAndResetsOnRequest) {
    run([](NestLive& t) -> Task<> {
        const auto play = [&](Client& client) -> Task<> {
            EXPECT_EQ((co_await t.greet(client, t.hello())).type, PacketType::Ok);
            co_await client.say(to_bytes(t.start()));
            (void)co_await t.hear(client, 3);
        };
        const auto last_of = [](Client& client) -> Task<Packet> {
            Packet packet = co_await client.next();
            while (packet.type == PacketType::PlaybackPacket) packet = co_await client.next();
            co_return packet;
        };
        Client ended(t.trust());
        co_await play(ended);
        t.host().end_playbacks(kHall, EndReason::SessionComplete);
        EXPECT_EQ(t.reason_of(co_await last_of(ended)), EndReason::SessionComplete);
        Client silent(t.trust());
        co_await play(silent);
        t.host().faults.is_silent = true;
        while ((co_await silent.next(300ms)).type == PacketType::PlaybackPacket) continue;
        EXPECT_EQ(t.host().counters().playing, 1u);
        t.host().faults.is_silent = false;
        EXPECT_EQ((co_await silent.next()).type, PacketType::PlaybackPacket);
        t.host().reset_all();
        EXPECT_EQ((co_await last_of(silent)).type, static_cast<PacketType>(0));
        Client failed(t.trust());
        co_await play(failed);
        t.host().fail_all(ErrorCode::Internal);
        EXPECT_EQ(t.code_of(co_await last_of(failed)), ErrorCode::Internal);
        Client cut(t.trust());
        co_await play(cut);
        t.host().faults.is_down = true;
        EXPECT_EQ((co_await last_of(cut)).type, static_cast<PacketType>(0));
        Client late(t.trust());
        EXPECT_EQ((co_await t.greet(late, t.hello())).type, static_cast<PacketType>(0));
        // A network that lets only the web out.
        t.host().faults.is_down = false;
        t.host().faults.is_blocked = true;
        Client by_tls(t.trust()), by_web(t.trust());
        EXPECT_EQ((co_await t.greet(by_tls, t.hello())).type, static_cast<PacketType>(0));
        CO_ASSERT(co_await by_web.connect_socket(t.host().websocket_address()));
        co_await by_web.say(to_bytes(t.hello()));
        EXPECT_EQ((co_await by_web.next()).type, PacketType::Ok);
        // Where the camera has moved to, it is.
        EXPECT_TRUE(t.cloud_->move(kHall, "eu1"));
        EXPECT_EQ(t.cloud_->home().find(kHall)->nexustalk_host, t.cloud_->live("eu1").address());
        Client moved(t.trust());
        CO_ASSERT(co_await moved.connect(t.cloud_->live("eu1").address()));
        co_await moved.say(to_bytes(t.hello()));
        EXPECT_EQ((co_await moved.next()).type, PacketType::Ok);
    });
}

}  // namespace
}  // namespace casement::tests

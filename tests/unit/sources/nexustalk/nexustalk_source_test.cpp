// A server of nexustalk that does what a test says. Real sockets on loopback.

#include "sources/nexustalk/nexustalk_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "async/task_group.hpp"
#include "camera/back_channel.hpp"
#include "ffmpeg/snapshot.hpp"
#include "hub/stream.hpp"
#include "net/websocket.hpp"
#include "tests/unit/ffmpeg/pictures.hpp"
#include "tests/unit/net/loop.hpp"
#include "tests/unit/sources/nexustalk/playback.hpp"

namespace casement::sources::nexustalk {
namespace {

using namespace std::chrono_literals;
using namespace protocols::nest;
using async::Deadline;
using async::Task;
using base::Error;
using base::ErrorKind;
using protocols::nest::test::Feed;
using Pass = camera::PullNexustalk::Pass;

/// The server's side of one connection.
struct Peer {
    std::function<Task<bool>(std::vector<std::uint8_t>)> write;
    std::function<Task<std::optional<std::vector<std::uint8_t>>>()> read;
    PacketReader reader;

    Task<bool> say(std::vector<std::uint8_t> bytes) { co_return co_await write(std::move(bytes)); }
    Task<std::optional<Packet>> hear() {
        for (;;) {
            auto packet = reader.next();
            if (!packet) co_return std::nullopt;
            if (*packet) co_return std::move(*packet);
            const auto bytes = co_await read();
            if (!bytes || !reader.push(*bytes)) co_return std::nullopt;
        }
    }
    /// The next of this type; what comes before is passed over.
    Task<std::optional<Packet>> await(PacketType type) {
        for (;;) {
            auto packet = co_await hear();
            if (!packet || packet->type == type) co_return packet;
        }
    }
};

class Nexustalk : public net::tests::Served {
protected:
    using Script = std::function<Task<>(Peer&, int connection)>;

    void SetUp() override {
        start();
        peers_.emplace(loop_.executor(), base::Log{});
        tcp_ = std::move(
            *net::Listener::listen(loop_.executor(), {.name = "tcp", .address = "127.0.0.1:0"}));
        loop_.spawn([this]() -> Task<> {
            co_await tcp_->run(
                {loop_.executor()}, [this](std::unique_ptr<net::PlainStream> stream) {
                    peers_->spawn("peer", [this, shared = std::shared_ptr(std::move(stream))] {
                        return serve(shared);
                    });
                });
        });
    }
    void TearDown() override {
        tcp_->close();
        loop_.run([this]() -> Task<> { co_await peers_->stop(); });
        Served::TearDown();
    }
    void add_routes(net::HttpServer& server) override {
        server.websocket(
            "/nexustalk", [this](net::Request, std::shared_ptr<net::WebSocket> socket) -> Task<> {
                Peer peer;
                // Three bytes a message, and an empty one now and then.
                peer.write = [socket](std::vector<std::uint8_t> bytes) -> Task<bool> {
                    for (std::size_t at = 0; at < bytes.size(); at += 3000) {
                        if (!co_await socket->send_binary(std::vector<std::uint8_t>{}))
                            co_return false;
                        const std::size_t end = std::min(bytes.size(), at + 3000);
                        if (!co_await socket->send_binary(std::vector<std::uint8_t>(
                                bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                bytes.begin() + static_cast<std::ptrdiff_t>(end))))
                            co_return false;
                    }
                    co_return true;
                };
                peer.read = [socket]() -> Task<std::optional<std::vector<std::uint8_t>>> {
                    auto message = co_await socket->receive();
                    if (!message) co_return std::nullopt;
                    co_return std::move(message->data);
                };
                co_await script_(peer, connections_++);
            });
    }
    Task<> serve(std::shared_ptr<net::PlainStream> stream) {
        Peer peer;
        peer.write = [&](std::vector<std::uint8_t> bytes) -> Task<bool> {
            if (!byte_by_byte_) co_return (co_await stream->write_all(bytes)).has_value();
            for (const std::uint8_t& byte : bytes) {
                if (!co_await stream->write_all(base::ByteSpan(&byte, 1))) co_return false;
            }
            co_return true;
        };
        peer.read = [&]() -> Task<std::optional<std::vector<std::uint8_t>>> {
            std::vector<std::uint8_t> buffer(4096);
            const auto count = co_await stream->read_some(buffer);
            if (!count) co_return std::nullopt;
            buffer.resize(*count);
            co_return buffer;
        };
        co_await script_(peer, connections_++);
    }

    /// Takes HELLO and START, and begins. Nothing when the client is refused or goes.
    Task<std::optional<std::int32_t>> begin(Peer& peer) {
        const auto hello = co_await peer.await(PacketType::Hello);
        if (!hello) co_return std::nullopt;
        const Hello said = parse_hello(hello->payload).value();
        passes_.push_back(said.authorize ? said.authorize->olive_token.reveal()
                                         : said.session_token.reveal());
        if (passes_.back() != good_) {
            co_await peer.say(
                to_bytes(ServerError{ErrorCode::AuthorizationFailed, "Unauthorized"}));
            co_return std::nullopt;
        }
        co_await peer.say(to_bytes(Ok{}));
        const auto start = co_await peer.await(PacketType::StartPlayback);
        if (!start) co_return std::nullopt;
        const auto session = parse_start_playback(start->payload)->session_id;
        co_await peer.say(to_bytes(
            PlaybackBegin{.session_id = session, .channels = protocols::nest::test::channels()}));
        feed_.begin();
        co_return session;
    }
    /// A picture's worth of packets, at five times the camera's pace.
    Task<bool> play(Peer& peer, std::int32_t session, int pictures) {
        for (int i = 0; i < pictures; ++i) {
            std::vector<std::uint8_t> bytes;
            for (const Frame& frame : feed_.next()) {
                const auto packet = to_bytes(PlaybackPacket{.session_id = session,
                                                            .channel_id = frame.channel,
                                                            .timestamp_delta = frame.delta,
                                                            .payload = frame.payload});
                bytes.insert(bytes.end(), packet.begin(), packet.end());
            }
            ++played_;
            if (!co_await peer.say(std::move(bytes))) co_return false;
            (void)co_await async::sleep_for(8ms);  // real time: pictures have a pace
        }
        co_return true;
    }
    Task<> play_on(Peer& peer) {
        if (const auto session = co_await begin(peer)) co_await play(peer, *session, 5000);
    }

    camera::PullNexustalk way() {
        camera::PullNexustalk out;
        out.camera = "0123456789abcdef0123456789abcdef";
        out.host = fmt::format("127.0.0.1:{}", tcp_->port());
        out.without_tls = true;
        out.proof = [this](bool is_refused, Deadline) -> Task<base::Result<Pass>> {
            ++(is_refused ? refusals_ : asked_);
            if (is_refused) held_ = renewed_;
            co_return Pass{.token = base::Secret(held_), .is_google = true, .expires_at = expires_};
        };
        out.follow = [this](std::string_view said, std::uint16_t port) -> base::Result<base::Url> {
            followed_.emplace_back(said);
            if (said.starts_with("evil"))
                return base::fail(ErrorKind::PermissionDenied, "a stranger");
            auto url = base::Url::parse(fmt::format("https://{}", said)).value();
            if (url.port == 0) url.port = port;
            return url;
        };
        return out;
    }
    std::string here() const { return fmt::format("127.0.0.1:{}", tcp_->port()); }

    /// Runs the source until `enough`, or for 20 s; answers its error where it ended by itself.
    std::optional<Error> watch(camera::PullNexustalk way, std::function<bool()> enough) {
        NexustalkSource source(std::move(way), Surroundings{pool_, clock_, base::Log{}});
        std::optional<Error> error;
        loop_.run([&]() -> Task<> {
            async::TaskGroup tasks(loop_.executor(), base::Log{});
            reader_.emplace(stream_->subscribe(loop_.executor(), {}));
            tasks.spawn("read", [this] { return read(); });
            tasks.spawn("source", [&]() -> Task<> {
                hub::StreamWriter writer(stream_);
                const auto ended = co_await source.run(writer);
                if (!ended && !ended.error().is(ErrorKind::Cancelled)) error = ended.error();
            });
            for (int i = 0; i < 4000 && !error && !enough(); ++i)
                (void)co_await async::sleep_for(5ms);  // real time: pictures cross sockets
            co_await tasks.stop();
            co_await source.close(Deadline::in(1s));
            (void)co_await async::sleep_for(20ms);  // real time: the goodbye arrives
            reader_.reset();
        });
        return error;
    }
    Task<> read() {
        for (;;) {
            const auto item = co_await reader_->next();
            if (!item) co_return;
            if (const auto* change = std::get_if<hub::ParametersChanged>(&*item))
                tracks_ = *change->tracks;
            if (const auto* unit = std::get_if<media::AccessUnitPtr>(&*item))
                ((*unit)->track == 0 ? video_ : audio_).push_back(**unit);
        }
    }
    /// Every picture decodes, and shows what was sent, in its order; time goes forward.
    void expect_whole(std::int64_t allowed_gaps = 0) {
        ASSERT_FALSE(tracks_.empty());
        std::int64_t before = -1, gaps = 0;
        const auto pictures = ffmpeg::test::decode_all(*tracks_[0].parameters, video_);
        ASSERT_EQ(pictures.size(), video_.size());
        for (const auto& picture : pictures) {
            const auto reading = ffmpeg::read_test_picture(picture);
            ASSERT_TRUE(reading);
            if (before >= 0 && reading->frame != before + 1) ++gaps;
            EXPECT_GT(reading->frame, before);
            before = reading->frame;
        }
        EXPECT_LE(gaps, allowed_gaps);
        for (const auto* units : {&video_, &audio_}) {
            for (std::size_t i = 1; i < units->size(); ++i)
                EXPECT_GT((*units)[i].dts, (*units)[i - 1].dts);
        }
    }

    base::SystemClock clock_;
    async::BlockingPool pool_{"pictures", 1};
    std::shared_ptr<hub::Stream> stream_ =
        std::make_shared<hub::Stream>("porch", hub::GopLogLimits{}, clock_, base::Log{});
    std::unique_ptr<net::Listener> tcp_;
    std::optional<async::TaskGroup> peers_;
    Feed feed_;
    Script script_ = [this](Peer& peer, int) { return play_on(peer); };
    int connections_ = 0, refusals_ = 0, asked_ = 0, played_ = 0;
    bool byte_by_byte_ = false;
    std::string held_ = "g.0.one", renewed_ = "g.0.two", good_ = "g.0.one";
    std::optional<base::WallTime> expires_;
    std::vector<std::string> passes_, followed_;
    std::optional<hub::Reader> reader_;
    media::Tracks tracks_;
    std::vector<media::AccessUnit> video_, audio_;
};

TEST_F(Nexustalk, BecomesPicturesAndSound) {
    EXPECT_FALSE(watch(way(), [&] { return video_.size() >= 50; }));
    expect_whole();
    EXPECT_GT(audio_.size(), 60U);
    EXPECT_EQ(tracks_.at(1).codec, media::Codec::Aac);
    EXPECT_EQ(connections_, 1);
}

TEST_F(Nexustalk, ComesInPiecesOfAnySize) {
    byte_by_byte_ = true;
    EXPECT_FALSE(watch(way(), [&] { return video_.size() >= 8; }));
    expect_whole();
}

TEST_F(Nexustalk, ComesThroughAWebSocketToo) {
    auto through = way();
    through.is_websocket = true;
    through.host = fmt::format("127.0.0.1:{}", listener_->port());
    EXPECT_FALSE(watch(through, [&] { return video_.size() >= 30; }));
    expect_whole();
    EXPECT_EQ(connections_, 1);
}

TEST_F(Nexustalk, GoesWhereTheServerSendsItBeforeAndAfterItsStart) {
    script_ = [this](Peer& peer, int connection) -> Task<> {
        if (connection == 0) {
            co_await peer.await(PacketType::Hello);
            co_await peer.say(to_bytes(Redirect{.new_host = here()}));
            co_await peer.hear();
        } else if (connection == 1) {
            co_await peer.await(PacketType::Hello);
            co_await peer.say(to_bytes(Ok{}));
            co_await peer.await(PacketType::StartPlayback);
            co_await peer.say(to_bytes(Redirect{.new_host = here(), .is_transcode = true}));
            co_await peer.hear();
        } else if (connection == 2) {
            if (const auto session = co_await begin(peer)) co_await play(peer, *session, 20);
            co_await peer.say(to_bytes(Redirect{.new_host = here()}));
            co_await peer.hear();
        } else {
            co_await play_on(peer);
        }
    };
    EXPECT_FALSE(watch(way(), [&] { return video_.size() >= 40; }));
    EXPECT_EQ(connections_, 4);
    expect_whole(1);
}

TEST_F(Nexustalk, FollowsFiveRedirectsInARowAndNoStranger) {
    script_ = [this](Peer& peer, int) -> Task<> {
        co_await peer.await(PacketType::Hello);
        co_await peer.say(to_bytes(Redirect{.new_host = here()}));
        co_await peer.hear();
    };
    auto error = watch(way(), [] { return false; });
    ASSERT_TRUE(error);
    EXPECT_EQ(connections_, 6);
    EXPECT_EQ(error->reason(), "vendor-down");

    script_ = [](Peer& peer, int) -> Task<> {
        co_await peer.await(PacketType::Hello);
        co_await peer.say(to_bytes(Redirect{.new_host = "evil.example"}));
        co_await peer.hear();
    };
    error = watch(way(), [] { return false; });
    ASSERT_TRUE(error);
    EXPECT_TRUE(error->is(ErrorKind::PermissionDenied));
    EXPECT_EQ(connections_, 7);
}

TEST_F(Nexustalk, SendsNoPassOutOfThisMachineWithoutTls) {
    auto outside = way();
    outside.host = "192.0.2.1:1443";
    const auto error = watch(outside, [] { return false; });
    ASSERT_TRUE(error);
    EXPECT_TRUE(error->is(ErrorKind::PermissionDenied));
}

TEST_F(Nexustalk, GoesOnWithANewPassWhenTheOldOneEndsInTheMiddle) {
    script_ = [this](Peer& peer, int connection) -> Task<> {
        const auto session = co_await begin(peer);
        if (!session) co_return;
        if (connection >= 3) {
            co_await play(peer, *session, 5000);
            co_return;
        }
        co_await play(peer, *session, 80);  // longer than half a second
        good_ = renewed_ = fmt::format("g.0.{}", connection);
        co_await peer.say(to_bytes(ServerError{ErrorCode::AuthorizationFailed, "Unauthorized"}));
        co_await peer.hear();
    };
    EXPECT_FALSE(watch(way(), [&] { return video_.size() >= 270; }));
    EXPECT_EQ(connections_, 4);
    EXPECT_EQ(refusals_, 3);
    expect_whole(3);
    for (std::size_t i = 1; i < video_.size(); ++i)
        EXPECT_LT(video_[i].received_at - video_[i - 1].received_at, 1s);
}

TEST_F(Nexustalk, ShowsANewerPassOnTheOpenConnection) {
    expires_ = clock_.wall_now() + 2s;
    std::string shown;
    script_ = [&](Peer& peer, int) -> Task<> {
        const auto session = co_await begin(peer);
        if (!session) co_return;
        co_await play(peer, *session, 20);
        held_ = "g.0.newer";
        expires_ = clock_.wall_now() + 1h;
        const auto packet = co_await peer.await(PacketType::AuthorizeRequest);
        if (!packet) co_return;
        shown = parse_authorize_request(packet->payload)->olive_token.reveal();
        co_await peer.say(to_bytes(Ok{}));
        co_await play(peer, *session, 5000);
    };
    EXPECT_FALSE(watch(way(), [&] { return video_.size() >= 40; }));
    EXPECT_EQ(shown, "g.0.newer");
    EXPECT_EQ(connections_, 1);
    EXPECT_EQ(refusals_, 0);
    expect_whole();
}

TEST_F(Nexustalk, ComesBackWithTheNewerPassOfAServerThatEndsWithTheFirst) {
    expires_ = clock_.wall_now() + 2s;
    script_ = [&](Peer& peer, int connection) -> Task<> {
        const auto session = co_await begin(peer);
        if (!session) co_return;
        if (connection > 0) {
            co_await play(peer, *session, 5000);
            co_return;
        }
        co_await play(peer, *session, 20);
        held_ = good_ = "g.0.newer";
        expires_ = clock_.wall_now() + 1h;
        if (!co_await peer.await(PacketType::AuthorizeRequest)) co_return;
        co_await peer.say(to_bytes(Ok{}));
        co_await play(peer, *session, 10);
        co_await peer.say(to_bytes(ServerError{ErrorCode::AuthorizationFailed, "Unauthorized"}));
        co_await peer.hear();
    };
    EXPECT_FALSE(watch(way(), [&] { return video_.size() >= 60; }));
    EXPECT_EQ(passes_, (std::vector<std::string>{"g.0.one", "g.0.newer"}));
    EXPECT_EQ(refusals_, 0);  // nobody has to make another one
    expect_whole(1);
}

TEST_F(Nexustalk, GivesUpWhenANewPassIsRefusedToo) {
    good_ = "another";
    const auto error = watch(way(), [] { return false; });
    ASSERT_TRUE(error);
    EXPECT_TRUE(error->is(ErrorKind::Unauthenticated));
    EXPECT_EQ(passes_, (std::vector<std::string>{"g.0.one", "g.0.two"}));
}

TEST_F(Nexustalk, EndsWithTheServersReason) {
    struct Case {
        std::vector<std::uint8_t> (*last)(std::int32_t);
        std::string reason;
    };
    const Case cases[] = {
        {[](std::int32_t s) {
             return to_bytes(PlaybackEnd{.session_id = s, .reason = EndReason::CameraUnreachable});
         },
         "no-route"},
        {[](std::int32_t s) { return to_bytes(PlaybackEnd{.session_id = s}); }, ""},
        {[](std::int32_t s) {
             return to_bytes(PlaybackEnd{.session_id = s, .reason = EndReason::SessionComplete});
         },
         ""},
        {[](std::int32_t) { return to_bytes(ServerError{ErrorCode::CameraNotConnected, ""}); },
         "no-route"},
        {[](std::int32_t) { return to_bytes(ServerError{ErrorCode::Internal, ""}); },
         "vendor-down"},
    };
    for (const Case& one : cases) {
        script_ = [&](Peer& peer, int) -> Task<> {
            const auto session = co_await begin(peer);
            if (!session) co_return;
            co_await peer.say(one.last(*session));
            co_await peer.hear();
        };
        auto telling = way();
        bool is_reached = true;
        telling.not_reached = [&] { is_reached = false; };
        const auto error = watch(telling, [] { return false; });
        ASSERT_TRUE(error);
        EXPECT_TRUE(error->is(ErrorKind::Unavailable));
        EXPECT_EQ(error->reason(), one.reason);
        EXPECT_EQ(is_reached, one.reason != "no-route");
    }
}

TEST_F(Nexustalk, EndsWhenNothingComesAnyMore) {
    auto impatient = way();
    impatient.stall = 300ms;
    impatient.open_within = 400ms;
    script_ = [this](Peer& peer, int) -> Task<> {
        if (const auto session = co_await begin(peer)) co_await play(peer, *session, 10);
        while (co_await peer.hear()) {
        }
    };
    auto error = watch(impatient, [] { return false; });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->reason(), "stalled");
    // The picture that waited for the next one is not lost.
    EXPECT_EQ(video_.size(), 10U);
    script_ = [](Peer& peer, int) -> Task<> {
        while (co_await peer.hear()) {
        }
    };
    error = watch(impatient, [] { return false; });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->reason(), "no-keyframe");
}

TEST_F(Nexustalk, SaysThatItLivesAndGoodbye) {
    auto lively = way();
    lively.ping_every = 20ms;
    int pings = 0, stops = 0;
    script_ = [&](Peer& peer, int) -> Task<> {
        const auto session = co_await begin(peer);
        if (!session || !co_await play(peer, *session, 10)) co_return;
        while (const auto packet = co_await peer.hear()) {
            if (packet->type == PacketType::Ping) ++pings;
            if (packet->type == PacketType::StopPlayback) ++stops;
        }
    };
    EXPECT_FALSE(watch(lively, [&] { return pings >= 2; }));
    EXPECT_EQ(stops, 1);
}

TEST_F(Nexustalk, CarriesTalkBackWhileItIsOpen) {
    auto talking = way();
    talking.back_channel = std::make_shared<camera::BackChannel>();
    std::vector<std::vector<std::uint8_t>> heard;
    script_ = [&](Peer& peer, int) -> Task<> {
        const auto session = co_await begin(peer);
        if (!session || !co_await play(peer, *session, 10)) co_return;
        while (const auto packet = co_await peer.await(PacketType::AudioPayload))
            heard.push_back(parse_audio_payload(packet->payload)->payload);
    };
    bool has_spoken = false, was_taken = false;
    EXPECT_FALSE(watch(talking, [&] {
        if (video_.size() > 5 && !std::exchange(has_spoken, true)) {
            loop_.spawn([&]() -> Task<> {
                was_taken = (co_await talking.back_channel->send({1, 2})).has_value();
                was_taken = was_taken && (co_await talking.back_channel->send({})).has_value();
            });
        }
        return heard.size() >= 2;
    }));
    EXPECT_TRUE(was_taken);
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_EQ(heard[0], (std::vector<std::uint8_t>{1, 2}));
    EXPECT_TRUE(heard[1].empty());
    EXPECT_FALSE(talking.back_channel->is_open());
    loop_.run([&]() -> Task<> {
        const auto late = co_await talking.back_channel->send({1});
        EXPECT_TRUE(!late && late.error().is(ErrorKind::Unavailable));
    });
}

}  // namespace
}  // namespace casement::sources::nexustalk

// The RTSP server over loopback: who may come in, how viewers and publishers come, stay and go.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "async/task_group.hpp"
#include "hub/stream_hub.hpp"
#include "media/aac.hpp"
#include "media/h264.hpp"
#include "net/connect.hpp"
#include "net/udp.hpp"
#include "outputs/rtsp/rtp_packer.hpp"
#include "outputs/rtsp/server.hpp"
#include "protocols/rtsp/auth.hpp"
#include "protocols/rtsp/message.hpp"
#include "protocols/rtsp/transport.hpp"
#include "protocols/sdp/tracks.hpp"
#include "sources/push/push_source.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/media_data.hpp"
#include "tests/fakes/one_token.hpp"

namespace casement {
namespace {

using namespace std::chrono_literals;
using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using fakes::hex;
using fakes::OneToken;
using testing::HasSubstr;
using testing::Not;
namespace rtsp = protocols::rtsp;

/// A camera that is the test: run() lends it the pen.
class LentSource final : public hub::Source {
public:
    LentSource(hub::StreamWriter*& pen, int& starts) : pen_(pen), starts_(starts) {}
    Task<Result<>> run(hub::StreamWriter& writer) override {
        pen_ = &writer;
        ++starts_;
        const std::shared_ptr<void> back(nullptr, [this](void*) { pen_ = nullptr; });
        CASEMENT_CO_TRY(co_await async::sleep_for(1h));
        co_return Result<>{};
    }
    Task<> close(async::Deadline) override { co_return; }
    std::string description() const override { return "lent"; }
    bool waits_for_peer() const override { return true; }

private:
    hub::StreamWriter*& pen_;
    int& starts_;
};

media::Tracks tracks() {
    const auto video =
        *media::h264::make_parameters({hex("67 42 00 0a 96 53 05 89 88")}, {hex("68 c9 63 88")});
    const auto audio = *media::aac::make_parameters(hex("1188"));
    media::Track picture, sound;
    picture.codec = video.codec;
    picture.clock_rate = 90'000;
    picture.parameters = std::make_shared<const media::CodecParameters>(video);
    sound.id = 1;
    sound.codec = audio.codec;
    sound.clock_rate = static_cast<std::uint32_t>(audio.sample_rate);
    sound.parameters = std::make_shared<const media::CodecParameters>(audio);
    return {picture, sound};
}

/// One client's connection: requests out; answers and media in.
class Client {
public:
    Task<Result<>> open(std::uint16_t port) {
        port_ = port;
        CASEMENT_CO_TRY(stream_, co_await net::connect("127.0.0.1", port, {}, Deadline::in(5s)));
        co_return Result<>{};
    }
    std::string uri(std::string_view path) const {
        return fmt::format("rtsp://127.0.0.1:{}/{}", port_, path);
    }

    /// Sends a request and waits for its answer; media that comes first is kept.
    Task<Result<rtsp::Response>> ask(std::string method, std::string path,
                                     rtsp::Headers headers = {}, std::string body = {}) {
        CASEMENT_CO_TRY(
            co_await say(std::move(method), std::move(path), std::move(headers), std::move(body)));
        while (true) {
            CASEMENT_CO_TRY(auto answer, co_await next());
            if (answer && answer->cseq() == cseq_) co_return std::move(*answer);
        }
    }
    Task<Result<>> say(std::string method, std::string path, rtsp::Headers headers = {},
                       std::string body = {}) {
        rtsp::Request request;
        request.method = std::move(method);
        request.uri = uri(path);
        request.headers = std::move(headers);
        request.headers.add("CSeq", std::to_string(++cseq_));
        if (!session.empty()) request.headers.add("Session", session);
        if (auth) {
            if (const auto value = auth->authorize(request.method, request.uri))
                request.headers.add("Authorization", *value);
        }
        request.body = std::move(body);
        co_return co_await stream_->write_all(base::as_bytes(request.to_bytes()));
    }
    /// The next answer, or nothing when a frame came.
    Task<Result<std::optional<rtsp::Response>>> next() {
        while (true) {
            CASEMENT_CO_TRY(auto message, parser_.next());
            if (message) {
                if (auto* frame = std::get_if<rtsp::InterleavedFrame>(&*message)) {
                    frames[frame->channel].emplace_back(frame->payload.begin(),
                                                        frame->payload.end());
                    ++frame_count;
                    co_return std::nullopt;
                }
                auto response = std::get<rtsp::Response>(std::move(*message));
                if (const auto given = response.headers.find("Session"))
                    session = std::string(given->substr(0, given->find(';')));
                co_return response;
            }
            CASEMENT_CO_TRY(const auto count, co_await stream_->read_some(parser_.room()));
            parser_.commit(count);
        }
    }
    Task<Result<>> until_frames(std::uint8_t channel, std::size_t count) {
        while (frames[channel].size() < count) {
            CASEMENT_CO_TRY(co_await next());
        }
        co_return Result<>{};
    }
    /// Waits for the server to hang up.
    Task<Result<>> until_closed() {
        while (co_await next()) {
        }
        co_return Result<>{};
    }
    void use_basic(std::string token) {
        rtsp::auth::Challenge basic;
        basic.realm = "casement";
        auth.emplace("ana", base::Secret(std::move(token)));
        (void)auth->accept({basic});
    }
    Task<Result<rtsp::Response>> set_up(std::string path, int track, std::string transport) {
        rtsp::Headers headers;
        headers.add("Transport", transport);
        co_return co_await ask("SETUP", fmt::format("{}/trackID={}", path, track),
                               std::move(headers));
    }
    Task<Result<>> write(media::ByteSpan bytes) { co_return co_await stream_->write_all(bytes); }
    net::Stream& stream() { return *stream_; }

    std::map<int, std::vector<std::vector<std::uint8_t>>> frames;  // by channel
    std::size_t frame_count = 0;
    std::string session;
    std::optional<rtsp::auth::Client> auth;

private:
    std::unique_ptr<net::Stream> stream_;
    std::uint16_t port_ = 0;
    std::uint32_t cseq_ = 0;
    rtsp::Parser parser_;
};

constexpr const char* kTcp = "RTP/AVP/TCP;unicast;interleaved=0-1";
constexpr const char* kTcpSound = "RTP/AVP/TCP;unicast;interleaved=2-3";

class RtspServer : public testing::Test {
public:
    void SetUp() override { open({.listen = "127.0.0.1:0", .start_time = 3s}); }
    void open(outputs::ServerOptions options) {
        server_ = std::make_unique<outputs::SessionServer>(
            outputs::rtsp::protocol(), io_.get_executor(),
            outputs::Services{hub_, fan_out_, gatekeeper_, clock_}, log_);
        const auto opened = server_->open(std::move(options));
        ASSERT_TRUE(opened) << opened.error().message();
        fakes::settle(io_);
    }
    void TearDown() override {
        fakes::run(io_, [](RtspServer& house) -> Task<> {
            co_await house.server_->stop();
            co_await house.hub_.stop();
        }(*this));
    }

    std::shared_ptr<hub::Stream> add_camera(bool always = true) {
        hub::StreamOptions options;
        options.supervisor.always = always;
        options.supervisor.linger = 10ms;
        options.supervisor.slate = false;
        auto stream = *hub_.add(
            "porch",
            [this]() -> Task<Result<std::unique_ptr<hub::Source>>> {
                co_return std::make_unique<LentSource>(pen_, starts_);
            },
            options);
        fakes::settle(io_);
        if (always) pen_->set_tracks(tracks());
        return stream;
    }
    std::shared_ptr<hub::Stream> add_push_camera() {
        auto stream =
            *hub_.add("gate",
                      [this]() -> Task<Result<std::unique_ptr<hub::Source>>> {
                          co_return std::make_unique<sources::push::PushSource>(
                              hub_.push_door(), "gate",
                              camera::ExpectPush{.key = base::Secret("secret-key")}, clock_);
                      },
                      {});
        fakes::settle(io_);
        return stream;
    }
    static media::AccessUnit picture(std::int64_t number, bool key, std::size_t more_bytes = 0) {
        media::AccessUnit unit;
        unit.key = key;
        unit.pts = unit.dts = number * 3600;
        std::vector<std::uint8_t> data = key ? std::vector<std::uint8_t>{0, 0, 0, 0, 0x65, 0x88}
                                             : std::vector<std::uint8_t>{0, 0, 0, 0, 0x41, 0x9a};
        data.resize(data.size() + more_bytes, 0x55);
        for (int i = 0; i < 4; ++i)
            data[static_cast<std::size_t>(i)] =
                static_cast<std::uint8_t>((data.size() - 4) >> (24 - 8 * i));
        unit.data = media::Bytes::from(std::move(data));
        return unit;
    }
    static media::AccessUnit sound(std::int64_t number) {
        media::AccessUnit unit;
        unit.track = 1;
        unit.key = true;
        unit.pts = unit.dts = number * 1024;
        unit.data = hex("2110045660");
        return unit;
    }

    /// Runs a conversation; its failure is the test's.
    void talk(Task<Result<>> conversation) {
        const auto ended = fakes::run(
            io_,
            async::with_deadline(Deadline::in(20s), "the conversation", std::move(conversation)));
        EXPECT_TRUE(ended) << ended.error().message();
    }
    Task<Result<>> sign_in(Client& client) {
        CASEMENT_CO_TRY(co_await client.open(server_->port()));
        client.use_basic("token");
        co_return Result<>{};
    }
    /// Up to PLAY, over TCP.
    Task<Result<>> play(Client& client, bool with_sound = true) {
        CASEMENT_CO_TRY(co_await sign_in(client));
        CASEMENT_CO_TRY(const auto described, co_await client.ask("DESCRIBE", "porch"));
        EXPECT_EQ(described.status, 200);
        CASEMENT_CO_TRY(const auto first, co_await client.set_up("porch", 0, kTcp));
        EXPECT_EQ(first.status, 200);
        if (with_sound) {
            CASEMENT_CO_TRY(const auto second, co_await client.set_up("porch", 1, kTcpSound));
            EXPECT_EQ(second.status, 200);
        }
        CASEMENT_CO_TRY(const auto playing, co_await client.ask("PLAY", "porch"));
        EXPECT_EQ(playing.status, 200);
        co_return Result<>{};
    }
    static Task<Result<>> wait_for(std::function<bool()> condition) {
        for (int i = 0; i < 5000; ++i) {
            if (condition()) co_return Result<>{};
            CASEMENT_CO_TRY(co_await async::sleep_for(1ms));
        }
        co_return base::fail(ErrorKind::DeadlineExceeded, "waited in vain");
    }
    static std::string description() {
        protocols::sdp::WriteOptions options;
        options.session_name = "gate";
        return protocols::sdp::sdp_from_tracks(tracks(), options);
    }
    /// ANNOUNCE, and SETUP of both tracks with these transports.
    Task<Result<>> announce(Client& publisher, std::string path,
                            std::vector<std::string> transports) {
        CASEMENT_CO_TRY(co_await publisher.open(server_->port()));
        rtsp::Headers headers;
        headers.add("Content-Type", "application/sdp");
        CASEMENT_CO_TRY(
            const auto announced,
            co_await publisher.ask("ANNOUNCE", path, std::move(headers), description()));
        if (announced.status != 200)
            co_return base::fail(ErrorKind::PermissionDenied, "{}", announced.status);
        for (std::size_t i = 0; i < transports.size(); ++i) {
            CASEMENT_CO_TRY(const auto done,
                            co_await publisher.set_up(path, static_cast<int>(i), transports[i]));
            EXPECT_EQ(done.status, 200);
            if (const auto answer = done.headers.find("Transport")) answers_.emplace_back(*answer);
        }
        co_return Result<>{};
    }

    asio::io_context io_{1};
    base::SystemClock clock_;
    base::Log log_;
    OneToken gatekeeper_;
    hub::StreamHub hub_{{io_.get_executor()}, clock_, log_};
    outputs::fanout::FanOut fan_out_;
    std::unique_ptr<outputs::SessionServer> server_;
    hub::StreamWriter* pen_ = nullptr;
    int starts_ = 0;
    std::vector<std::string> answers_;  // Transport headers of announce()
};

const std::vector<std::string> kPushTcp{"RTP/AVP/TCP;unicast;interleaved=0-1;mode=record",
                                        "RTP/AVP/TCP;unicast;interleaved=2-3;mode=record"};

// ---- who may come in ----

TEST_F(RtspServer, LetsInWithBasicAndWithDigest) {
    add_camera();
    pen_->publish(picture(0, true));
    for (const bool digest : {false, true}) {
        talk([](RtspServer& t, bool with_digest) -> Task<Result<>> {
            Client client;
            CASEMENT_CO_TRY(co_await client.open(t.server_->port()));
            CASEMENT_CO_TRY(const auto asked, co_await client.ask("DESCRIBE", "porch"));
            EXPECT_EQ(asked.status, 401);
            EXPECT_THAT(asked.body, Not(HasSubstr("m=video")));
            std::vector<rtsp::auth::Challenge> challenges;
            for (auto& challenge :
                 rtsp::auth::parse_challenges(asked.headers.find_all("WWW-Authenticate"))) {
                if ((challenge.scheme == rtsp::auth::Challenge::Scheme::Digest) == with_digest)
                    challenges.push_back(std::move(challenge));
            }
            EXPECT_FALSE(challenges.empty());
            client.auth.emplace("ana", base::Secret("token"));
            EXPECT_TRUE(client.auth->accept(challenges));
            CASEMENT_CO_TRY(const auto described, co_await client.ask("DESCRIBE", "porch"));
            EXPECT_EQ(described.status, 200);
            EXPECT_THAT(described.body, HasSubstr("m=video"));
            EXPECT_THAT(described.body, HasSubstr("m=audio"));
            co_return Result<>{};
        }(*this, digest));
    }
    EXPECT_EQ(gatekeeper_.failures, 0);
}

TEST_F(RtspServer, RefusesWrongPasswordsAndHangsUpAtTheThird) {
    add_camera();
    talk([](RtspServer& t) -> Task<Result<>> {
        Client client;
        CASEMENT_CO_TRY(co_await client.open(t.server_->port()));
        client.use_basic("guess");
        for (int i = 0; i < 3; ++i) {
            // The name of a camera tells nobody whether there is one.
            CASEMENT_CO_TRY(const auto refused,
                            co_await client.ask("DESCRIBE", i == 0 ? "porch" : "nowhere"));
            EXPECT_EQ(refused.status, 401);
        }
        co_return co_await client.until_closed();
    }(*this));
    EXPECT_EQ(gatekeeper_.failures, 3);
}

TEST_F(RtspServer, KnowsNoOtherPaths) {
    add_camera();
    talk([](RtspServer& t) -> Task<Result<>> {
        Client client;
        CASEMENT_CO_TRY(co_await t.sign_in(client));
        CASEMENT_CO_TRY(const auto described, co_await client.ask("DESCRIBE", "nowhere"));
        EXPECT_EQ(described.status, 404);
        CASEMENT_CO_TRY(const auto set_up, co_await client.set_up("nowhere", 0, kTcp));
        EXPECT_EQ(set_up.status, 404);
        CASEMENT_CO_TRY(const auto played, co_await client.ask("PLAY", "nowhere"));
        EXPECT_EQ(played.status, 454);
        co_return Result<>{};
    }(*this));
}

TEST_F(RtspServer, KeepsToItsLimitOfConnections) {
    fakes::run(io_, server_->stop());
    open({.listen = "127.0.0.1:0", .start_time = 3s, .max_connections = 2});
    talk([](RtspServer& t) -> Task<Result<>> {
        Client first, second, third;
        CASEMENT_CO_TRY(co_await first.open(t.server_->port()));
        CASEMENT_CO_TRY(co_await second.open(t.server_->port()));
        CASEMENT_CO_TRY(const auto one, co_await first.ask("OPTIONS", ""));
        CASEMENT_CO_TRY(const auto two, co_await second.ask("OPTIONS", ""));
        EXPECT_EQ(one.status, 200);
        EXPECT_EQ(two.status, 200);
        CASEMENT_CO_TRY(co_await third.open(t.server_->port()));
        EXPECT_FALSE(co_await third.ask("OPTIONS", ""));
        first.stream().close();
        CASEMENT_CO_TRY(co_await async::sleep_for(20ms));
        Client fourth;
        CASEMENT_CO_TRY(co_await fourth.open(t.server_->port()));
        CASEMENT_CO_TRY(const auto four, co_await fourth.ask("OPTIONS", ""));
        EXPECT_EQ(four.status, 200);
        co_return Result<>{};
    }(*this));
}

// ---- viewers ----

TEST_F(RtspServer, PlaysBothTracksInsideTheConnectionFromTheNewestKeyFrame) {
    const auto stream = add_camera();
    pen_->publish(picture(0, true));
    pen_->publish(picture(1, false));
    talk([](RtspServer& t, std::shared_ptr<hub::Stream> s) -> Task<Result<>> {
        Client client;
        CASEMENT_CO_TRY(co_await t.play(client));
        CASEMENT_CO_TRY(co_await client.until_frames(0, 2));
        EXPECT_EQ(s->status().viewers, 1);
        EXPECT_EQ(s->reader_list().at(0).kind, "rtsp");
        t.pen_->publish(sound(2));
        t.pen_->publish(picture(2, false));
        CASEMENT_CO_TRY(co_await client.until_frames(2, 1));
        // RFC 3550 §5.1: the sequence has no holes.
        const auto& packets = client.frames[0];
        for (std::size_t i = 1; i < packets.size(); ++i) {
            EXPECT_EQ(static_cast<std::uint16_t>(packets[i][2] << 8 | packets[i][3]),
                      static_cast<std::uint16_t>((packets[i - 1][2] << 8 | packets[i - 1][3]) + 1));
        }
        EXPECT_FALSE(client.frames[1].empty());  // a sender report, before the first picture
        co_return Result<>{};
    }(*this, stream));
}

TEST_F(RtspServer, PlaysOnlyTheTrackThatWasSetUpAndTakesASecondPlay) {
    const auto stream = add_camera();
    pen_->publish(picture(0, true));
    talk([](RtspServer& t, std::shared_ptr<hub::Stream> s) -> Task<Result<>> {
        Client client;
        CASEMENT_CO_TRY(co_await t.play(client, false));
        CASEMENT_CO_TRY(co_await client.until_frames(0, 1));
        CASEMENT_CO_TRY(const auto again, co_await client.ask("PLAY", "porch"));
        EXPECT_EQ(again.status, 200);
        EXPECT_EQ(s->status().viewers, 1);
        const std::size_t before = client.frames[0].size();
        for (int i = 1; i < 5; ++i) {
            t.pen_->publish(sound(i));
            t.pen_->publish(picture(i, false));
        }
        CASEMENT_CO_TRY(co_await client.until_frames(0, before + 4));
        EXPECT_TRUE(client.frames[2].empty());
        co_return Result<>{};
    }(*this, stream));
}

TEST_F(RtspServer, FreesTheViewerAtTeardownAndPlaysAgainOnTheSameConnection) {
    const auto stream = add_camera();
    pen_->publish(picture(0, true));
    talk([](RtspServer& t, std::shared_ptr<hub::Stream> s) -> Task<Result<>> {
        Client client;
        CASEMENT_CO_TRY(co_await t.play(client, false));
        CASEMENT_CO_TRY(co_await client.until_frames(0, 1));
        CASEMENT_CO_TRY(const auto gone, co_await client.ask("TEARDOWN", "porch"));
        EXPECT_EQ(gone.status, 200);
        client.session.clear();
        CASEMENT_CO_TRY(co_await wait_for([&] { return s->status().viewers == 0; }));
        CASEMENT_CO_TRY(const auto twice, co_await client.ask("TEARDOWN", "porch"));
        EXPECT_EQ(twice.status, 454);
        CASEMENT_CO_TRY(const auto first, co_await client.set_up("porch", 0, kTcp));
        EXPECT_EQ(first.status, 200);
        CASEMENT_CO_TRY(const auto playing, co_await client.ask("PLAY", "porch"));
        EXPECT_EQ(playing.status, 200);
        CASEMENT_CO_TRY(co_await client.until_frames(0, 2));
        EXPECT_EQ(s->status().viewers, 1);
        client.stream().close();
        co_return co_await wait_for(
            [&] { return s->status().viewers == 0 && s->status().readers == 0; });
    }(*this, stream));
}

TEST_F(RtspServer, AnswersATeardownBehindAPictureThatIsOnItsWay) {
    add_camera();
    pen_->publish(picture(0, true, 24u << 20));  // more than two socket buffers hold
    talk([](RtspServer& t) -> Task<Result<>> {
        Client client;
        CASEMENT_CO_TRY(co_await t.play(client, false));
        // Nothing is read: the picture stands half in the connection.
        CASEMENT_CO_TRY(co_await async::sleep_for(50ms));
        CASEMENT_CO_TRY(co_await client.say("TEARDOWN", "porch"));
        CASEMENT_CO_TRY(co_await async::sleep_for(50ms));
        CASEMENT_CO_TRY(const auto alive, co_await client.ask("OPTIONS", "", {}));
        EXPECT_TRUE(alive.status == 200 || alive.status == 454) << alive.status;
        co_return Result<>{};
    }(*this));
}

TEST_F(RtspServer, StaysWithAClientThatAsksNowAndThen) {
    add_camera();
    pen_->publish(picture(0, true));
    talk([](RtspServer& t) -> Task<Result<>> {
        Client client;
        CASEMENT_CO_TRY(co_await t.play(client));
        for (const char* method : {"OPTIONS", "GET_PARAMETER", "SET_PARAMETER"}) {
            CASEMENT_CO_TRY(const auto alive, co_await client.ask(method, "porch"));
            EXPECT_EQ(alive.status, 200) << method;
        }
        rtsp::Headers headers;
        headers.add("Content-Type", "text/parameters");
        CASEMENT_CO_TRY(const auto unknown, co_await client.ask("GET_PARAMETER", "porch",
                                                                std::move(headers), "volume\r\n"));
        EXPECT_EQ(unknown.status, 451);
        const std::string mine = std::exchange(client.session, "12345678");
        CASEMENT_CO_TRY(const auto other, co_await client.ask("GET_PARAMETER", "porch"));
        EXPECT_EQ(other.status, 454);
        client.session = mine;
        const std::size_t before = client.frames[0].size();
        t.pen_->publish(picture(1, false));
        co_return co_await client.until_frames(0, before + 1);
    }(*this));
}

TEST_F(RtspServer, PlaysOverUdp) {
    const auto stream = add_camera();
    pen_->publish(picture(0, true));
    talk([](RtspServer& t, std::shared_ptr<hub::Stream> s) -> Task<Result<>> {
        const auto executor = co_await asio::this_coro::executor;
        CASEMENT_CO_TRY(auto video,
                        net::UdpSocket::bind_pair(executor, net::ip::address_v4::loopback()));
        CASEMENT_CO_TRY(auto audio,
                        net::UdpSocket::bind_pair(executor, net::ip::address_v4::loopback()));
        Client client;
        CASEMENT_CO_TRY(co_await t.sign_in(client));
        CASEMENT_CO_TRY(const auto described, co_await client.ask("DESCRIBE", "porch"));
        EXPECT_EQ(described.status, 200);
        const auto transport = [](const net::UdpSocket::Pair& pair) {
            return fmt::format("RTP/AVP;unicast;client_port={}-{}", pair.rtp->port(),
                               pair.rtcp->port());
        };
        CASEMENT_CO_TRY(const auto first, co_await client.set_up("porch", 0, transport(video)));
        CASEMENT_CO_TRY(const auto second, co_await client.set_up("porch", 1, transport(audio)));
        EXPECT_EQ(first.status, 200);
        EXPECT_EQ(second.status, 200);
        EXPECT_THAT(std::string(first.headers.find("Transport").value_or("")),
                    HasSubstr("server_port="));
        CASEMENT_CO_TRY(const auto playing, co_await client.ask("PLAY", "porch"));
        EXPECT_EQ(playing.status, 200);
        std::array<std::uint8_t, 2048> buffer{};
        CASEMENT_CO_TRY(const auto report, co_await video.rtcp->receive(buffer));
        EXPECT_EQ(buffer[1], 200);  // sender report, RFC 3550 §12.1
        EXPECT_GT(report.size, 0u);
        CASEMENT_CO_TRY(const auto packet, co_await video.rtp->receive(buffer));
        EXPECT_EQ(buffer[0] >> 6, 2);
        EXPECT_GT(packet.size, 12u);
        t.pen_->publish(sound(1));
        CASEMENT_CO_TRY(const auto frame, co_await audio.rtp->receive(buffer));
        EXPECT_GT(frame.size, 12u);
        EXPECT_EQ(s->status().viewers, 1);
        CASEMENT_CO_TRY(const auto gone, co_await client.ask("TEARDOWN", "porch"));
        EXPECT_EQ(gone.status, 200);
        co_return co_await wait_for([&] { return s->status().viewers == 0; });
    }(*this, stream));
}

TEST_F(RtspServer, RefusesToMixTransportsAndToPlayNothing) {
    add_camera();
    pen_->publish(picture(0, true));
    talk([](RtspServer& t) -> Task<Result<>> {
        Client client;
        CASEMENT_CO_TRY(co_await t.sign_in(client));
        CASEMENT_CO_TRY(const auto first, co_await client.set_up("porch", 0, kTcp));
        EXPECT_EQ(first.status, 200);
        CASEMENT_CO_TRY(
            const auto second,
            co_await client.set_up("porch", 1, "RTP/AVP;unicast;client_port=50000-50001"));
        EXPECT_EQ(second.status, 200);
        CASEMENT_CO_TRY(const auto playing, co_await client.ask("PLAY", "porch"));
        EXPECT_EQ(playing.status, 455);
        CASEMENT_CO_TRY(const auto third, co_await client.set_up("porch", 7, kTcp));
        EXPECT_EQ(third.status, 404);
        co_return Result<>{};
    }(*this));
}

TEST_F(RtspServer, DropsWholePicturesOfAStalledViewerAndCountsThem) {
    const auto stream = add_camera();
    pen_->publish(picture(0, true));
    talk([](RtspServer& t, std::shared_ptr<hub::Stream> s) -> Task<Result<>> {
        Client stalled;
        CASEMENT_CO_TRY(co_await t.play(stalled, false));
        // The log holds 32 MiB; whoever reads nothing falls off it.
        for (int i = 1; i <= 60; ++i) {
            t.pen_->publish(picture(i, i % 5 == 0, 1u << 20));
            CASEMENT_CO_TRY(co_await async::sleep_for(1ms));
        }
        // It reads on: whole packets, and then a key frame.
        CASEMENT_CO_TRY(const auto alive, co_await stalled.ask("OPTIONS", "porch"));
        EXPECT_EQ(alive.status, 200);
        CASEMENT_CO_TRY(co_await wait_for([&] { return s->status().counters.reader_lost > 0; }));
        EXPECT_GE(s->status().counters.reader_gaps, 1u);
        t.pen_->publish(picture(61, true));
        const std::size_t before = stalled.frames[0].size();
        co_return co_await stalled.until_frames(0, before + 1);
    }(*this, stream));
}

TEST_F(RtspServer, StartsAnOnDemandCameraAndLetsItRest) {
    const auto stream = add_camera(false);
    EXPECT_EQ(starts_, 0);
    talk([](RtspServer& t, std::shared_ptr<hub::Stream> s) -> Task<Result<>> {
        async::TaskGroup group(co_await asio::this_coro::executor, {});
        group.spawn("camera", [&t]() -> Task<> {
            while (t.pen_ == nullptr) (void)co_await async::sleep_for(1ms);
            t.pen_->set_tracks(tracks());
            t.pen_->publish(picture(0, true));
        });
        Client client;
        CASEMENT_CO_TRY(co_await t.play(client));
        CASEMENT_CO_TRY(co_await client.until_frames(0, 1));
        EXPECT_EQ(t.starts_, 1);
        client.stream().close();
        co_await group.join();
        co_return co_await wait_for([&] { return s->status().phase == hub::Phase::Idle; });
    }(*this, stream));
}

TEST_F(RtspServer, StartsAnOnDemandCameraAlsoForASetupWithoutDescribe) {
    const auto stream = add_camera(false);
    talk([](RtspServer& t) -> Task<Result<>> {
        async::TaskGroup group(co_await asio::this_coro::executor, {});
        group.spawn("camera", [&t]() -> Task<> {
            while (t.pen_ == nullptr) {
                if (!co_await async::sleep_for(1ms)) co_return;
            }
            t.pen_->set_tracks(tracks());
            t.pen_->publish(picture(0, true));
        });
        Client client;
        CASEMENT_CO_TRY(co_await t.sign_in(client));
        CASEMENT_CO_TRY(const auto set_up, co_await client.set_up("porch", 0, kTcp));
        EXPECT_EQ(set_up.status, 200);
        co_await group.stop();
        co_return Result<>{};
    }(*this));
    EXPECT_EQ(starts_, 1);
}

TEST_F(RtspServer, SaysWhenAnOnDemandCameraDoesNotCome) {
    fakes::run(io_, server_->stop());
    open({.listen = "127.0.0.1:0", .start_time = 100ms});
    add_camera(false);
    talk([](RtspServer& t) -> Task<Result<>> {
        Client client;
        CASEMENT_CO_TRY(co_await t.sign_in(client));
        CASEMENT_CO_TRY(const auto described, co_await client.ask("DESCRIBE", "porch"));
        EXPECT_EQ(described.status, 503);
        EXPECT_THAT(std::string(described.headers.find("Warning").value_or("")),
                    HasSubstr("sent no picture in the time allowed"));
        co_return Result<>{};
    }(*this));
}

// ---- publishers ----

TEST_F(RtspServer, TakesAPublisherInsideTheConnection) {
    const auto stream = add_push_camera();
    talk([](RtspServer& t, std::shared_ptr<hub::Stream> s) -> Task<Result<>> {
        Client publisher;
        CASEMENT_CO_TRY(co_await t.announce(publisher, "push/secret-key", kPushTcp));
        CASEMENT_CO_TRY(const auto recording, co_await publisher.ask("RECORD", "push/secret-key"));
        EXPECT_EQ(recording.status, 200);
        outputs::rtsp::RtpPacker packer(3, outputs::rtsp::Lower::Tcp);
        EXPECT_TRUE(packer.set_tracks(tracks()));
        outputs::fanout::WireUnit wire;
        for (int i = 0; i < 5; ++i) {
            packer.pack(picture(i, i == 0, 3000), wire);
            packer.pack(sound(i), wire);
        }
        CASEMENT_CO_TRY(co_await publisher.write(wire.block));
        CASEMENT_CO_TRY(co_await wait_for([&] { return s->status().counters.units_in >= 8; }));
        EXPECT_EQ(s->status().phase, hub::Phase::Live);
        EXPECT_EQ(s->newest_key_frame()->unit->data, picture(0, true, 3000).data);
        EXPECT_EQ(s->status().tracks.size(), 2u);
        co_return Result<>{};
    }(*this, stream));
}

TEST_F(RtspServer, TakesAPublisherOverUdpFromItsOwnAddressOnly) {
    const auto stream = add_push_camera();
    talk([](RtspServer& t, std::shared_ptr<hub::Stream> s) -> Task<Result<>> {
        const auto executor = co_await asio::this_coro::executor;
        CASEMENT_CO_TRY(auto own,
                        net::UdpSocket::bind_pair(executor, net::ip::address_v4::loopback()));
        CASEMENT_CO_TRY(auto foreign,
                        net::UdpSocket::bind(executor, net::ip::make_address("127.0.0.2"), 0));
        Client publisher;
        const std::string transport = fmt::format("RTP/AVP;unicast;client_port={}-{};mode=record",
                                                  own.rtp->port(), own.rtcp->port());
        CASEMENT_CO_TRY(co_await t.announce(publisher, "push/secret-key", {transport}));
        const auto answered = rtsp::parse_transports(t.answers_.at(0));
        const rtsp::PortPair ports = answered.at(0).server_port.value();
        CASEMENT_CO_TRY(const auto recording, co_await publisher.ask("RECORD", "push/secret-key"));
        EXPECT_EQ(recording.status, 200);
        const auto send = [&](net::UdpSocket& from, std::uint32_t first) -> Result<> {
            outputs::rtsp::RtpPacker packer(1, outputs::rtsp::Lower::Udp);
            CASEMENT_TRY(packer.set_tracks(tracks()));
            outputs::fanout::WireUnit wire;
            for (std::uint32_t i = 0; i < 5; ++i)
                packer.pack(picture(first + i, i == 0, 3000), wire);
            for (const auto& datagram : wire.datagrams) {
                if (datagram.rtcp) continue;
                CASEMENT_TRY(from.try_send(
                    {net::ip::address_v4::loopback(), ports.rtp},
                    base::ByteSpan(wire.block).subspan(datagram.offset, datagram.size)));
            }
            return {};
        };
        CASEMENT_CO_TRY(send(*foreign, 100));
        CASEMENT_CO_TRY(co_await async::sleep_for(50ms));
        EXPECT_EQ(s->status().counters.units_in, 0u);
        CASEMENT_CO_TRY(send(*own.rtp, 0));
        co_return co_await wait_for([&] { return s->status().counters.units_in >= 4; });
    }(*this, stream));
}

TEST_F(RtspServer, RefusesAPublisherWithAWrongKeyOrPath) {
    add_push_camera();
    talk([](RtspServer& t) -> Task<Result<>> {
        for (const char* path : {"push/guess", "gate", "push/"}) {
            for (const char* transport :
                 {kPushTcp[0].c_str(), "RTP/AVP;unicast;client_port=50000-50001;mode=record"}) {
                Client publisher;
                const auto refused = co_await t.announce(publisher, path, {transport});
                EXPECT_FALSE(refused) << path;
                if (!refused) EXPECT_EQ(refused.error().message(), "403") << path;
                CASEMENT_CO_TRY(const auto record, co_await publisher.ask("RECORD", path));
                EXPECT_EQ(record.status, 454);
            }
        }
        co_return Result<>{};
    }(*this));
}

TEST_F(RtspServer, LetsANewerPublisherEvictTheOlder) {
    const auto stream = add_push_camera();
    talk([](RtspServer& t, std::shared_ptr<hub::Stream> s) -> Task<Result<>> {
        Client older, newer;
        CASEMENT_CO_TRY(co_await t.announce(older, "push/secret-key", kPushTcp));
        CASEMENT_CO_TRY(const auto first, co_await older.ask("RECORD", "push/secret-key"));
        EXPECT_EQ(first.status, 200);
        CASEMENT_CO_TRY(co_await t.announce(newer, "push/secret-key", kPushTcp));
        CASEMENT_CO_TRY(co_await older.until_closed());
        CASEMENT_CO_TRY(const auto second, co_await newer.ask("RECORD", "push/secret-key"));
        EXPECT_EQ(second.status, 200);
        outputs::rtsp::RtpPacker packer(3, outputs::rtsp::Lower::Tcp);
        EXPECT_TRUE(packer.set_tracks(tracks()));
        outputs::fanout::WireUnit wire;
        packer.pack(picture(0, true), wire);
        packer.pack(picture(1, false), wire);
        CASEMENT_CO_TRY(co_await newer.write(wire.block));
        CASEMENT_CO_TRY(co_await wait_for([&] { return s->status().counters.units_in >= 1; }));
        CASEMENT_CO_TRY(const auto gone, co_await newer.ask("TEARDOWN", "push/secret-key"));
        EXPECT_EQ(gone.status, 200);
        co_return Result<>{};
    }(*this, stream));
}

}  // namespace
}  // namespace casement

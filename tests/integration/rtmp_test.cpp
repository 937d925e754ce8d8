// RTMP through the hub over loopback: a publisher, the listener, and our own source as the viewer.

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "formats/flv.hpp"
#include "hub/stream_hub.hpp"
#include "media/aac.hpp"
#include "media/h264.hpp"
#include "media/h265.hpp"
#include "media/opus.hpp"
#include "net/connect.hpp"
#include "net/listener.hpp"
#include "net/tls.hpp"
#include "outputs/rtmp/server.hpp"
#include "protocols/rtmp/client_session.hpp"
#include "protocols/rtmp/server_session.hpp"
#include "sources/push/push_source.hpp"
#include "sources/rtmp/rtmp_source.hpp"
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
namespace flv = formats::flv;
namespace rtmp = protocols::rtmp;

/// A publisher: our client session over a socket.
class Publisher {
public:
    Task<Result<>> open(std::string url) {
        const auto parsed = *base::Url::parse(url);
        session_ = std::make_unique<rtmp::ClientSession>(rtmp::ClientSession::Role::Publish,
                                                         *rtmp::make_address(parsed));
        CASEMENT_CO_TRY(connection_,
                        co_await net::connect(parsed.host, parsed.port, {}, Deadline::in(5s)));
        session_->start();
        std::vector<std::uint8_t> buffer(4096);
        while (!session_->is_started()) {
            CASEMENT_CO_TRY(co_await flush());
            CASEMENT_CO_TRY(const auto count, co_await connection_->read_some(buffer));
            media::ByteSpan input(buffer.data(), count);
            CASEMENT_CO_TRY(const auto event, session_->next(input));
            (void)event;
        }
        co_return Result<>{};
    }
    void add(rtmp::MessageType type, std::uint32_t ms, media::ByteSpan head,
             media::ByteSpan body = {}) {
        rtmp::append_message(session_->output(),
                             {.chunk_stream = rtmp::ChunkStreamId::Video,
                              .type = type,
                              .timestamp_ms = ms,
                              .stream_id = session_->stream_id()},
                             {head, body});
    }
    void add_set_up(const media::CodecParameters& parameters) {
        const bool video = media::kind_of(parameters.codec) == media::Kind::Video;
        add(video ? rtmp::MessageType::Video : rtmp::MessageType::Audio, 0,
            *flv::configuration_body(parameters));
    }
    void add_frame(const media::CodecParameters& parameters, std::uint32_t ms, bool key,
                   const media::Bytes& data) {
        const bool video = media::kind_of(parameters.codec) == media::Kind::Video;
        add(video ? rtmp::MessageType::Video : rtmp::MessageType::Audio, ms,
            flv::frame_header(parameters, key, 0).view(), data);
    }
    Task<Result<>> flush() {
        const auto bytes = std::exchange(session_->output(), {});
        co_return co_await connection_->write_all(bytes);
    }
    void close() { connection_->close(); }

private:
    std::unique_ptr<rtmp::ClientSession> session_;
    std::unique_ptr<net::Stream> connection_;
};

class RtmpHouse : public testing::Test {
protected:
    void SetUp() override {
        const auto opened = server_.open({.listen = "127.0.0.1:0", .start_time = 3s});
        ASSERT_TRUE(opened) << opened.error().message();
        const auto factory = [this]() -> Task<Result<std::unique_ptr<hub::Source>>> {
            co_return std::make_unique<sources::push::PushSource>(
                hub_.push_door(), "porch", camera::ExpectPush{.key = base::Secret("secret-key")},
                clock_);
        };
        ASSERT_TRUE(hub_.add("porch", factory, {}));
        fakes::settle(io_);
    }
    void TearDown() override {
        fakes::run(io_, [](RtmpHouse& house) -> Task<> {
            co_await house.hub_.stop();
            co_await house.server_.stop();
        }(*this));
    }
    std::string url(std::string_view path) const {
        return fmt::format("rtmp://127.0.0.1:{}/{}", server_.port(), path);
    }

    /// What our source gets of `address`: `count` units, or its error.
    Task<Result<std::vector<media::AccessUnitPtr>>> pull(std::string address, std::size_t count) {
        auto mirror = std::make_shared<hub::Stream>("mirror", hub::GopLogLimits{}, clock_, log_);
        auto reader = mirror->subscribe(io_.get_executor(), {});
        auto outcome = std::make_shared<std::optional<Result<>>>();
        async::TaskGroup group(io_.get_executor(), log_);
        group.spawn("pull", [this, mirror, address, outcome]() -> Task<> {
            sources::rtmp::RtmpSource source({.url = *base::Url::parse(address),
                                              .connect = connect_,
                                              .open_within = 5s,
                                              .stall = 300ms},
                                             clock_);
            hub::StreamWriter writer(mirror);
            *outcome = co_await source.run(writer);
            co_await source.close(Deadline::in(1s));
            mirror->close();
        });
        std::vector<media::AccessUnitPtr> units;
        while (units.size() < count) {
            auto item = co_await reader.next();
            if (!item) break;
            if (auto* unit = std::get_if<media::AccessUnitPtr>(&*item))
                units.push_back(std::move(*unit));
            if (auto* changed = std::get_if<hub::ParametersChanged>(&*item))
                tracks_ = *changed->tracks;
        }
        co_await group.stop();
        if (units.size() == count) co_return units;
        co_return std::unexpected((*outcome)->error());
    }

    asio::io_context io_{1};
    base::SystemClock clock_;
    base::Log log_;
    OneToken gatekeeper_;
    hub::StreamHub hub_{{io_.get_executor()}, clock_, log_};
    outputs::fanout::FanOut fan_out_;
    outputs::SessionServer server_{
        outputs::rtmp::protocol(), io_.get_executor(), {hub_, fan_out_, gatekeeper_, clock_}, log_};
    net::ConnectOptions connect_;
    media::Tracks tracks_;  // of the last pull
};

const media::Bytes kIdr = hex("00000005 6588840033"), kSlice = hex("00000004 419a246c"),
                   kSound = hex("2110045660");
media::CodecParameters h264() {
    return *media::h264::make_parameters({hex("67 42 00 0a 96 53 05 89 88")}, {hex("68 c9 63 88")});
}

TEST_F(RtmpHouse, PlaysWhatIsPublished) {
    const auto aac = *media::aac::make_parameters(hex("1188"));
    const auto units = fakes::run(io_, [&]() -> Task<Result<std::vector<media::AccessUnitPtr>>> {
        Publisher publisher;
        CASEMENT_CO_TRY(co_await publisher.open(url("push/secret-key")));
        publisher.add_set_up(h264());
        publisher.add_set_up(aac);
        publisher.add_frame(h264(), 1000, true, kIdr);
        publisher.add_frame(aac, 1000, true, kSound);
        publisher.add_frame(h264(), 1040, false, kSlice);
        CASEMENT_CO_TRY(co_await publisher.flush());
        co_return co_await pull(url("live/porch?user=ana&pass=token"), 3);
    }());
    ASSERT_TRUE(units) << units.error().message();
    ASSERT_EQ(tracks_.size(), 2u);
    EXPECT_EQ(*tracks_[0].parameters, h264());
    EXPECT_EQ(*tracks_[1].parameters, aac);
    EXPECT_EQ((*units)[0]->data, kIdr);
    EXPECT_TRUE((*units)[0]->key);
    EXPECT_EQ((*units)[1]->data, kSound);
    EXPECT_EQ((*units)[2]->data, kSlice);
    EXPECT_EQ((*units)[2]->dts - (*units)[0]->dts, 3600);
}

TEST_F(RtmpHouse, PlaysHevcWithOpus) {
    const auto hevc = *media::h265::make_parameters(
        {hex("40 01 0c 01 ff ff 01 60 00 00 03 00 90 00 00 03 00 00 03 00 1e 95 90 09")},
        {hex("42 01 01 01 60 00 00 03 00 90 00 00 03 00 00 03 00 1e a0 10 20 25 96 56 69 24 ca f0 "
             "16 80 80 00 00 03 00 80 00 00 05 04")},
        {hex("44 01 c1 72 b4 22 40")});
    const auto opus = media::opus::make_parameters(1);
    const media::Bytes idr = hex("00000005 2601af0842"), packet = hex("f800");
    const auto units = fakes::run(io_, [&]() -> Task<Result<std::vector<media::AccessUnitPtr>>> {
        Publisher publisher;
        CASEMENT_CO_TRY(co_await publisher.open(url("whatever/secret-key")));
        publisher.add_set_up(hevc);
        publisher.add_set_up(opus);
        publisher.add_frame(hevc, 0, true, idr);
        publisher.add_frame(opus, 0, true, packet);
        CASEMENT_CO_TRY(co_await publisher.flush());
        co_return co_await pull(url("porch?user=ana&pass=token"), 2);
    }());
    ASSERT_TRUE(units) << units.error().message();
    EXPECT_EQ(*tracks_[0].parameters, hevc);
    EXPECT_EQ(tracks_[1].codec, media::Codec::Opus);
    EXPECT_EQ((*units)[0]->data, idr);
    EXPECT_EQ((*units)[1]->data, packet);
}

TEST_F(RtmpHouse, SaysWhyAViewerIsRefused) {
    struct Case {
        const char* path;
        ErrorKind kind;
        const char* reason;
        const char* words;
    };
    for (const Case& c :
         {Case{"live/porch?user=ana&pass=wrong", ErrorKind::Unauthenticated, "wrong-password",
               "the name or the token is wrong"},
          Case{"live/porch", ErrorKind::Unauthenticated, "wrong-password", "who you are"},
          Case{"live/cellar?user=ana&pass=token", ErrorKind::NotFound, "", "no such camera"}}) {
        const auto units = fakes::run(io_, pull(url(c.path), 1));
        ASSERT_FALSE(units) << c.path;
        EXPECT_EQ(units.error().kind(), c.kind) << units.error().message();
        EXPECT_EQ(units.error().reason(), c.reason);
        EXPECT_NE(units.error().message().find(c.words), std::string::npos)
            << units.error().message();
    }
}

TEST_F(RtmpHouse, RefusesAPublisherWithAnUnknownKey) {
    const auto opened = fakes::run(io_, [&]() -> Task<Result<>> {
        Publisher publisher;
        co_return co_await publisher.open(url("push/guess"));
    }());
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message().find("no camera has this push key"), std::string::npos)
        << opened.error().message();
}

TEST_F(RtmpHouse, LetsANewerPublisherReplaceTheOlder) {
    const auto units = fakes::run(io_, [&]() -> Task<Result<std::vector<media::AccessUnitPtr>>> {
        Publisher older, newer;
        CASEMENT_CO_TRY(co_await older.open(url("push/secret-key")));
        CASEMENT_CO_TRY(co_await newer.open(url("push/secret-key")));
        newer.add_set_up(h264());
        newer.add_frame(h264(), 0, true, kIdr);
        newer.add_frame(h264(), 1000, false, kSlice);
        CASEMENT_CO_TRY(co_await newer.flush());
        co_return co_await pull(url("porch?user=ana&pass=token"), 2);
    }());
    ASSERT_TRUE(units) << units.error().message();
    EXPECT_EQ((*units)[1]->data, kSlice);
}

TEST_F(RtmpHouse, CallsASilentStreamStalled) {
    const auto units = fakes::run(io_, [&]() -> Task<Result<std::vector<media::AccessUnitPtr>>> {
        Publisher publisher;
        CASEMENT_CO_TRY(co_await publisher.open(url("push/secret-key")));
        publisher.add_set_up(h264());
        publisher.add_frame(h264(), 0, true, kIdr);
        publisher.add_frame(h264(), 1000, false, kSlice);
        CASEMENT_CO_TRY(co_await publisher.flush());
        co_return co_await pull(url("porch?user=ana&pass=token"), 3);
    }());
    ASSERT_FALSE(units);
    EXPECT_EQ(units.error().reason(), "stalled") << units.error().message();
}

TEST_F(RtmpHouse, NamesAServerThatIsNotThere) {
    std::uint16_t free_port = 0;
    {
        const auto listener =
            net::Listener::listen(io_.get_executor(), {.name = "nobody", .address = "127.0.0.1:0"});
        ASSERT_TRUE(listener);
        free_port = (*listener)->port();
    }
    const auto units =
        fakes::run(io_, pull(fmt::format("rtmp://127.0.0.1:{}/live/x", free_port), 1));
    ASSERT_FALSE(units);
    EXPECT_EQ(units.error().reason(), "refused") << units.error().message();
}

/// One connection of somebody else's server: plays the given messages to whoever asks, or hangs up
/// at the request.
Task<Result<>> serve_one(net::Stream& connection, std::optional<media::Bytes> frame) {
    rtmp::ServerSession session;
    std::vector<std::uint8_t> buffer(4096);
    for (;;) {
        CASEMENT_CO_TRY(const auto count, co_await connection.read_some(buffer));
        media::ByteSpan input(buffer.data(), count);
        CASEMENT_CO_TRY(const auto event, session.next(input));
        if (event && !frame) co_return Result<>{};
        if (event) {
            session.accept();
            const auto add = [&](media::ByteSpan head, media::ByteSpan body) {
                rtmp::append_message(session.output(),
                                     {.chunk_stream = rtmp::ChunkStreamId::Video,
                                      .type = rtmp::MessageType::Video,
                                      .stream_id = 1},
                                     {head, body});
            };
            add(*flv::configuration_body(h264()), {});
            add(hex("17 01 000000"), *frame);
            add(hex("27 01 000000"), kSlice);
            rtmp::append_message(
                session.output(),
                {.type = rtmp::MessageType::Video, .timestamp_ms = 1000, .stream_id = 1},
                {hex("27 01 000000"), kSlice});
        }
        const auto bytes = std::exchange(session.output(), {});
        if (bytes.empty()) continue;
        CASEMENT_CO_TRY(co_await connection.write_all(bytes));
    }
}

class RtmpForeignServer : public RtmpHouse {
protected:
    void listen(std::shared_ptr<net::TlsServerContext> tls, std::optional<media::Bytes> frame) {
        auto listener = net::Listener::listen(io_.get_executor(),
                                              {.name = "foreign", .address = "127.0.0.1:0"});
        ASSERT_TRUE(listener);
        listener_ = std::move(*listener);
        tasks_.spawn("listen", [this, tls, frame] {
            return listener_->run(
                {io_.get_executor()}, [this, tls, frame](std::unique_ptr<net::PlainStream> plain) {
                    auto held =
                        std::make_shared<std::unique_ptr<net::PlainStream>>(std::move(plain));
                    tasks_.spawn("serve", [tls, frame, held]() -> Task<> {
                        std::unique_ptr<net::Stream> connection;
                        if (tls) {
                            auto secure =
                                co_await net::tls_accept(std::move(*held), tls, Deadline::in(5s));
                            if (!secure) co_return;
                            connection = std::move(*secure);
                        } else {
                            connection = std::move(*held);
                        }
                        (void)co_await serve_one(*connection, frame);
                    });
                });
        });
    }
    void TearDown() override {
        fakes::run(io_, tasks_.stop());
        RtmpHouse::TearDown();
    }

    std::unique_ptr<net::Listener> listener_;
    async::TaskGroup tasks_{io_.get_executor(), log_};
};

TEST_F(RtmpForeignServer, IsPulledOverTls) {
    const auto certificate = net::make_self_signed("relay", {"127.0.0.1"}, std::chrono::days(2));
    ASSERT_TRUE(certificate);
    auto context = net::TlsServerContext::make(*certificate);
    ASSERT_TRUE(context);
    connect_.tls = net::TlsOptions{.pinned_sha256 = (*context)->fingerprint()};
    listen(*context, kIdr);
    const auto units = fakes::run(
        io_, pull(fmt::format("rtmps://127.0.0.1:{}/nanit/uid.token", listener_->port()), 2));
    ASSERT_TRUE(units) << units.error().message();
    EXPECT_EQ((*units)[0]->data, kIdr);
    EXPECT_EQ((*units)[1]->data, kSlice);
}

TEST_F(RtmpForeignServer, IsNotBelievedWithoutAGoodCertificate) {
    const auto certificate = net::make_self_signed("relay", {"127.0.0.1"}, std::chrono::days(2));
    listen(*net::TlsServerContext::make(*certificate), kIdr);
    const auto units = fakes::run(
        io_, pull(fmt::format("rtmps://127.0.0.1:{}/nanit/uid.token", listener_->port()), 1));
    ASSERT_FALSE(units);
    EXPECT_EQ(units.error().reason(), "certificate") << units.error().message();
}

TEST_F(RtmpForeignServer, MayHangUpWithoutAWord) {
    listen(nullptr, std::nullopt);
    const auto units = fakes::run(
        io_, pull(fmt::format("rtmp://127.0.0.1:{}/nanit/uid.expired", listener_->port()), 1));
    ASSERT_FALSE(units);
    EXPECT_TRUE(units.error().is(ErrorKind::Unavailable));
    EXPECT_NE(units.error().message().find("hung up"), std::string::npos)
        << units.error().message();
    EXPECT_EQ(units.error().message().find("expired\""), std::string::npos);
}

TEST_F(RtmpForeignServer, IsPulledPlainWhateverTheAccountSaysOfCertificates) {
    listen(nullptr, kIdr);
    connect_.tls = net::TlsOptions{.ca_file = "/nowhere.pem"};
    const auto units =
        fakes::run(io_, pull(fmt::format("rtmp://127.0.0.1:{}/live/x", listener_->port()), 1));
    ASSERT_TRUE(units) << units.error().message();
}

TEST_F(RtmpHouse, HidesTheStreamsNameInItsDescription) {
    const sources::rtmp::RtmpSource source(
        {.url = *base::Url::parse("rtmps://media.example/nanit/uid.token?x=secret"), .connect = {}},
        clock_);
    EXPECT_EQ(source.description(), "rtmps://media.example/nanit");
}

}  // namespace
}  // namespace casement

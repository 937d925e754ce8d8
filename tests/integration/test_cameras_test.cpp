// The test cameras themselves: what they send is decoded and read back, and every fault is seen
// from outside.

#include <gtest/gtest.h>

#include <map>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "async/task_group.hpp"
#include "emulators/testcam/rtmp_publisher.hpp"
#include "emulators/testcam/rtsp_camera.hpp"
#include "ffmpeg/snapshot.hpp"
#include "formats/flv_demuxer.hpp"
#include "net/connect.hpp"
#include "net/udp.hpp"
#include "protocols/rtmp/server_session.hpp"
#include "protocols/rtp/media_receiver.hpp"
#include "protocols/rtsp/client_session.hpp"
#include "tests/fakes/coroutine.hpp"

namespace casement {
namespace {

using namespace std::chrono_literals;
using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using emulators::testcam::Feed;
using emulators::testcam::RtmpPublisher;
using emulators::testcam::RtspCamera;
using emulators::testcam::RtspCameraOptions;
using media::Codec;
namespace rtp = protocols::rtp;
namespace rtsp = protocols::rtsp;
namespace rtmp = protocols::rtmp;
using Lower = rtsp::Transport::Lower;

// For a loaded machine; nothing waits for it when all is well.
constexpr auto kPatience = 20s;

struct Seen : rtp::MediaSink {
    media::Tracks tracks;
    std::vector<media::AccessUnit> units;
    std::uint64_t lost = 0;
    void on_tracks(const media::Tracks& t) override { tracks = t; }
    void on_unit(media::AccessUnit unit) override { units.push_back(std::move(unit)); }
    void on_lost(std::uint64_t count) override { lost += count; }

    std::size_t count(int track) const {
        return static_cast<std::size_t>(
            std::ranges::count(units, track, &media::AccessUnit::track));
    }
    /// From the newest key frame.
    std::optional<ffmpeg::TestPictureReading> reading() const {
        for (auto unit = units.rbegin(); unit != units.rend(); ++unit) {
            if (unit->track != 0 || !unit->key) continue;
            const auto picture = ffmpeg::decode_key_frame(*tracks[0].parameters, *unit);
            return picture ? ffmpeg::read_test_picture(*picture) : std::nullopt;
        }
        return std::nullopt;
    }
};

/// A viewer: our client session over sockets.
class Viewer {
public:
    Viewer(std::string url, Lower lower, const base::Clock& clock)
        : url_(base::Url::parse(url).value()), lower_(lower), clock_(clock) {}

    bool sends_reports = true;
    Seen seen;

    /// Plays until `enough` says so.
    Task<Result<>> play_until(std::function<bool()> enough) {
        if (!session_) {
            CASEMENT_CO_TRY(co_await open());
        }
        while (!enough()) {
            CASEMENT_CO_TRY(co_await handle_actions());
            if (enough()) break;
            if (lower_ == Lower::Udp && session_->is_started()) {
                CASEMENT_CO_TRY(co_await poll_udp());
                continue;
            }
            CASEMENT_CO_TRY(const auto got, co_await connection_->read_some(session_->room()));
            session_->commit(got);
        }
        co_return Result<>{};
    }
    Task<Result<>> play(std::size_t video_units) {
        return async::with_deadline(
            Deadline::in(kPatience), "play",
            play_until([this, video_units] { return seen.count(0) >= video_units; }));
    }
    Task<Result<>> tear_down() {
        session_->teardown(clock_.steady_now());
        while (!ended_) {
            CASEMENT_CO_TRY(co_await handle_actions());
            if (ended_) break;
            CASEMENT_CO_TRY(const auto got, co_await connection_->read_some(session_->room()));
            session_->commit(got);
        }
        connection_->close();
        co_return Result<>{};
    }
    void hang_up() { connection_->close(); }

private:
    Task<Result<>> open() {
        rtsp::ClientOptions options;
        options.url = url_;
        options.transports = {lower_};
        session_.emplace(std::move(options));
        co_return co_await connect();
    }
    Task<Result<>> connect() {
        CASEMENT_CO_TRY(connection_,
                        co_await net::connect(url_.host, url_.port, {}, Deadline::in(5s)));
        session_->connected(clock_.steady_now());
        co_return Result<>{};
    }
    Task<Result<>> handle_actions() {
        while (auto action = session_->next_action(clock_.steady_now())) {
            CASEMENT_CO_TRY(co_await handle(std::move(*action)));
        }
        co_return Result<>{};
    }
    Task<Result<>> handle(rtsp::client::Action action) {
        const auto now = clock_.steady_now();
        if (const auto* send = std::get_if<rtsp::client::Send>(&action))
            co_return co_await connection_->write_all(base::as_bytes(send->bytes));
        if (const auto* described = std::get_if<rtsp::client::Described>(&action)) {
            std::vector<std::size_t> all;
            for (const auto& offer : described->offers.tracks) {
                all.push_back(all.size());
                received_.push_back({offer.format, offer.parameters});
            }
            session_->choose(all, now);
        } else if (std::holds_alternative<rtsp::client::NeedPorts>(action)) {
            auto pair = net::UdpSocket::bind_pair(co_await boost::asio::this_coro::executor,
                                                  net::ip::make_address("127.0.0.1"));
            if (!pair) co_return std::unexpected(pair.error());
            session_->ports(rtsp::PortPair{pair->rtp->port(), pair->rtcp->port()}, now);
            sockets_.push_back(std::move(*pair));
        } else if (const auto* started = std::get_if<rtsp::client::Started>(&action)) {
            receiver_ = std::make_unique<rtp::MediaReceiver>(received_, rtp::ReorderLimits{});
            active_ = started->tracks;
        } else if (const auto* incoming = std::get_if<rtsp::client::Incoming>(&action)) {
            take(incoming->track, incoming->rtcp, incoming->payload);
            co_return co_await report();
        } else if (const auto* failed = std::get_if<rtsp::client::Failed>(&action)) {
            co_return std::unexpected(failed->error);
        } else if (std::holds_alternative<rtsp::client::Reconnect>(action)) {
            co_return co_await connect();
        } else if (std::holds_alternative<rtsp::client::Ended>(action)) {
            ended_ = true;
        }
        co_return Result<>{};
    }
    void take(std::size_t track, bool rtcp, base::ByteSpan payload) {
        if (rtcp)
            receiver_->on_rtcp(track, payload, clock_.steady_now(), clock_.wall_now());
        else
            receiver_->on_rtp(track, payload, clock_.steady_now(), clock_.wall_now(), seen);
    }
    Task<Result<>> report() {
        if (!sends_reports || clock_.steady_now() - reported_ < 100ms) co_return Result<>{};
        reported_ = clock_.steady_now();
        const auto bytes = receiver_->receiver_report(0, reported_);
        if (lower_ == Lower::Udp) {
            (void)sockets_[0].rtcp->try_send(
                {net::ip::make_address("127.0.0.1"), active_[0].server_port->rtcp},
                base::ByteSpan(bytes));
            co_return Result<>{};
        }
        std::vector<std::uint8_t> frame{'$', active_[0].channels.rtcp,
                                        static_cast<std::uint8_t>(bytes.size() >> 8),
                                        static_cast<std::uint8_t>(bytes.size())};
        frame.insert(frame.end(), bytes.begin(), bytes.end());
        co_return co_await connection_->write_all(base::ByteSpan(frame));
    }
    Task<Result<>> poll_udp() {
        CASEMENT_CO_TRY(co_await async::sleep_for(5ms));
        std::array<std::uint8_t, 2048> datagram{};
        for (std::size_t track = 0; track < sockets_.size(); ++track) {
            for (const bool rtcp : {true, false}) {
                net::UdpSocket& socket = rtcp ? *sockets_[track].rtcp : *sockets_[track].rtp;
                for (auto got = socket.try_receive(datagram); got && got->size > 0;
                     got = socket.try_receive(datagram)) {
                    take(track, rtcp, base::ByteSpan(datagram).first(got->size));
                }
            }
        }
        co_return co_await report();
    }

    const base::Url url_;
    const Lower lower_;
    const base::Clock& clock_;
    std::optional<rtsp::ClientSession> session_;
    std::unique_ptr<net::Stream> connection_;
    std::vector<rtp::ReceivedTrack> received_;
    std::vector<rtsp::ActiveTrack> active_;
    std::vector<net::UdpSocket::Pair> sockets_;
    std::unique_ptr<rtp::MediaReceiver> receiver_;
    base::SteadyTime reported_{};
    bool ended_ = false;
};

class TestCameras : public testing::Test {
public:  // for the coroutines of the tests
    void TearDown() override {
        fakes::run(io_, [](TestCameras& t) -> Task<> {
            if (t.camera_) co_await t.camera_->stop();
            if (t.feed_) co_await t.feed_->stop();
        }(*this));
        camera_.reset();
        feed_.reset();
        fakes::settle(io_);
    }

    Task<> set_up(RtspCameraOptions options = {}, ffmpeg::TestPictureOptions picture = small()) {
        feed_ = (co_await Feed::open(io_.get_executor(), pool_, clock_, std::move(picture),
                                     base::Log{}))
                    .value();
        camera_ = RtspCamera::listen(feed_, std::move(options), base::Log{}).value();
    }
    static ffmpeg::TestPictureOptions small() {
        ffmpeg::TestPictureOptions options;
        options.width = 320;
        options.height = 180;
        options.fps = 20;
        return options;
    }
    Viewer viewer(Lower lower = Lower::Tcp, std::string user_info = {}) {
        std::string url = camera_->url();
        if (!user_info.empty()) url.insert(7, user_info + "@");
        return {url, lower, clock_};
    }
    Task<bool> soon(std::function<bool()> condition) {
        for (const auto deadline = Deadline::in(kPatience); !deadline.passed();) {
            if (condition()) co_return true;
            (void)co_await async::sleep_for(5ms);
        }
        co_return condition();
    }

    boost::asio::io_context io_{1};
    base::SystemClock clock_;
    async::BlockingPool pool_{"pictures", 1};
    std::shared_ptr<Feed> feed_;
    std::unique_ptr<RtspCamera> camera_;
};

TEST_F(TestCameras, StreamOverTcpAndUdp) {
    for (const Lower lower : {Lower::Tcp, Lower::Udp}) {
        fakes::run(io_, [](TestCameras& t, Lower transport) -> Task<> {
            co_await t.set_up();
            Viewer viewer = t.viewer(transport);
            const auto played = co_await viewer.play(25);
            EXPECT_TRUE(played) << played.error().message();
            EXPECT_EQ(viewer.seen.tracks.size(), 2U);
            EXPECT_TRUE(viewer.seen.reading());
            EXPECT_GT(viewer.seen.count(1), 30U);
            EXPECT_EQ(viewer.seen.lost, 0U);
            EXPECT_GT(t.camera_->counters().reports, 0U);
            EXPECT_TRUE(co_await viewer.tear_down());
            EXPECT_TRUE(co_await t.soon([&t] { return t.camera_->counters().teardowns == 1; }));
            EXPECT_EQ(t.camera_->counters().sessions, 1U);
            EXPECT_EQ(t.camera_->counters().lost_sessions, 0U);
            co_await t.camera_->stop();
        }(*this, lower));
    }
}

TEST_F(TestCameras, StreamEveryCodecOverRtp) {
    struct Case {
        Codec video, audio;
    };
    for (const Case& c : {Case{Codec::H265, Codec::Opus}, Case{Codec::H264, Codec::Pcmu},
                          Case{Codec::Mjpeg, Codec::Pcma}}) {
        fakes::run(io_, [](TestCameras& t, Case codecs) -> Task<> {
            ffmpeg::TestPictureOptions options = small();
            options.video = codecs.video;
            options.height = 192;  // RFC 2435 §3.1.6 counts in eights
            options.audio = ffmpeg::AudioFormat{.codec = codecs.audio};
            co_await t.set_up({}, options);
            Viewer viewer = t.viewer();
            const auto played = co_await viewer.play(10);
            EXPECT_TRUE(played) << to_string(codecs.video) << ": " << played.error().message();
            EXPECT_TRUE(viewer.seen.reading()) << to_string(codecs.video);
            EXPECT_GT(viewer.seen.count(1), 5U) << to_string(codecs.audio);
            co_await t.camera_->stop();
        }(*this, c));
    }
}

TEST_F(TestCameras, ShareOneEncoderThatRestsWithoutViewers) {
    fakes::run(io_, [](TestCameras& t) -> Task<> {
        co_await t.set_up();
        EXPECT_EQ(t.feed_->frames(), 0U);
        Viewer first = t.viewer(), second = t.viewer();
        EXPECT_TRUE(co_await first.play(3));
        EXPECT_TRUE(co_await second.play(3));
        EXPECT_EQ(t.camera_->counters().most_playing, 2U);
        EXPECT_TRUE(co_await first.tear_down());
        EXPECT_TRUE(co_await second.tear_down());
        EXPECT_TRUE(co_await t.soon([&t] { return t.camera_->counters().playing == 0; }));
        (void)co_await async::sleep_for(150ms);
        const auto frames = t.feed_->frames();
        (void)co_await async::sleep_for(200ms);
        EXPECT_EQ(t.feed_->frames(), frames);
    }(*this));
}

TEST_F(TestCameras, WantTheirPassword) {
    fakes::run(io_, [](TestCameras& t) -> Task<> {
        co_await t.set_up({.user = "eye", .password = base::Secret("right")});
        Viewer nobody = t.viewer(), wrong = t.viewer(Lower::Tcp, "eye:wrong"),
               right = t.viewer(Lower::Tcp, "eye:right");
        EXPECT_EQ((co_await nobody.play(1)).error().kind(), ErrorKind::Unauthenticated);
        EXPECT_EQ((co_await wrong.play(1)).error().kind(), ErrorKind::Unauthenticated);
        EXPECT_EQ(t.camera_->counters().unauthorized, 1U);
        EXPECT_TRUE(co_await right.play(2));
        t.camera_->set_password(base::Secret("changed"));
        EXPECT_TRUE(co_await right.play(4));
        Viewer late = t.viewer(Lower::Tcp, "eye:right");
        EXPECT_EQ((co_await late.play(1)).error().kind(), ErrorKind::Unauthenticated);
    }(*this));
}

TEST_F(TestCameras, RefuseASecondSession) {
    fakes::run(io_, [](TestCameras& t) -> Task<> {
        co_await t.set_up({.max_sessions = 1});
        Viewer first = t.viewer(), second = t.viewer(), third = t.viewer();
        EXPECT_TRUE(co_await first.play(2));
        EXPECT_FALSE(co_await second.play(1));
        EXPECT_EQ(t.camera_->counters().refused_sessions, 1U);
        EXPECT_TRUE(co_await first.tear_down());
        EXPECT_TRUE(co_await third.play(2));
    }(*this));
}

TEST_F(TestCameras, StallAndGoOn) {
    fakes::run(io_, [](TestCameras& t) -> Task<> {
        co_await t.set_up();
        Viewer viewer = t.viewer();
        EXPECT_TRUE(co_await viewer.play(3));
        t.feed_->set_stalled(true);
        const auto stalled =
            co_await async::with_deadline(Deadline::in(400ms), "stall", viewer.play(1000));
        EXPECT_EQ(stalled.error().kind(), ErrorKind::DeadlineExceeded);
        t.feed_->set_stalled(false);
        EXPECT_TRUE(co_await viewer.play(viewer.seen.count(0) + 3));
    }(*this));
}

TEST_F(TestCameras, DropTheirConnectionsAndCountSessionsThatWereLost) {
    fakes::run(io_, [](TestCameras& t) -> Task<> {
        co_await t.set_up();
        Viewer viewer = t.viewer();
        EXPECT_TRUE(co_await viewer.play(3));
        t.camera_->drop_connections();
        EXPECT_FALSE(co_await viewer.play(1000));
        EXPECT_TRUE(co_await t.soon([&t] { return t.camera_->counters().lost_sessions == 1; }));
        EXPECT_EQ(t.camera_->counters().teardowns, 0U);
        Viewer again = t.viewer();
        EXPECT_TRUE(co_await again.play(2));
    }(*this));
}

TEST_F(TestCameras, ChangeTheirSizeInTheMiddleOfAStream) {
    fakes::run(io_, [](TestCameras& t) -> Task<> {
        co_await t.set_up();
        Viewer viewer = t.viewer();
        EXPECT_TRUE(co_await viewer.play(3));
        EXPECT_EQ(viewer.seen.tracks[0].parameters->width, 320);
        t.feed_->resize(640, 360);
        const auto grown = [&viewer] {
            return viewer.seen.tracks[0].parameters->width == 640 && viewer.seen.units.back().key;
        };
        EXPECT_TRUE(co_await async::with_deadline(Deadline::in(kPatience), "resize",
                                                  viewer.play_until(grown)));
    }(*this));
}

TEST_F(TestCameras, JumpWithTheirClock) {
    fakes::run(io_, [](TestCameras& t) -> Task<> {
        ffmpeg::TestPictureOptions options = small();
        options.audio.reset();
        options.key_interval_s = 0.1;
        co_await t.set_up({}, options);
        Viewer viewer = t.viewer();
        EXPECT_TRUE(co_await viewer.play(6));
        const auto before = viewer.seen.reading();
        t.feed_->jump_clock(1h);
        EXPECT_TRUE(co_await viewer.play(viewer.seen.count(0) + 6));
        const auto after = viewer.seen.reading();
        EXPECT_TRUE(before && after && after->wall - before->wall > 59min);
    }(*this));
}

TEST_F(TestCameras, DieWithoutReceiverReports) {
    fakes::run(io_, [](TestCameras& t) -> Task<> {
        co_await t.set_up({.dies_without_reports = 600ms});
        Viewer diligent = t.viewer(), lazy = t.viewer();
        lazy.sends_reports = false;
        EXPECT_TRUE(co_await diligent.play(30));
        EXPECT_TRUE(co_await diligent.tear_down());
        EXPECT_FALSE(co_await lazy.play(1000));
        EXPECT_EQ(t.camera_->counters().lost_sessions, 1U);
    }(*this));
}

TEST_F(TestCameras, CloseTheirPortForAWhileWhenASessionWasNotTornDown) {
    fakes::run(io_, [](TestCameras& t) -> Task<> {
        co_await t.set_up({.sulks_without_teardown = 300ms});
        Viewer polite = t.viewer();
        EXPECT_TRUE(co_await polite.play(2));
        EXPECT_TRUE(co_await polite.tear_down());
        Viewer rude = t.viewer();
        EXPECT_TRUE(co_await rude.play(2));
        rude.hang_up();
        EXPECT_TRUE(co_await t.soon([&t] { return t.camera_->counters().lost_sessions == 1; }));
        Viewer early = t.viewer();
        EXPECT_EQ((co_await early.play(1)).error().reason(), "refused");
        (void)co_await async::sleep_for(700ms);
        Viewer late = t.viewer();
        EXPECT_TRUE(co_await late.play(2));
    }(*this));
}

/// A server for one publisher.
class Ingest {
public:
    explicit Ingest(boost::asio::io_context& io, const base::Clock& clock)
        : clock_(clock), tasks_(io.get_executor(), base::Log{}) {
        net::ListenOptions where;
        where.name = "ingest";
        where.address = "127.0.0.1:0";
        listener_ = net::Listener::listen(io.get_executor(), where).value();
        tasks_.spawn("listen", [this, &io] {
            return listener_->run(
                {io.get_executor()}, [this](std::unique_ptr<net::PlainStream> stream) {
                    auto shared = std::shared_ptr<net::PlainStream>(std::move(stream));
                    tasks_.spawn("serve", [this, shared] { return serve(shared); });
                });
        });
    }
    std::string url() const {
        return fmt::format("rtmp://{}/local/baby", net::to_text(listener_->endpoint()));
    }
    Task<> stop() {
        listener_->close();
        co_await tasks_.stop();
    }

    formats::flv::Demuxer demuxer;
    std::vector<media::AccessUnit> units;
    std::string path;
    bool unpublished = false, hung_up = false;

private:
    Task<> serve(std::shared_ptr<net::PlainStream> stream) {
        rtmp::ServerSession session;
        std::vector<std::uint8_t> buffer(64 * 1024);
        for (;;) {
            const auto got = co_await stream->read_some(buffer);
            if (!got) break;
            base::ByteSpan input(buffer.data(), *got);
            for (auto event = session.next(input); event && *event; event = session.next(input))
                take(session, **event);
            const auto bytes = std::exchange(session.output(), {});
            if (!bytes.empty() && !co_await stream->write_all(base::ByteSpan(bytes))) break;
        }
        hung_up = true;
    }
    template <typename Event>
    void take(rtmp::ServerSession& session, const Event& event) {
        if (const auto* publish = std::get_if<rtmp::PublishRequest>(&event)) {
            path = publish->where.path;
            session.accept();
        } else if (const auto* message = std::get_if<rtmp::MediaMessage>(&event)) {
            using formats::flv::TagType;
            const auto type =
                message->type == rtmp::MessageType::Video ? TagType::Video : TagType::Audio;
            EXPECT_TRUE(demuxer.push(type, message->timestamp_ms, message->body,
                                     {clock_.steady_now(), clock_.wall_now()}));
            while (auto unit = demuxer.next()) units.push_back(std::move(*unit));
        } else if (std::holds_alternative<rtmp::StreamEnded>(event)) {
            unpublished = true;
        }
    }

    const base::Clock& clock_;
    std::unique_ptr<net::Listener> listener_;
    async::TaskGroup tasks_;
};

TEST_F(TestCameras, PublishOverRtmpAndSayGoodbye) {
    fakes::run(io_, [](TestCameras& t) -> Task<> {
        using namespace boost::asio::experimental::awaitable_operators;
        co_await t.set_up();
        Ingest ingest(t.io_, t.clock_);
        RtmpPublisher publisher(t.feed_, {}, base::Log{});
        const auto watch = [](TestCameras& test, Ingest& in, RtmpPublisher& p) -> Task<bool> {
            const bool came = co_await test.soon([&in] { return in.units.size() >= 40; });
            p.stop_politely();
            co_return came;
        };
        auto [ended, came] = co_await (publisher.publish(ingest.url(), Deadline::in(kPatience)) &&
                                       watch(t, ingest, publisher));
        EXPECT_TRUE(came);
        EXPECT_EQ(ended.error().kind(), ErrorKind::Cancelled) << ended.error().message();
        EXPECT_EQ(ingest.path, "local/baby");
        EXPECT_TRUE(co_await t.soon([&ingest] { return ingest.unpublished; }));
        EXPECT_EQ(ingest.demuxer.tracks().size(), 2U);
        EXPECT_EQ(ingest.units.front().pts, 0);
        Seen seen;
        seen.tracks = ingest.demuxer.tracks();
        seen.units = ingest.units;
        EXPECT_TRUE(seen.reading());
        co_await ingest.stop();
    }(*this));
}

TEST_F(TestCameras, HangUpInTheMiddleOfAPublication) {
    fakes::run(io_, [](TestCameras& t) -> Task<> {
        using namespace boost::asio::experimental::awaitable_operators;
        co_await t.set_up();
        Ingest ingest(t.io_, t.clock_);
        RtmpPublisher publisher(t.feed_, {}, base::Log{});
        const auto watch = [](TestCameras& test, Ingest& in, RtmpPublisher& p) -> Task<bool> {
            const bool came = co_await test.soon([&in] { return in.units.size() >= 5; });
            p.drop();
            co_return came;
        };
        auto [ended, came] = co_await (publisher.publish(ingest.url(), Deadline::in(kPatience)) &&
                                       watch(t, ingest, publisher));
        EXPECT_TRUE(came);
        EXPECT_FALSE(ended);
        EXPECT_FALSE(publisher.is_publishing());
        EXPECT_TRUE(co_await t.soon([&ingest] { return ingest.hung_up; }));
        EXPECT_FALSE(ingest.unpublished);
        co_await ingest.stop();
    }(*this));
}

TEST_F(TestCameras, SayWhyTheyCannotPublish) {
    fakes::run(io_, [](TestCameras& t) -> Task<> {
        co_await t.set_up();
        RtmpPublisher publisher(t.feed_, {}, base::Log{});
        EXPECT_EQ((co_await publisher.publish("rtmp://127.0.0.1:1/local/baby", Deadline::in(5s)))
                      .error()
                      .reason(),
                  "refused");
        EXPECT_EQ(
            (co_await publisher.publish("http://127.0.0.1/", Deadline::in(5s))).error().kind(),
            ErrorKind::InvalidArgument);
    }(*this));
}

}  // namespace
}  // namespace casement

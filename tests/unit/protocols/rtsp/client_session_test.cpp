#include "protocols/rtsp/client_session.hpp"

#include <gtest/gtest.h>

#include "tests/unit/protocols/rtsp/give.hpp"

#include "protocols/rtsp/server_session.hpp"

namespace casement::protocols::rtsp {
namespace {

using namespace std::chrono_literals;
using base::as_bytes;
using Lower = Transport::Lower;

const std::string kUrl = "rtsp://10.0.0.9/live";
const std::string kVideo =
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=1\r\n";
const std::string kAudio = "m=audio 0 RTP/AVP 8\r\na=control:trackID=2\r\n";

ClientOptions options(std::string_view url = kUrl) {
    ClientOptions out;
    out.url = *base::Url::parse(url);
    return out;
}

/// The camera's side, by hand.
class Camera {
public:
    explicit Camera(ClientOptions client_options = options()) : session(std::move(client_options)) {
        session.connected(now);
    }

    std::optional<client::Action> action() { return session.next_action(now); }
    template <typename T>
    T expect() {
        auto next = action();
        const bool fits = next && std::holds_alternative<T>(*next);
        EXPECT_TRUE(fits) << (next ? next->index() : 99);
        if (next && std::holds_alternative<client::Failed>(*next))
            ADD_FAILURE() << std::get<client::Failed>(*next).error.message();
        return fits ? std::get<T>(std::move(*next)) : T{};
    }
    base::Error failure() {
        auto next = action();
        EXPECT_TRUE(next && std::holds_alternative<client::Failed>(*next))
            << (next ? next->index() : 99);
        return next && std::holds_alternative<client::Failed>(*next)
                   ? std::get<client::Failed>(*next).error
                   : base::Error(base::ErrorKind::Internal, "");
    }
    /// The next request, which must have this method.
    Request hears(std::string_view method) {
        Parser parser;
        parser.feed(as_bytes(expect<client::Send>().bytes));
        auto message = parser.next();
        if (!message || !*message || !std::holds_alternative<Request>(**message)) {
            ADD_FAILURE() << "no " << method;
            return {};
        }
        last = std::get<Request>(**message);
        EXPECT_EQ(last.method, method);
        return last;
    }
    Camera& say(int status, std::string_view headers = {}, std::string_view body = {}) {
        std::string text = "RTSP/1.0 " + std::to_string(status) +
                           " x\r\nCSeq: " + std::string(last.headers.find("CSeq").value_or("")) +
                           "\r\n" + std::string(headers);
        if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        return raw(text + "\r\n" + std::string(body));
    }
    Camera& raw(std::string_view bytes) {
        give(session, bytes);
        return *this;
    }
    Camera& up_to_choice(std::string_view sdp = kVideo, std::string_view options_headers = {}) {
        hears("OPTIONS");
        say(200, options_headers);
        hears("DESCRIBE");
        say(200, "Content-Base: " + kUrl + "/\r\n", "v=0\r\n" + std::string(sdp));
        described = expect<client::Described>();
        return *this;
    }
    Camera& up_to_start(std::string_view options_headers = {},
                        std::string_view session_header = "Session: 77;timeout=30\r\n") {
        up_to_choice(kVideo, options_headers);
        session.choose({0}, now);
        hears("SETUP");
        say(200,
            "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n" + std::string(session_header));
        hears("PLAY");
        say(200);
        started = expect<client::Started>();
        return *this;
    }
    bool quiet() { return !action(); }

    ClientSession session;
    base::SteadyTime now{1h};
    Request last;
    client::Described described;
    client::Started started;
};

TEST(RtspClient, PlaysOverTcp) {
    Camera camera;
    EXPECT_EQ(camera.hears("OPTIONS").uri, kUrl);
    camera.say(200, "Public: DESCRIBE, GET_PARAMETER\r\nServer: Cam/1\r\n");
    EXPECT_EQ(camera.hears("DESCRIBE").headers.find("Accept"), "application/sdp");
    camera.say(200, "Content-Base: " + kUrl + "/\r\n", "v=0\r\n" + kAudio + kVideo);
    ASSERT_EQ(camera.expect<client::Described>().offers.tracks.size(), 2u);

    camera.session.choose({0, 1}, camera.now);
    EXPECT_EQ(camera.hears("SETUP").uri, kUrl + "/trackID=1");
    EXPECT_EQ(camera.last.headers.find("Transport"), "RTP/AVP/TCP;unicast;interleaved=0-1");
    camera.say(
        200,
        "Transport: RTP/AVP/TCP;interleaved=4-5;ssrc=0000002A\r\nSession: 77 ; timeout=30\r\n");
    EXPECT_EQ(camera.hears("SETUP").uri, kUrl + "/trackID=2");
    EXPECT_EQ(camera.last.headers.find("Session"), "77");
    camera.say(200, "Transport: RTP/AVP/TCP;interleaved=2-3\r\nSession: 77\r\n");
    EXPECT_EQ(camera.hears("PLAY").uri, kUrl + "/");
    EXPECT_EQ(camera.last.headers.find("Range"), "npt=0.000-");
    camera.say(200, "RTP-Info: url=" + kUrl + "/trackID=2;seq=9;rtptime=10,url=" + kUrl +
                        "/trackID=1;seq=7;rtptime=8\r\n");

    const auto started = camera.expect<client::Started>();
    EXPECT_EQ(started.session_id, "77");
    ASSERT_EQ(started.tracks.size(), 2u);
    EXPECT_EQ(started.tracks[0].channels, (ChannelPair{4, 5}));
    EXPECT_EQ(started.tracks[0].ssrc, 42u);
    EXPECT_EQ(started.tracks[0].first_sequence, 7);
    EXPECT_EQ(started.tracks[0].first_timestamp, 8u);
    EXPECT_EQ(started.tracks[1].first_sequence, 9);
    EXPECT_EQ(camera.session.server_name(), "Cam/1");

    camera.raw(std::string("$\x04\x00\x02hi$\x03\x00\x04\x81\xc8\x00\x00$\x09\x00\x00", 18));
    const auto media = camera.expect<client::Incoming>();
    EXPECT_EQ(media.track, 0u);
    EXPECT_FALSE(media.rtcp);
    EXPECT_EQ(base::as_text(media.payload), "hi");
    const auto report = camera.expect<client::Incoming>();
    EXPECT_EQ(report.track, 1u);
    EXPECT_TRUE(report.rtcp);
    EXPECT_TRUE(camera.quiet());

    camera.session.teardown(camera.now);
    EXPECT_EQ(camera.hears("TEARDOWN").headers.find("Session"), "77");
    camera.say(200);
    camera.expect<client::Ended>();
    EXPECT_FALSE(camera.session.has_session());
}

TEST(RtspClient, SignsOnceChallengedAndKeepsSigning) {
    Camera camera(options("rtsp://ana:secret@10.0.0.9/live"));
    EXPECT_EQ(camera.hears("OPTIONS").uri, kUrl);  // no credentials in the request line
    camera.say(200);
    EXPECT_FALSE(camera.hears("DESCRIBE").headers.find("Authorization"));
    camera.say(401,
               "WWW-Authenticate: Digest realm=\"cam\", nonce=\"n1\"\r\nWWW-Authenticate: Basic "
               "realm=\"cam\"\r\n");
    const std::string authorization(*camera.hears("DESCRIBE").headers.find("Authorization"));
    const auto credentials = auth::parse_credentials(authorization, "DESCRIBE");
    ASSERT_TRUE(credentials);
    EXPECT_TRUE(credentials->proves_password("secret"));
    EXPECT_EQ(credentials->uri, kUrl);
    camera.say(200, {}, "v=0\r\n" + kVideo);
    camera.expect<client::Described>();
    camera.session.choose({0}, camera.now);
    EXPECT_TRUE(camera.hears("SETUP").headers.find("Authorization"));
    // A stale nonce in the middle.
    camera.say(401, "WWW-Authenticate: Digest realm=\"cam\", nonce=\"n2\", stale=true\r\n");
    EXPECT_NE(camera.hears("SETUP").headers.find("Authorization")->find("n2"),
              std::string_view::npos);
}

TEST(RtspClient, SaysWrongPasswordWhenItIsRefused) {
    Camera camera(options("rtsp://ana:secret@10.0.0.9/live"));
    camera.hears("OPTIONS");
    camera.say(200);
    for (int i = 0; i < 2; ++i) {
        camera.hears("DESCRIBE");
        camera.say(401, "WWW-Authenticate: Basic realm=\"cam\"\r\n");
    }
    const base::Error error = camera.failure();
    EXPECT_EQ(error.reason(), "wrong-password");
    EXPECT_TRUE(error.is(base::ErrorKind::Unauthenticated));
    EXPECT_TRUE(camera.quiet());
}

TEST(RtspClient, DoesNotTryForeverAgainstEverNewNonces) {
    Camera camera(options("rtsp://ana:wrong@10.0.0.9/live"));
    camera.hears("OPTIONS");
    camera.say(200);
    for (int i = 0; i < 3; ++i) {
        camera.hears("DESCRIBE");
        camera.say(401, "WWW-Authenticate: Digest realm=\"cam\", nonce=\"n" + std::to_string(i) +
                            "\", stale=true\r\n");
    }
    EXPECT_EQ(camera.failure().reason(), "wrong-password");
}

TEST(RtspClient, SaysThatItNeedsAPassword) {
    Camera camera;
    camera.hears("OPTIONS");
    camera.say(401, "WWW-Authenticate: Basic realm=\"cam\"\r\n");
    const base::Error error = camera.failure();
    EXPECT_EQ(error.reason(), "wrong-password");
    EXPECT_EQ(error.message(), "It asks for a user name and a password (401).");
}

TEST(RtspClient, ComesBackWhenTheServerHangsUpAfterItsChallenge) {
    Camera camera(options("rtsp://ana:secret@10.0.0.9/live"));
    camera.hears("OPTIONS");
    camera.say(401, "WWW-Authenticate: Basic realm=\"cam\"\r\n");
    camera.hears("OPTIONS");
    camera.session.disconnected(camera.now);
    camera.expect<client::Reconnect>();
    camera.session.connected(camera.now);
    EXPECT_TRUE(camera.hears("OPTIONS").headers.find("Authorization"));
    camera.session.disconnected(camera.now);
    EXPECT_TRUE(camera.failure().is(base::ErrorKind::Unavailable));  // once only
}

TEST(RtspClient, GoesOnWhenOptionsIsNotKnown) {
    for (const int status : {404, 405, 501, 454}) {
        Camera camera;
        camera.hears("OPTIONS");
        camera.say(status);
        camera.hears("DESCRIBE");
    }
}

TEST(RtspClient, FollowsRedirectsButNotInCircles) {
    Camera camera(options("rtsp://ana:secret@10.0.0.9/live"));
    camera.hears("OPTIONS");
    camera.say(200);
    camera.hears("DESCRIBE");
    camera.say(302, "Location: rtsp://10.0.0.9:8554/real\r\n");
    auto url = camera.expect<client::Reconnect>().url;
    EXPECT_EQ(url.port, 8554);
    EXPECT_EQ(url.user, "ana");
    camera.session.connected(camera.now);
    EXPECT_EQ(camera.hears("OPTIONS").uri, "rtsp://10.0.0.9:8554/real");

    camera.say(301, "Location: rtsp://elsewhere.test/x\r\n");
    url = camera.expect<client::Reconnect>().url;
    EXPECT_FALSE(url.has_credentials());  // not for strangers
    for (int i = 2; i < kMaxRedirects; ++i) {
        camera.session.connected(camera.now);
        camera.hears("OPTIONS");
        camera.say(301, "Location: rtsp://elsewhere.test/x\r\n");
        camera.expect<client::Reconnect>();
    }
    camera.session.connected(camera.now);
    camera.hears("OPTIONS");
    camera.say(301, "Location: rtsp://elsewhere.test/x\r\n");
    EXPECT_NE(camera.failure().message().find("circle"), std::string::npos);
}

TEST(RtspClient, FallsBackToUdpWhenTcpIsRefused) {
    Camera camera;
    camera.up_to_choice();
    camera.session.choose({0}, camera.now);
    camera.hears("SETUP");
    camera.say(461);
    EXPECT_EQ(camera.expect<client::NeedPorts>().offer, 0u);
    EXPECT_TRUE(camera.quiet());
    camera.session.ports(PortPair{50000, 50001}, camera.now);
    EXPECT_EQ(camera.hears("SETUP").headers.find("Transport"),
              "RTP/AVP;unicast;client_port=50000-50001");
    camera.say(
        200,
        "Transport: RTP/AVP/UDP;unicast;client_port=50000-50001;server_port=0\r\nSession: 1\r\n");
    camera.hears("PLAY");
    camera.say(200);
    const auto started = camera.expect<client::Started>();
    EXPECT_EQ(started.tracks.at(0).lower, Lower::Udp);
    EXPECT_EQ(started.tracks.at(0).server_port, (PortPair{0, 0}));
}

TEST(RtspClient, FallsBackToTcpWhenUdpIsRefusedOrNoPortIsFree) {
    for (const bool has_ports : {true, false}) {
        ClientOptions udp_first = options();
        udp_first.transports = {Lower::Udp, Lower::Tcp};
        Camera camera(udp_first);
        camera.up_to_choice();
        camera.session.choose({0}, camera.now);
        camera.expect<client::NeedPorts>();
        if (has_ports) {
            camera.session.ports(PortPair{50000, 50001}, camera.now);
            camera.hears("SETUP");
            camera.say(461);
        } else {
            camera.session.ports(std::nullopt, camera.now);
        }
        EXPECT_EQ(camera.hears("SETUP").headers.find("Transport"),
                  "RTP/AVP/TCP;unicast;interleaved=0-1");
    }
}

TEST(RtspClient, GivesUpWhenNoTransportIsLeft) {
    ClientOptions tcp_only = options();
    tcp_only.transports = {Lower::Tcp};
    Camera camera(tcp_only);
    camera.up_to_choice();
    camera.session.choose({0}, camera.now);
    camera.hears("SETUP");
    camera.say(461);
    EXPECT_TRUE(camera.failure().is(base::ErrorKind::Unsupported));
}

TEST(RtspClient, NoticesAnotherTransportBehindA200) {
    Camera camera;
    camera.up_to_choice();
    camera.session.choose({0}, camera.now);
    camera.hears("SETUP");
    camera.say(
        200, "Transport: RTP/AVP;unicast;client_port=0-1;server_port=6970-6971\r\nSession: 1\r\n");
    camera.expect<client::NeedPorts>();
}

TEST(RtspClient, PlaysThePictureWhenTheSoundIsRefused) {
    Camera camera;
    camera.up_to_choice(kVideo + kAudio);
    camera.session.choose({0, 1}, camera.now);
    camera.hears("SETUP");
    camera.say(200, "Transport: RTP/AVP/TCP;interleaved=0-1\r\nSession: 1\r\n");
    camera.hears("SETUP");
    camera.say(500);
    camera.hears("PLAY");
    camera.say(200);
    EXPECT_EQ(camera.expect<client::Started>().tracks.size(), 1u);
}

TEST(RtspClient, NamesWhatItCannotRead) {
    Camera camera;
    camera.hears("OPTIONS");
    camera.say(200);
    camera.hears("DESCRIBE");
    camera.say(200, {}, "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000\r\n");
    const base::Error error = camera.failure();
    EXPECT_EQ(error.reason(), "codec");
    EXPECT_EQ(error.message(), "It sends MP4V-ES, which cannot be read.");
}

TEST(RtspClient, HasASentenceForEveryRefusal) {
    const std::tuple<int, base::ErrorKind, std::string> cases[] = {
        {403, base::ErrorKind::PermissionDenied, "wrong-password"},
        {404, base::ErrorKind::NotFound, ""},
        {453, base::ErrorKind::Unavailable, "busy"},
        {503, base::ErrorKind::Unavailable, "busy"},
        {500, base::ErrorKind::Unavailable, ""},
        {418, base::ErrorKind::FailedPrecondition, ""}};
    for (const auto& [status, kind, reason] : cases) {
        Camera camera;
        camera.hears("OPTIONS");
        camera.say(200);
        camera.hears("DESCRIBE");
        camera.say(status);
        const base::Error error = camera.failure();
        EXPECT_TRUE(error.is(kind)) << status;
        EXPECT_EQ(error.reason(), reason) << status;
        EXPECT_NE(error.message().find(std::to_string(status)), std::string::npos);
    }
}

TEST(RtspClient, KeepsTheSessionAliveAtHalfItsTimeout) {
    Camera camera;
    camera.up_to_start();
    EXPECT_EQ(camera.session.deadline(), camera.now + 15s);
    camera.now += 14s;
    EXPECT_TRUE(camera.quiet());
    camera.now += 1s;
    EXPECT_EQ(camera.hears("OPTIONS").headers.find("Session"), "77");
    camera.say(200);
    EXPECT_TRUE(camera.quiet());
    camera.now += 15s;
    camera.hears("OPTIONS");
}

TEST(RtspClient, AsksWithGetParameterWhenItIsOffered) {
    Camera camera;
    camera.up_to_start("Public: PLAY, GET_PARAMETER, TEARDOWN\r\n");
    camera.now += 15s;
    camera.hears("GET_PARAMETER");
    camera.say(454);  // media flows all the same: ask otherwise, then no more
    EXPECT_TRUE(camera.quiet());
    camera.now += 15s;
    camera.hears("OPTIONS");
    camera.say(454);
    EXPECT_TRUE(camera.quiet());
    EXPECT_FALSE(camera.session.deadline());
    camera.now += 1h;
    EXPECT_TRUE(camera.quiet());
    EXPECT_TRUE(camera.session.is_started());
}

TEST(RtspClient, KeepsAliveAsItIsTold) {
    ClientOptions own = options();
    own.keep_alive_every = 25s;
    own.keep_alive = KeepAlive::GetParameter;
    Camera camera(own);
    camera.up_to_start();
    camera.now += 25s;
    camera.hears("GET_PARAMETER");

    ClientOptions none = options();
    none.keep_alive = KeepAlive::None;
    Camera quiet(none);
    quiet.up_to_start();
    quiet.now += 1h;
    EXPECT_TRUE(quiet.quiet());
}

TEST(RtspClient, AssumesTheTimeoutOfTheRfc) {
    Camera camera;
    camera.up_to_start({}, "Session: 77\r\n");
    EXPECT_EQ(camera.session.deadline(), camera.now + 30s);
}

TEST(RtspClient, GivesUpOnASilentServer) {
    Camera camera;
    camera.hears("OPTIONS");
    EXPECT_EQ(camera.session.deadline(), camera.now + 10s);
    camera.now += 10s;
    const base::Error error = camera.failure();
    EXPECT_TRUE(error.is(base::ErrorKind::DeadlineExceeded));
    EXPECT_EQ(error.message(), "It did not answer OPTIONS within 10 s.");
}

TEST(RtspClient, SaysGoodbyeAfterAFailureToo) {
    Camera camera;
    camera.up_to_choice();
    camera.session.choose({0}, camera.now);
    camera.hears("SETUP");
    camera.say(200, "Transport: RTP/AVP/TCP;interleaved=0-1\r\nSession: 5\r\n");
    camera.hears("PLAY");
    camera.say(500);
    (void)camera.failure();
    ASSERT_TRUE(camera.session.has_session());
    camera.session.teardown(camera.now);
    EXPECT_EQ(camera.hears("TEARDOWN").headers.find("Session"), "5");
    camera.now += 10s;
    camera.expect<client::Ended>();  // answered or not
}

TEST(RtspClient, NeedsNoGoodbyeWithoutASession) {
    Camera camera;
    camera.hears("OPTIONS");
    camera.session.teardown(camera.now);
    camera.expect<client::Ended>();
}

TEST(RtspClient, EndsWhenTheCameraDoes) {
    Camera closed;
    closed.up_to_start();
    closed.session.disconnected(closed.now);
    EXPECT_EQ(closed.failure().message(), "It ended the connection.");

    Camera told;
    told.up_to_start();
    told.raw("TEARDOWN * RTSP/1.0\r\nCSeq: 1\r\n\r\n");
    EXPECT_TRUE(told.expect<client::Send>().bytes.starts_with("RTSP/1.0 200"));
    EXPECT_EQ(told.failure().message(), "It ended the stream.");
    EXPECT_FALSE(told.session.has_session());
}

TEST(RtspClient, AnswersTheServersQuestions) {
    Camera camera;
    camera.up_to_start();
    camera.raw("GET_PARAMETER * RTSP/1.0\r\nCSeq: 4\r\n\r\nBREW * RTSP/1.0\r\nCSeq: 5\r\n\r\n");
    EXPECT_EQ(camera.expect<client::Send>().bytes, "RTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n");
    EXPECT_TRUE(camera.expect<client::Send>().bytes.starts_with("RTSP/1.0 501"));
}

TEST(RtspClient, TakesMediaInFrontOfTheAnswerToPlay) {
    Camera camera;
    camera.up_to_choice();
    camera.session.choose({0}, camera.now);
    camera.hears("SETUP");
    camera.say(200, "Transport: RTP/AVP/TCP;interleaved=0-1\r\nSession: 5\r\n");
    camera.hears("PLAY");
    const std::string cseq(*camera.last.headers.find("CSeq"));
    camera.raw(std::string("$\x00\x00\x01x", 5) + "RTSP/1.0 200 OK\r\nCSeq: " + cseq + "\r\n\r\n" +
               std::string("$\x00\x00\x01y", 5));
    camera.expect<client::Started>();
    EXPECT_EQ(base::as_text(camera.expect<client::Incoming>().payload), "x");
    EXPECT_EQ(base::as_text(camera.expect<client::Incoming>().payload), "y");
    EXPECT_TRUE(camera.quiet());
}

TEST(RtspClient, ForgivesMissingCSeqAndProvisionalAnswers) {
    Camera camera;
    camera.hears("OPTIONS");
    camera.raw("RTSP/1.0 100 Continue\r\n\r\nRTSP/1.0 200 OK\r\nCSeq: 999\r\n\r\n");
    EXPECT_TRUE(camera.quiet());  // neither answers the question
    camera.raw("RTSP/1.0 200 OK\r\n\r\n");
    camera.hears("DESCRIBE");
}

TEST(RtspClient, WritesAGoodbyeForAnEarlierLife) {
    const auto url = *base::Url::parse("rtsp://u:p@10.0.0.9/live");
    EXPECT_EQ(ClientSession::orphan_teardown(url, "77", "Casement"),
              "TEARDOWN rtsp://10.0.0.9/live RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: "
              "Casement\r\nSession: 77\r\n\r\n");
}

/// Our client against our server, byte by byte.
struct Pair {
    explicit Pair(ClientOptions client_options, ServerOptions server_options = {})
        : client(std::move(client_options)), server(std::move(server_options)) {
        client.connected(now);
    }

    /// Moves bytes until both are quiet; the host of the server lets "ana" in with "secret".
    void run() {
        bool moved = true;
        while (std::exchange(moved, false)) {
            while (auto action = client.next_action(now))
                moved = true, on_client(std::move(*action));
            while (auto action = server.next_action(now))
                moved = true, on_server(std::move(*action));
        }
    }
    void on_client(client::Action action) {
        if (auto* send = std::get_if<client::Send>(&action)) give(server, send->bytes);
        if (auto* described = std::get_if<client::Described>(&action)) {
            std::vector<std::size_t> all;
            for (std::size_t i = 0; i < described->offers.tracks.size(); ++i) all.push_back(i);
            client.choose(all, now);
        }
        if (std::get_if<client::NeedPorts>(&action)) client.ports(PortPair{40000, 40001}, now);
        if (auto* s = std::get_if<client::Started>(&action)) started = *s;
        if (auto* f = std::get_if<client::Failed>(&action)) error = f->error;
        if (std::holds_alternative<client::Ended>(action)) ended = true;
    }
    bool may(const Caller& caller) {
        return caller.authorised || (caller.credentials && caller.credentials->user == "ana" &&
                                     caller.credentials->proves_password("secret"));
    }
    void on_server(ServerAction action) {
        if (auto* send = std::get_if<Send>(&action)) give(client, send->bytes);
        if (auto* need = std::get_if<NeedDescribe>(&action))
            may(need->caller)
                ? server.respond_describe(need->id, "ana", sdp::sdp_from_tracks(tracks, {}))
                : server.respond_unauthorized(need->id);
        if (auto* need = std::get_if<NeedAnnounce>(&action))
            may(need->caller) ? server.respond_announce(need->id, "ana")
                              : server.respond_unauthorized(need->id);
        if (auto* need = std::get_if<NeedSetup>(&action))
            server.respond_setup(
                need->id, "ana",
                {.track = need->track.value_or(0), .server_port = PortPair{6970, 6971}, .ssrc = 9});
        if (auto* need = std::get_if<NeedPlay>(&action))
            server.respond_play(need->id, {{.track = 0, .sequence = 1, .rtp_timestamp = 2},
                                           {.track = 1, .sequence = 3, .rtp_timestamp = 4}});
        if (auto* need = std::get_if<NeedRecord>(&action)) server.respond_record(need->id);
        if (std::holds_alternative<TornDown>(action)) torn_down = true;
    }

    static media::Tracks two_tracks() {
        media::Track video{
            .id = 0, .clock_rate = 90'000, .parameters = nullptr, .codec = media::Codec::H264};
        media::Track audio{
            .id = 1, .clock_rate = 8'000, .parameters = nullptr, .codec = media::Codec::Pcma};
        return {video, audio};
    }
    media::Tracks tracks = two_tracks();
    ClientSession client;
    ServerSession server;
    base::SteadyTime now{1h};
    client::Started started;
    std::optional<base::Error> error;
    bool ended = false, torn_down = false;
};

TEST(RtspBothEnds, PlayWithADigest) {
    Pair pair(options("rtsp://ana:secret@hub/porch"));
    pair.run();
    ASSERT_FALSE(pair.error) << pair.error->message();
    ASSERT_EQ(pair.started.tracks.size(), 2u);
    EXPECT_EQ(pair.started.tracks[1].channels, (ChannelPair{2, 3}));
    EXPECT_EQ(pair.started.tracks[1].first_sequence, 3);
    EXPECT_EQ(pair.started.tracks[1].first_timestamp, 4u);
    EXPECT_EQ(pair.server.state(), ServerSession::State::Playing);
    pair.client.teardown(pair.now);
    pair.run();
    EXPECT_TRUE(pair.ended && pair.torn_down);
}

TEST(RtspBothEnds, RefuseAWrongPassword) {
    Pair pair(options("rtsp://ana:guess@hub/porch"));
    pair.run();
    ASSERT_TRUE(pair.error);
    EXPECT_EQ(pair.error->reason(), "wrong-password");
}

TEST(RtspBothEnds, AgreeOnUdpWhenTcpIsOff) {
    ServerOptions udp_only;
    udp_only.allow_tcp = false;
    Pair pair(options("rtsp://ana:secret@hub/porch"), udp_only);
    pair.run();
    ASSERT_EQ(pair.started.tracks.size(), 2u);
    EXPECT_EQ(pair.started.tracks[0].lower, Lower::Udp);
    EXPECT_EQ(pair.started.tracks[0].server_port, (PortPair{6970, 6971}));
}

TEST(RtspBothEnds, Record) {
    ClientOptions publish = options("rtsp://ana:secret@hub/porch");
    publish.publish = Pair::two_tracks();
    Pair pair(publish);
    pair.run();
    ASSERT_FALSE(pair.error) << pair.error->message();
    EXPECT_EQ(pair.started.tracks.size(), 2u);
    EXPECT_EQ(pair.server.state(), ServerSession::State::Recording);
    ASSERT_EQ(pair.server.setups().size(), 2u);
    EXPECT_EQ(pair.server.setups()[1].track, 1);
}

}  // namespace
}  // namespace casement::protocols::rtsp

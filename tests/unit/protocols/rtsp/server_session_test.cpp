#include "protocols/rtsp/server_session.hpp"

#include <gtest/gtest.h>

#include "tests/unit/protocols/rtsp/give.hpp"

namespace casement::protocols::rtsp {
namespace {

using namespace std::chrono_literals;
using base::as_bytes;

const std::string kUri = "rtsp://hub:8554/porch";
const std::string kSdp =
    "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=0\r\n";

/// The host and the peer of a session in one.
class Peer {
public:
    explicit Peer(ServerOptions options = {}) : session(std::move(options)) {}

    /// Sends a request with the next CSeq; "Name: value\r\n" lines in `headers`.
    Peer& say(std::string_view method, std::string_view uri, std::string_view headers = {},
              std::string_view body = {}) {
        std::string text(method);
        text.append(" ")
            .append(uri)
            .append(" RTSP/1.0\r\nCSeq: ")
            .append(std::to_string(++cseq))
            .append("\r\n")
            .append(headers);
        if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        return raw(text.append("\r\n").append(body));
    }
    Peer& raw(std::string_view bytes) {
        give(session, bytes);
        return *this;
    }
    std::optional<ServerAction> action() { return session.next_action(now); }
    template <typename T>
    T expect() {
        auto next = action();
        EXPECT_TRUE(next && std::holds_alternative<T>(*next)) << (next ? next->index() : 99);
        return next && std::holds_alternative<T>(*next) ? std::get<T>(std::move(*next)) : T{};
    }
    Response answer() {
        auto next = action();
        EXPECT_TRUE(next && std::holds_alternative<Send>(*next)) << (next ? next->index() : 99);
        if (!next || !std::holds_alternative<Send>(*next)) return {};
        Parser parser;
        parser.feed(as_bytes(std::get<Send>(*next).bytes));
        Response response = std::get<Response>(**parser.next());
        EXPECT_EQ(response.cseq(), cseq);
        return response;
    }
    bool quiet() { return !action(); }

    Peer& describe() {
        say("DESCRIBE", kUri);
        session.respond_describe(expect<NeedDescribe>().id, "ana", kSdp);
        EXPECT_EQ(answer().status, 200);
        return *this;
    }
    Peer& setup(std::string_view transport = "RTP/AVP/TCP;unicast;interleaved=0-1", int track = 0) {
        say("SETUP", kUri + "/trackID=" + std::to_string(track),
            "Transport: " + std::string(transport) + "\r\n");
        session.respond_setup(expect<NeedSetup>().id, "ana",
                              {.track = track, .server_port = PortPair{6970, 6971}, .ssrc = {}});
        EXPECT_EQ(answer().status, 200);
        return *this;
    }
    Peer& play() {
        say("PLAY", kUri, "Session: " + session.session_id() + "\r\n");
        session.respond_play(expect<NeedPlay>().id, {});
        EXPECT_EQ(answer().status, 200);
        return *this;
    }

    ServerSession session;
    base::SteadyTime now{1h};
    std::uint32_t cseq = 0;
};

TEST(RtspServer, PlaysOverTcpFromOptionsToTeardown) {
    Peer peer;
    peer.say("OPTIONS", kUri);
    EXPECT_NE(peer.answer().headers.find("Public")->find("DESCRIBE"), std::string_view::npos);

    peer.say("DESCRIBE", kUri, "Accept: application/sdp\r\n");
    const auto describe = peer.expect<NeedDescribe>();
    EXPECT_EQ(describe.target, (Target{"porch", ""}));
    EXPECT_FALSE(describe.caller.authorised);
    EXPECT_FALSE(describe.caller.credentials);
    peer.session.respond_describe(describe.id, "ana", kSdp);
    const Response described = peer.answer();
    EXPECT_EQ(described.headers.find("Content-Base"), kUri + "/");
    EXPECT_EQ(described.headers.find("Content-Type"), "application/sdp");
    EXPECT_EQ(described.body, kSdp);

    peer.say("SETUP", kUri + "/trackID=1", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
    const auto setup = peer.expect<NeedSetup>();
    EXPECT_EQ(setup.track, 1);
    EXPECT_FALSE(setup.record);
    EXPECT_EQ(setup.caller.authorised, "ana");
    peer.session.respond_setup(setup.id, "ana", {.track = 1, .server_port = {}, .ssrc = 0x1234});
    const Response set_up = peer.answer();
    EXPECT_EQ(
        set_up.headers.find("Transport"),
        "RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=00001234");  // canonical, whatever was asked
    EXPECT_EQ(set_up.headers.find("Session"), peer.session.session_id() + ";timeout=60");

    peer.say("PLAY", kUri, "Session: " + peer.session.session_id() + "\r\nRange: npt=0.000-\r\n");
    peer.session.respond_play(peer.expect<NeedPlay>().id,
                              {{.track = 1, .sequence = 65'535, .rtp_timestamp = 4'000'000'000}});
    EXPECT_EQ(peer.answer().headers.find("RTP-Info"),
              "url=" + kUri + "/trackID=1;seq=65535;rtptime=4000000000");
    EXPECT_EQ(peer.session.state(), ServerSession::State::Playing);

    peer.say("TEARDOWN", kUri, "Session: " + peer.session.session_id() + "\r\n");
    EXPECT_EQ(peer.answer().status, 200);
    peer.expect<TornDown>();
    EXPECT_EQ(peer.session.state(), ServerSession::State::Idle);
    EXPECT_TRUE(peer.session.setups().empty());
}

TEST(RtspServer, AnswersLate) {
    Peer peer;
    peer.say("DESCRIBE", kUri).say("OPTIONS", kUri);
    const auto need = peer.expect<NeedDescribe>();
    peer.now += 10min;
    EXPECT_TRUE(peer.quiet());  // neither the pipelined request nor a time-out comes first
    peer.session.respond_describe(need.id, "", kSdp);
    peer.session.respond_describe(need.id, "", kSdp);  // a second answer does no harm
    peer.cseq = 1;
    EXPECT_EQ(peer.answer().status, 200);
    peer.cseq = 2;
    EXPECT_EQ(peer.answer().status, 200);
    EXPECT_TRUE(peer.quiet());
}

TEST(RtspServer, StopsReadingBehindAnOpenAnswer) {
    Peer peer;
    peer.say("DESCRIBE", kUri);
    EXPECT_TRUE(peer.session.wants_input());
    peer.expect<NeedDescribe>();
    for (int i = 0; i < 8; ++i) peer.say("OPTIONS", "rtsp://hub/" + std::string(2048, 'x'));
    EXPECT_FALSE(peer.session.wants_input());
}

TEST(RtspServer, AsksForCredentialsAndRemembersWhomItLetIn) {
    Peer peer;
    auth::Client client("ana", base::Secret("secret"));
    peer.say("DESCRIBE", kUri);
    peer.session.respond_unauthorized(peer.expect<NeedDescribe>().id);
    const Response refused = peer.answer();
    EXPECT_EQ(refused.status, 401);
    ASSERT_TRUE(
        client.accept(auth::parse_challenges(refused.headers.find_all("WWW-Authenticate"))));

    peer.say("DESCRIBE", kUri, "Authorization: " + *client.authorize("DESCRIBE", kUri) + "\r\n");
    const auto need = peer.expect<NeedDescribe>();
    ASSERT_TRUE(need.caller.credentials);
    EXPECT_EQ(need.caller.credentials->user, "ana");
    EXPECT_TRUE(need.caller.credentials->proves_password("secret"));
    peer.session.respond_describe(need.id, "ana", kSdp);
    EXPECT_EQ(peer.answer().status, 200);

    peer.say("SETUP", kUri + "/trackID=0", "Transport: RTP/AVP/TCP\r\n");
    EXPECT_EQ(peer.expect<NeedSetup>().caller.authorised, "ana");
}

TEST(RtspServer, GrantsNothingForAnotherPath) {
    Peer peer;
    peer.describe();
    peer.say("DESCRIBE", "rtsp://hub:8554/nursery");
    EXPECT_FALSE(peer.expect<NeedDescribe>().caller.authorised);
}

TEST(RtspServer, HangsUpAfterThreeWrongPasswords) {
    Peer peer;
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(peer.session.state(), ServerSession::State::Idle);
        peer.say("DESCRIBE", kUri, "Authorization: Basic YTpi\r\n");
        peer.session.respond_unauthorized(peer.expect<NeedDescribe>().id);
        EXPECT_EQ(peer.answer().status, 401);
    }
    auto last = peer.action();
    ASSERT_TRUE(last && std::holds_alternative<Close>(*last));
    EXPECT_TRUE(std::get<Close>(*last).reason.is(base::ErrorKind::Unauthenticated));
}

TEST(RtspServer, AnswersAStaleNonceByItself) {
    Peer peer;
    peer.say("DESCRIBE", kUri,
             "Authorization: Digest username=\"a\", realm=\"Casement\", nonce=\"old\", uri=\"" +
                 kUri + "\", response=\"00\"\r\n");
    const Response response = peer.answer();
    EXPECT_EQ(response.status, 401);
    EXPECT_NE(response.headers.find("WWW-Authenticate")->find("stale=true"),
              std::string_view::npos);
    EXPECT_TRUE(peer.quiet());
}

TEST(RtspServer, GivesTheStatusThatFits) {
    Peer peer;
    const auto status = [&](std::string_view method, std::string_view headers = {},
                            std::string_view body = {}) {
        return peer.say(method, kUri, headers, body).answer().status;
    };
    EXPECT_EQ(status("PLAY"), 454);
    EXPECT_EQ(status("RECORD"), 454);
    EXPECT_EQ(status("TEARDOWN"), 454);
    EXPECT_EQ(status("PAUSE"), 455);
    EXPECT_EQ(status("REDIRECT"), 405);
    EXPECT_EQ(status("BREW"), 501);
    EXPECT_EQ(status("GET_PARAMETER"), 200);
    EXPECT_EQ(status("GET_PARAMETER", {}, "position"), 451);
    EXPECT_EQ(status("GET_PARAMETER", "Session: other\r\n"), 454);
    EXPECT_EQ(status("SETUP", "Transport: RTP/SAVP;unicast;client_port=1-2\r\n"), 461);
    EXPECT_EQ(status("SETUP", "Transport: RTP/AVP;multicast;client_port=1-2\r\n"), 461);
    EXPECT_EQ(status("SETUP"), 461);
    EXPECT_EQ(status("SETUP", "Transport: RTP/AVP/TCP;mode=record\r\n"), 455);
    EXPECT_EQ(status("ANNOUNCE", "Content-Type: text/plain\r\n", "v=0\r\n"), 415);
    EXPECT_EQ(status("ANNOUNCE", "Content-Type: application/sdp\r\n", "hello"), 400);
    EXPECT_EQ(status("DESCRIBE", "Require: www.onvif.org/ver20/backchannel\r\n"), 551);
    peer.raw("OPTIONS * RTSP/2.0\r\nCSeq: " + std::to_string(++peer.cseq) + "\r\n\r\n");
    EXPECT_EQ(peer.answer().status, 505);
    EXPECT_EQ(peer.say("DESCRIBE", "http://hub/porch").answer().status, 400);

    peer.describe().setup().play();
    EXPECT_EQ(status("PAUSE"), 501);
    EXPECT_EQ(status("PLAY"), 200);  // as a sign of life
    EXPECT_EQ(status("ANNOUNCE", {}, "v=0\r\n"), 455);
    EXPECT_EQ(status("SETUP", "Transport: RTP/AVP/TCP\r\n"), 455);
}

TEST(RtspServer, RefusesARequestWithoutCSeq) {
    Peer peer;
    peer.raw("OPTIONS * RTSP/1.0\r\n\r\n");
    auto action = peer.action();
    ASSERT_TRUE(action && std::holds_alternative<Send>(*action));
    EXPECT_TRUE(std::get<Send>(*action).bytes.starts_with("RTSP/1.0 400 "));
}

TEST(RtspServer, RefusesAnotherStreamInTheSameSession) {
    Peer peer;
    peer.describe().setup();
    EXPECT_EQ(peer.say("SETUP", "rtsp://hub:8554/nursery/trackID=0", "Transport: RTP/AVP/TCP\r\n")
                  .answer()
                  .status,
              459);
}

TEST(RtspServer, PassesOnWhatTheHostRefuses) {
    Peer peer;
    peer.say("DESCRIBE", kUri);
    peer.session.refuse(peer.expect<NeedDescribe>().id, 404, "no such camera");
    const Response response = peer.answer();
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.headers.find("Warning"), "199 casement \"no such camera\"");
}

TEST(RtspServer, PicksTheFirstTransportItMayUse) {
    ServerOptions only_tcp;
    only_tcp.allow_udp = false;
    Peer peer(only_tcp);
    peer.say("SETUP", kUri + "/trackID=0",
             "Transport: RTP/AVP;unicast;client_port=5000-5001, "
             "RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
    EXPECT_EQ(peer.expect<NeedSetup>().transport.lower, Transport::Lower::Tcp);
}

TEST(RtspServer, SetsUpUdpWithThePortsOfTheHost) {
    Peer peer;
    peer.say("SETUP", kUri + "/trackID=0", "Transport: RTP/AVP;unicast;client_port=5000-5001\r\n");
    const auto need = peer.expect<NeedSetup>();
    EXPECT_EQ(need.transport.client_port, (PortPair{5000, 5001}));
    peer.session.respond_setup(need.id, "",
                               {.track = 0, .server_port = PortPair{6970, 6971}, .ssrc = {}});
    EXPECT_EQ(peer.answer().headers.find("Transport"),
              "RTP/AVP;unicast;client_port=5000-5001;server_port=6970-6971");
}

TEST(RtspServer, EndsAUdpSessionThatFellSilent) {
    Peer peer;
    peer.describe().setup("RTP/AVP;unicast;client_port=5000-5001").play();
    peer.now += 59s;
    EXPECT_TRUE(peer.quiet());
    peer.session.heard(peer.now);  // a receiver report
    peer.now += 59s;
    EXPECT_TRUE(peer.quiet());
    EXPECT_EQ(peer.session.deadline(), peer.now + 1s);
    peer.now += 1s;
    auto action = peer.action();
    ASSERT_TRUE(action && std::holds_alternative<Close>(*action));
    EXPECT_EQ(peer.session.state(), ServerSession::State::Closed);
    EXPECT_TRUE(peer.quiet());
}

TEST(RtspServer, LetsATcpViewerBeSilent) {
    Peer peer;
    peer.describe().setup().play();
    peer.now += 24h;
    EXPECT_TRUE(peer.quiet());
    EXPECT_FALSE(peer.session.deadline());
}

TEST(RtspServer, ClosesAConnectionThatNeverSaysAnything) {
    Peer peer;
    EXPECT_TRUE(peer.quiet());
    peer.now += 60s;
    auto action = peer.action();
    EXPECT_TRUE(action && std::holds_alternative<Close>(*action));
}

TEST(RtspServer, ClosesAfterWhatIsNotRtsp) {
    Peer peer;
    peer.raw("GET / HTTP/1.1\r\n\r\n");
    auto sent = peer.action();
    ASSERT_TRUE(sent && std::holds_alternative<Send>(*sent));
    EXPECT_TRUE(std::get<Send>(*sent).bytes.starts_with("RTSP/1.0 400 "));
    auto closed = peer.action();
    EXPECT_TRUE(closed && std::holds_alternative<Close>(*closed));
}

TEST(RtspServer, HandsOnReceiverReports) {
    Peer peer;
    peer.describe().setup("RTP/AVP/TCP;interleaved=0-1", 1).play();
    peer.raw(
        std::string("$\x03\x00\x08\x80\xc9\x00\x01"
                    "abcd$\x09\x00\x01z",
                    17));
    auto action = peer.action();
    ASSERT_TRUE(action && std::holds_alternative<Incoming>(*action));
    EXPECT_EQ(std::get<Incoming>(*action).track, 1);
    EXPECT_TRUE(std::get<Incoming>(*action).rtcp);
    EXPECT_TRUE(peer.quiet());  // channel 9 belongs to nobody
}

TEST(RtspServer, RecordsWhatIsAnnounced) {
    Peer peer;
    const std::string sdp =
        "v=0\r\ns=x\r\nm=audio 0 RTP/AVP 0\r\na=control:streamid=0\r\nm=video 0 RTP/AVP "
        "96\r\na=rtpmap:96 H264/90000\r\na=control:streamid=1\r\n";
    peer.say("ANNOUNCE", kUri, "Content-Type: application/sdp\r\n", sdp);
    const auto announce = peer.expect<NeedAnnounce>();
    ASSERT_EQ(announce.offers.tracks.size(), 2u);
    EXPECT_EQ(announce.offers.tracks[0].format.codec, media::Codec::H264);  // video first
    peer.session.respond_announce(announce.id, "cam");
    EXPECT_EQ(peer.answer().status, 200);

    peer.say("SETUP", kUri + "/streamid=1",
             "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record\r\n");
    const auto setup = peer.expect<NeedSetup>();
    EXPECT_TRUE(setup.record);
    EXPECT_EQ(setup.track, 0);
    EXPECT_EQ(setup.caller.authorised, "cam");
    peer.session.respond_setup(setup.id, "cam", {.track = 0, .server_port = {}, .ssrc = {}});
    EXPECT_EQ(peer.answer().headers.find("Transport"),
              "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record");
    EXPECT_EQ(peer.say("SETUP", kUri + "/streamid=9", "Transport: RTP/AVP/TCP;mode=record\r\n")
                  .answer()
                  .status,
              404);
    EXPECT_EQ(peer.say("PLAY", kUri).answer().status, 455);

    peer.say("RECORD", kUri, "Session: " + peer.session.session_id() + "\r\n");
    peer.session.respond_record(peer.expect<NeedRecord>().id);
    EXPECT_EQ(peer.answer().status, 200);
    EXPECT_EQ(peer.session.state(), ServerSession::State::Recording);
    peer.raw(std::string("$\x00\x00\x02hi", 6));
    auto action = peer.action();
    ASSERT_TRUE(action && std::holds_alternative<Incoming>(*action));
    EXPECT_EQ(base::as_text(std::get<Incoming>(*action).payload), "hi");
}

TEST(RtspServer, DoesNotRecordWhenItMayNot) {
    ServerOptions options;
    options.allow_record = false;
    Peer peer(options);
    const Response response = peer.say("ANNOUNCE", kUri, {}, "v=0\r\n").answer();
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(response.headers.find("Allow")->find("RECORD"), std::string_view::npos);
}

TEST(RtspServer, ForgetsAnAnnouncementThatWasRefused) {
    Peer peer;
    peer.say("ANNOUNCE", kUri, {}, "v=0\r\nm=audio 0 RTP/AVP 0\r\n");
    peer.session.respond_unauthorized(peer.expect<NeedAnnounce>().id);
    EXPECT_EQ(peer.answer().status, 401);
    peer.say("SETUP", kUri, "Transport: RTP/AVP/TCP\r\n");
    EXPECT_FALSE(peer.expect<NeedSetup>().record);
}

TEST(RtspTarget, TakesUrisApart) {
    EXPECT_EQ(parse_target("rtsp://h:1/a%20b/c/")->target, (Target{"a b/c", ""}));
    EXPECT_EQ(parse_target("rtsp://h")->target, (Target{"", ""}));
    EXPECT_EQ(parse_target("/porch")->target.path, "porch");
    const auto with_query = parse_target("RTSP://h/porch?video=all&audio=aac/TrackID=12");
    ASSERT_TRUE(with_query);
    EXPECT_EQ(with_query->target, (Target{"porch", "video=all&audio=aac"}));
    EXPECT_EQ(with_query->track, 12);
    EXPECT_FALSE(parse_target("rtsp://h/porch/trackID=x")->track);
    EXPECT_FALSE(parse_target("*"));
    EXPECT_FALSE(parse_target("http://h/porch"));
    EXPECT_FALSE(parse_target("rtsp://h/%0aevil"));
}

}  // namespace
}  // namespace casement::protocols::rtsp

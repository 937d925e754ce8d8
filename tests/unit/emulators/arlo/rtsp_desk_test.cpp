#include "emulators/arlo/rtsp_desk.hpp"

#include <gtest/gtest.h>

namespace casement::emulators::arlo {
namespace {

/// A camera with two tracks that remembers what it was told.
class Camera : public DeskHost {
public:
    std::string id;
    bool mine = true, playing = false;
    int refuses = 0;
    int teardowns = 0;

    std::string session_id() const override { return id; }
    bool owns_session() const override { return !id.empty() && mine; }
    bool is_playing() const override { return playing; }
    std::string sdp(std::string_view controls) override {
        return "a=control:" + std::string(controls) + "track1\r\n";
    }
    std::expected<rtsp::Transport, int> set_up(std::size_t track,
                                               const rtsp::Transport& asked) override {
        if (refuses != 0) return std::unexpected(refuses);
        if (track > 1) return std::unexpected(404);
        id = "5C1A77E0";
        rtsp::Transport given;
        given.lower = asked.lower;
        given.client_port = asked.client_port;
        return given;
    }
    void play() override { playing = true; }
    void tear_down() override {
        ++teardowns;
        id.clear();
        playing = false;
    }
};

class Desk : public testing::Test {
protected:
    rtsp::Request make(std::string method, std::string uri, std::string session = {}) const {
        rtsp::Request request;
        request.method = std::move(method);
        request.uri = "rtsp://127.0.1.10" + uri;
        request.headers.add("CSeq", "3");
        if (!session.empty()) request.headers.add("Session", session);
        return request;
    }
    std::string ask(std::string method, std::string uri, std::string session = {}) {
        return answer_rtsp(make(std::move(method), std::move(uri), std::move(session)), rules_,
                           camera_);
    }
    std::string set_up(std::string transport, std::string uri = "/live/track1",
                       std::string session = {}) {
        rtsp::Request request = make("SETUP", std::move(uri), std::move(session));
        request.headers.add("Transport", transport);
        return answer_rtsp(request, rules_, camera_);
    }
    static int status(const std::string& answer) { return std::stoi(answer.substr(9, 3)); }
    static bool has(const std::string& answer, std::string_view part) {
        return answer.find(part) != std::string::npos;
    }

    static constexpr const char* kUdp = "RTP/AVP;unicast;client_port=50000-50001";
    static constexpr const char* kTcp = "RTP/AVP/TCP;unicast;interleaved=0-1";
    DeskRules rules_;
    Camera camera_;
};

TEST_F(Desk, DescribesOnePathOnly) {
    const std::string answer = ask("DESCRIBE", "/live");
    EXPECT_EQ(status(answer), 200);
    EXPECT_TRUE(has(answer, "Content-Base: rtsp://127.0.1.10/live/")) << answer;
    EXPECT_TRUE(has(answer, "a=control:track1"));
    EXPECT_EQ(status(ask("DESCRIBE", "/live/")), 200);
    EXPECT_EQ(status(ask("DESCRIBE", "/")), 404);
    EXPECT_EQ(status(ask("DESCRIBE", "/Live")), 404);
}

TEST_F(Desk, WalksThroughASession) {
    const std::string first = set_up(kUdp);
    EXPECT_EQ(status(first), 200);
    EXPECT_TRUE(has(first, "Session: 5C1A77E0;timeout=60"));
    EXPECT_EQ(status(set_up(kUdp, "/live/track2", "5C1A77E0")), 200);
    EXPECT_EQ(status(ask("PLAY", "/live", "5C1A77E0")), 200);
    EXPECT_TRUE(camera_.playing);
    EXPECT_EQ(status(ask("GET_PARAMETER", "/live", "5C1A77E0")), 200);
    EXPECT_EQ(status(ask("TEARDOWN", "/live", "5C1A77E0;timeout=60")), 200);
    EXPECT_EQ(camera_.teardowns, 1);
}

TEST_F(Desk, KnowsNoSessionButItsOwn) {
    EXPECT_EQ(status(ask("PLAY", "/live", "00000000")), 454);
    EXPECT_EQ(status(ask("TEARDOWN", "/live")), 454);
    set_up(kUdp);
    EXPECT_EQ(status(ask("PLAY", "/live")), 454);
    EXPECT_EQ(status(ask("TEARDOWN", "/live", "00000000")), 454);
    EXPECT_EQ(status(set_up(kUdp, "/live/track2", "00000000")), 454);
    EXPECT_EQ(camera_.teardowns, 0);
}

TEST_F(Desk, TakesATeardownOfTheSessionFromAnotherConnection) {
    set_up(kUdp);
    camera_.mine = false;
    EXPECT_EQ(status(ask("PLAY", "/live", "5C1A77E0")), 454);
    EXPECT_EQ(status(ask("TEARDOWN", "/live", "5C1A77E0")), 200);
    EXPECT_EQ(camera_.teardowns, 1);
}

TEST_F(Desk, RefusesTransportsThatTheModelDoesNotSpeak) {
    rules_.tcp = false;
    EXPECT_EQ(status(set_up(kTcp)), 461);
    EXPECT_EQ(status(set_up(std::string(kTcp) + "," + kUdp)), 200);
    rules_.udp = false;
    EXPECT_EQ(status(set_up(kUdp)), 461);
    EXPECT_EQ(status(set_up("nonsense")), 461);
}

TEST_F(Desk, RefusesTracksAndWhateverTheCameraRefuses) {
    EXPECT_EQ(status(set_up(kUdp, "/live/track3")), 404);
    EXPECT_EQ(status(set_up(kUdp, "/live/track0")), 404);
    EXPECT_EQ(status(set_up(kUdp, "/live")), 404);
    camera_.refuses = 453;
    EXPECT_EQ(status(set_up(kUdp)), 453);
}

TEST_F(Desk, NothingIsSetUpWhilePlaying) {
    set_up(kUdp);
    ask("PLAY", "/live", "5C1A77E0");
    EXPECT_EQ(status(set_up(kUdp, "/live/track2", "5C1A77E0")), 455);
}

TEST_F(Desk, HasFaultsOnRequest) {
    rules_.content_base = false;
    rules_.absolute_controls = true;
    rules_.zero_server_ports = true;
    const std::string described = ask("DESCRIBE", "/live");
    EXPECT_FALSE(has(described, "Content-Base"));
    EXPECT_TRUE(has(described, "a=control:rtsp://127.0.1.10/live/track1"));
    EXPECT_TRUE(has(set_up(kUdp), "server_port=0-0"));
    rules_.keep_alive_unknown = true;
    EXPECT_EQ(status(ask("OPTIONS", "/live", "5C1A77E0")), 454);
    EXPECT_EQ(status(ask("OPTIONS", "/live")), 200);
}

TEST_F(Desk, AsksForOrder) {
    rtsp::Request request = make("OPTIONS", "/live");
    request.headers = {};
    EXPECT_EQ(status(answer_rtsp(request, rules_, camera_)), 400);
    EXPECT_EQ(status(ask("PAUSE", "/live")), 501);
    EXPECT_EQ(status(ask("RECORD", "/live")), 501);
}

}  // namespace
}  // namespace casement::emulators::arlo

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/sse.hpp"
#include "tests/unit/app/cli/fake_hub.hpp"

namespace casement::app::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> read_in_pieces(std::string_view text, std::size_t piece) {
    std::vector<std::string> out;
    SseReader reader([&](const ServerSentEvent& e) -> base::Result<> {
        out.push_back(e.event + "|" + e.id + "|" + e.data);
        return {};
    });
    for (std::size_t at = 0; at < text.size(); at += piece)
        EXPECT_TRUE(reader.feed(text.substr(at, piece)));
    return out;
}

TEST(Sse, ReadsEventsHoweverTheyAreCut) {
    const std::string_view text =
        ": hello\n\nevent: event\nid: 7\ndata: {\"a\":1}\n\ndata: one\r\ndata: "
        "two\r\n\r\nid\rdata:x\r\rdata: incomplete\n";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        EXPECT_THAT(read_in_pieces(text, piece),
                    ElementsAre("event|7|{\"a\":1}", "message|7|one\ntwo", "message||x"))
            << piece;
    }
}

TEST(Sse, LimitsAnEventAtItsEdge) {
    SseReader fine([](const ServerSentEvent&) -> base::Result<> { return {}; });
    EXPECT_TRUE(fine.feed(std::string(SseReader::kMaxEventBytes, 'x')));
    EXPECT_FALSE(fine.feed("x"));
    SseReader lines([](const ServerSentEvent&) -> base::Result<> { return {}; });
    base::Result<> result;
    for (int i = 0; i < 5 && result; ++i)
        result = lines.feed("data: " + std::string(SseReader::kMaxEventBytes / 4, 'x') + "\n");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind(), base::ErrorKind::ResourceExhausted);
}

TEST(Sse, StopsWithTheHandlersError) {
    SseReader reader([](const ServerSentEvent&) -> base::Result<> {
        return base::fail(base::ErrorKind::Cancelled, "enough");
    });
    EXPECT_FALSE(reader.feed("data: x\n\n"));
}

class CliEvents : public testing::Test, protected Session {
protected:
    CliEvents() {
        setenv("TZ", "UTC", 1);
        tzset();
        hub.answer("GET /api/v1/events?limit=50", nlohmann::json::parse(R"({"events": [
            {"id": "b", "sequence": 12, "camera": "porch", "kind": "motion", "start": "2026-11-20T21:15:00.000Z", "end": "2026-11-20T21:15:20.000Z"},
            {"id": "a", "sequence": 11, "camera": "", "kind": "hub-started", "start": "2026-11-20T21:14:05.120Z", "text": "Version 0.1.0"}]})"));
    }
};

TEST_F(CliEvents, AreToldOldestFirst) {
    EXPECT_EQ(show_events(hub, console, {}), kOk);
    EXPECT_EQ(out.str(),
              "2026-11-20 21:14:05  hub              hub-started  Version 0.1.0\n"
              "2026-11-20 21:15:00  porch            motion  until 2026-11-20 21:15:20\n");
}

TEST_F(CliEvents, AreALineEachInJson) {
    console.json = true;
    EXPECT_EQ(show_events(hub, console, {}), kOk);
    std::istringstream lines(out.str());
    std::string line;
    std::getline(lines, line);
    EXPECT_EQ(nlohmann::json::parse(line)["id"], "a");
}

TEST_F(CliEvents, FollowGoesOnAfterTheNewestThatWasTold) {
    hub.answers["GET /api/v1/events/stream?last_event_id=12"] = {
        .status = 200,
        .body =
            "event: camera\ndata: {\"id\":\"porch\"}\n\nevent: event\nid: 13\ndata: "
            "{\"camera\":\"hall\",\"kind\":\"sound\",\"start\":\"2026-11-20T22:00:00.000Z\"}\n\n",
        .start = {},
        .taken_at = {}};
    EXPECT_EQ(show_events(hub, console, {.follow = true, .camera = {}}), kFailed);
    EXPECT_THAT(out.str(), HasSubstr("2026-11-20 22:00:00  hall             sound\n"));
    EXPECT_THAT(err.str(), HasSubstr("the hub ended the connection"));
}

TEST_F(CliEvents, FollowKeepsToItsCameraAndToItsLimit) {
    hub.answer(
        "GET /api/v1/events?limit=1&camera=porch",
        nlohmann::json::parse(
            R"({"events": [{"sequence": 12, "camera": "porch", "kind": "motion", "start": "x"}]})"));
    hub.answers["GET /api/v1/events/stream?last_event_id=12"] = {
        .status = 200,
        .body =
            "event: event\ndata: {\"camera\":\"hall\",\"kind\":\"sound\"}\n\nevent: event\ndata: "
            "{\"camera\":\"porch\",\"kind\":\"button\"}\n\n",
        .start = {},
        .taken_at = {}};
    hub.after = base::Error(base::ErrorKind::Unavailable, "gone");
    EXPECT_EQ(show_events(hub, console, {.follow = true, .camera = "porch", .limit = 0}), kFailed);
    EXPECT_THAT(out.str(), Not(HasSubstr("sound")));
    EXPECT_THAT(out.str(), Not(HasSubstr("motion")));
    EXPECT_THAT(out.str(), HasSubstr("button"));
}

TEST(CliHealth, FailsWhenSomethingNeedsAPerson) {
    setenv("TZ", "UTC", 1);
    tzset();
    Session s;
    nlohmann::json health =
        nlohmann::json::parse(R"({"version": "0.1.0", "started": "2026-11-20T21:14:05.120Z",
        "disks": [{"name": "/data", "total_bytes": 2147483648, "free_bytes": 1073741824, "text": ""}],
        "listeners": [{"name": "HTTPS", "address": "0.0.0.0:8790", "open": true, "text": ""}], "problems": []})");
    s.hub.answer("GET /api/v1/health", health);
    EXPECT_EQ(show_health(s.hub, s.console), kOk);
    EXPECT_EQ(s.out.str(),
              "Casement 0.1.0, running since 2026-11-20 21:14:05\nHTTPS listens on "
              "0.0.0.0:8790\n/data: 1.0 GiB free of 2.0 GiB\nNothing needs a person.\n");
    health["problems"].push_back({{"code", "port-taken"}, {"text", "RTSP cannot listen"}});
    s.hub.answer("GET /api/v1/health", health);
    EXPECT_EQ(show_health(s.hub, s.console), kFailed);
    EXPECT_THAT(s.out.str(), HasSubstr("problem: RTSP cannot listen\n"));
}

}  // namespace
}  // namespace casement::app::cli

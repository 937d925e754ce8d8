// Receivers that take, refuse, hang and are not there. Real sockets on loopback.

#include "notify/target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "notify/webhooks.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::notify {
namespace {

using namespace std::chrono_literals;
using async::Task;
using testing::ElementsAre;
using testing::HasSubstr;

/// A receiver whose behaviour a test changes.
class Receiver {
public:
    explicit Receiver(net::tests::Loop& loop) : loop_(loop), server_(net::HttpServerOptions{}) {
        server_.route("POST", "/{path...}", [this](net::Request request) -> Task<net::Response> {
            requests.push_back(request);
            while (hangs) {
                if (!co_await async::sleep_for(5ms)) break;  // real time: it hangs on its socket
            }
            const int status = statuses.empty() ? 200 : statuses.front();
            if (!statuses.empty()) statuses.erase(statuses.begin());
            co_return net::Response::text(status, "OK");
        });
        listener_ = std::move(*net::Listener::listen(
            loop.executor(), {.name = "receiver", .address = "127.0.0.1:0"}));
        loop.spawn([this]() -> Task<> {
            co_await listener_->run({loop_.executor()}, server_.acceptor());
        });
    }
    ~Receiver() {
        hangs = false;
        listener_->close();
        loop_.run([this]() -> Task<> { co_await server_.stop(0ms); });
    }
    std::string url(std::string_view path = "/hook") const {
        return fmt::format("http://127.0.0.1:{}{}", listener_->port(), path);
    }
    std::vector<std::string> bodies() const {
        std::vector<std::string> out;
        for (const net::Request& request : requests) out.push_back(request.body);
        return out;
    }

    std::vector<net::Request> requests;
    std::vector<int> statuses;  // of the next answers; then 200
    bool hangs = false;

private:
    net::tests::Loop& loop_;
    net::HttpServer server_;
    std::unique_ptr<net::Listener> listener_;
};

class WebhookTarget : public testing::Test {
protected:
    void SetUp() override {
        base::capture_log(
            [this](base::LogLevel, std::string_view line) { lines_.emplace_back(line); });
    }
    void TearDown() override {
        loop_.run([this]() -> Task<> { co_await targets_.stop(0ms); });
        base::capture_log({});
    }
    TargetOptions options(std::string url) {
        TargetOptions out;
        out.name = "hook";
        out.url = base::Secret(std::move(url));
        out.answer_within = 300ms;
        out.pauses = {0ms, 1ms, 2ms};
        return out;
    }
    static Post text(std::string what) {
        return {what, [what](const Try& which) {
                    return Body{"text/plain",
                                fmt::format("{}/{}/{}", what, which.number, which.last_status)};
                }};
    }
    template <typename Condition>
    void until(Condition condition) {
        loop_.run([&]() -> Task<> {
            for (int i = 0; i < 4000 && !condition(); ++i)
                co_await async::sleep_for(2ms);  // real time: it happens on sockets
            EXPECT_TRUE(condition()) << "it never comes";
        });
    }

    net::tests::Loop loop_;
    Targets targets_{loop_.executor(), base::Log{}};
    std::vector<std::string> lines_;
};

TEST_F(WebhookTarget, DeliversInOrderWithItsSignature) {
    Receiver receiver(loop_);
    auto made = options(receiver.url());
    made.secret = base::Secret("Jefe");
    Target& target = targets_.add(made);
    target.post(
        {"x", [](const Try&) { return Body{"text/plain", "what do ya want for nothing?"}; }});
    target.post(text("second"));
    until([&] { return target.stats().delivered == 2; });
    ASSERT_EQ(receiver.requests.size(), 2u);
    EXPECT_EQ(receiver.requests[0].headers.get("X-Casement-Signature"),
              "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(receiver.requests[0].headers.get("Content-Type"), "text/plain");
    EXPECT_FALSE(receiver.requests[0].headers.has("X-Casement-Lost"));
    EXPECT_EQ(receiver.requests[1].body, "second/1/0");
}

TEST_F(WebhookTarget, TriesThreeTimesAndSaysSo) {
    Receiver receiver(loop_);
    receiver.statuses = {500, 302, 404, 200};
    Target& target = targets_.add(options(receiver.url("/secret-path")));
    target.post(text("a"));
    target.post(text("b"));
    until([&] { return target.is_idle(); });
    EXPECT_THAT(receiver.bodies(), ElementsAre("a/1/0", "a/2/500", "a/3/302", "b/1/0"));
    EXPECT_EQ(target.stats().failed, 1u);
    EXPECT_EQ(target.stats().delivered, 1u);
    ASSERT_EQ(lines_.size(), 1u);
    EXPECT_THAT(lines_[0], HasSubstr("did not take \"a\" in 3 tries: it answered 404"));
    EXPECT_THAT(lines_[0], testing::Not(HasSubstr("secret-path")));
}

TEST_F(WebhookTarget, TheOldestIsDroppedAndTheNextDeliverySaysHowMany) {
    Receiver receiver(loop_);
    receiver.hangs = true;
    auto made = options(receiver.url());
    made.capacity = 3;
    made.answer_within = 10s;
    Target& target = targets_.add(made);
    target.post(text("0"));
    until([&] { return !receiver.requests.empty(); });
    for (int i = 1; i <= 5; ++i) target.post(text(std::to_string(i)));
    EXPECT_EQ(target.stats().dropped, 2u);
    EXPECT_EQ(target.stats().waiting, 4u);
    receiver.hangs = false;
    until([&] { return target.is_idle(); });
    EXPECT_THAT(receiver.bodies(), ElementsAre("0/1/0", "3/1/0", "4/1/0", "5/1/0"));
    EXPECT_EQ(receiver.requests[1].headers.get("X-Casement-Lost"), "2");
    EXPECT_FALSE(receiver.requests[2].headers.has("X-Casement-Lost"));
}

TEST_F(WebhookTarget, ADeadAHangingAndASlowReceiverDisturbNobody) {
    Receiver good(loop_), hanging(loop_);
    hanging.hangs = true;
    Target& dead = targets_.add(options("http://127.0.0.1:1/hook"));
    Target& stuck = targets_.add(options(hanging.url()));
    Target& fine = targets_.add(options(good.url()));
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) {
        for (Target* const target : {&dead, &stuck, &fine}) target->post(text("x"));
    }
    until([&] { return fine.stats().delivered == 20; });
    // Well before the first time-out of the one that hangs.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    EXPECT_EQ(stuck.stats().delivered, 0u);
    until([&] { return dead.stats().failed == 20; });
    EXPECT_EQ(dead.stats().delivered, 0u);
    EXPECT_EQ(fine.stats().failed + fine.stats().dropped, 0u);
    // Two lines at most: one of each in a minute.
    EXPECT_LE(lines_.size(), 2u);
}

TEST_F(WebhookTarget, StoppingWaitsForWhatIsOnItsWay) {
    Receiver receiver(loop_);
    Target& target = targets_.add(options(receiver.url()));
    for (int i = 0; i < 3; ++i) target.post(text("x"));
    loop_.run([this]() -> Task<> { co_await targets_.stop(5s); });
    EXPECT_EQ(receiver.requests.size(), 3u);
    EXPECT_EQ(target.stats().dropped, 0u);
}

// Events
// --------------------------------------------------------------------------------------------

class EventWebhooks : public WebhookTarget {
protected:
    void start(std::vector<Webhook> webhooks) {
        webhooks_.emplace(loop_.executor(), std::move(webhooks), *log_, base::Log{});
        webhooks_->start();
    }
    void TearDown() override {
        if (webhooks_) loop_.run([this]() -> Task<> { co_await webhooks_->stop(0ms); });
        WebhookTarget::TearDown();
    }
    events::EventPtr happen(std::string_view kind) {
        events::Event event;
        event.camera = "porch";
        event.kind = kind;
        event.start = clock_.wall_now();
        return loop_
            .run([&]() -> Task<base::Result<events::EventPtr>> {
                co_return co_await log_->append(event);
            })
            .value();
    }

    fakes::Clock clock_;
    std::unique_ptr<store::Store> store_ = std::move(*store::Store::open(":memory:"));
    std::unique_ptr<events::EventLog> log_ = std::move(*events::EventLog::open(*store_, clock_));
    std::optional<Webhooks> webhooks_;
};

TEST_F(EventWebhooks, GoToThoseWhoWantThem) {
    Receiver all(loop_), some(loop_);
    Webhook everything, rings;
    everything.url = base::Secret(all.url());
    rings.url = base::Secret(some.url());
    rings.events = {"button", "motion"};
    rings.encoding = EventEncoding::Form;
    rings.secret = base::Secret("key");
    start({everything, rings});
    (void)happen("state");
    const auto motion = happen("motion");
    const auto ended = loop_.run([&]() -> Task<base::Result<events::EventPtr>> {
        co_return co_await log_->finish(motion->id, clock_.wall_now() + 5s);
    });
    ASSERT_TRUE(ended);
    until([&] { return all.requests.size() == 3 && some.requests.size() == 2; });
    EXPECT_EQ(all.requests[1].body, encode_event_json(*motion).text);
    EXPECT_EQ(all.requests[2].body, encode_event_json(**ended).text);
    EXPECT_THAT(all.requests[2].body, HasSubstr("\"end\":"));
    EXPECT_EQ(some.requests[0].body, encode_event_form(*motion).text);
    EXPECT_EQ(some.requests[0].headers.get("X-Casement-Signature"),
              "sha256=" + hmac_sha256("key", some.requests[0].body));
}

TEST_F(EventWebhooks, WhatTheQueueLosesIsReadFromTheLog) {
    Receiver receiver(loop_);
    Webhook webhook;
    webhook.url = base::Secret(receiver.url());
    start({webhook});
    (void)happen("motion");
    until([&] { return receiver.requests.size() == 1; });
    // More at once than the subscription holds, while nobody reads it. They fit the receiver's
    // queue no more than that: what is dropped there is told.
    std::int64_t last = 0;
    for (int i = 0; i < 600; ++i) {
        events::Event event;
        event.camera = "porch";
        event.kind = "motion";
        event.start = clock_.wall_now();
        const auto stored = log_->append_now(event);
        ASSERT_TRUE(stored);
        last = (*stored)->sequence;
    }
    const auto& target = *webhooks_->targets().all().front();
    until([&] {
        const TargetStats stats = target.stats();
        return stats.delivered + stats.dropped == 601 && stats.waiting == 0;
    });
    EXPECT_EQ(receiver.requests.size(), target.stats().delivered);
    EXPECT_THAT(receiver.requests.back().body, HasSubstr(fmt::format("\"sequence\":{}", last)));
}

}  // namespace
}  // namespace casement::notify

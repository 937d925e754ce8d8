#include "events/event_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "events/json.hpp"
#include "store/files.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/fakes/test_data.hpp"

namespace casement::events {
namespace {

using base::ErrorKind;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct EventLogTest : testing::Test {
    fakes::Clock clock;
    asio::io_context io{1};
    std::unique_ptr<store::Store> store = store::Store::open(":memory:").value();
    std::unique_ptr<EventLog> log = EventLog::open(*store, clock).value();

    template <typename T>
    T run(async::Task<T> task) {
        return fakes::run(io, std::move(task));
    }

    Event event(std::string camera, std::string_view kind, std::chrono::seconds after = 0s) {
        Event e;
        e.camera = std::move(camera);
        e.kind = kind;
        e.start = fakes::Clock::kBegin + after;
        return e;
    }
    std::vector<std::string> list(const std::function<void(Query&)>& narrow = [](Query&) {}) {
        Query query;
        narrow(query);
        std::vector<std::string> out;
        const Page page = run(log->list(std::move(query))).value();
        for (const EventPtr& e : page.events) out.push_back(e->camera + ":" + e->kind);
        return out;
    }
};

TEST_F(EventLogTest, AnEventIsStoredBeforeAnybodyHearsOfIt) {
    auto subscription = log->bus().subscribe(io.get_executor());
    Event e = event("porch", kind::kMotion);
    e.score = 0.75;
    e.text = "Motion at the door";
    e.data = R"({"zone":"door"})";
    e.evidence = R"({"AlertType":"pirMotionAlert"})";
    const EventPtr stored = run(log->append(e)).value();
    EXPECT_TRUE(is_id(stored->id));
    EXPECT_GT(stored->sequence, 0);

    const auto heard = subscription.try_next();
    ASSERT_TRUE(heard);
    EXPECT_EQ(*std::get<EventPtr>(*heard), *stored);
    EXPECT_EQ(*run(log->find(stored->id)).value(), *stored);
    e.id = stored->id;
    e.sequence = stored->sequence;
    EXPECT_EQ(*stored, e);
}

TEST_F(EventLogTest, TheSameVendorEventTwiceIsOneEvent) {
    auto subscription = log->bus().subscribe(io.get_executor());
    Event e = event("porch", kind::kMotion);
    e.vendor_id = "abc-1";
    const EventPtr first = run(log->append(e)).value();
    const EventPtr again = run(log->append(e)).value();
    EXPECT_EQ(*again, *first);
    e.camera = "hall";  // another camera's ids are its own
    EXPECT_NE(run(log->append(e)).value()->id, first->id);
    EXPECT_TRUE(subscription.try_next());
    EXPECT_TRUE(subscription.try_next());
    EXPECT_FALSE(subscription.try_next()) << "the repetition is no news";
}

TEST_F(EventLogTest, ARepetitionThatBringsAnEndIsNews) {
    Event e = event("porch", kind::kMotion);
    e.vendor_id = "abc-1";
    const EventPtr first = run(log->append(e)).value();
    auto subscription = log->bus().subscribe(io.get_executor());
    e.end = e.start + 12s;
    const EventPtr again = run(log->append(e)).value();
    EXPECT_EQ(again->id, first->id);
    EXPECT_GT(again->sequence, first->sequence);
    EXPECT_EQ(again->end, e.end);
    EXPECT_EQ(*std::get<EventPtr>(*subscription.try_next()), *again);
    EXPECT_EQ(*run(log->find(first->id)).value(), *again);
}

TEST_F(EventLogTest, FinishSetsTheEndOnceItIsKnown) {
    const EventPtr open = run(log->append(event("porch", kind::kSound))).value();
    const EventPtr ended =
        run(log->finish(open->id, open->start + 5s,
                        {.score = 0.5, .text = "A dog", .media = "events/1.jpg"}))
            .value();
    EXPECT_EQ(ended->end, open->start + 5s);
    EXPECT_EQ(ended->score, 0.5);
    EXPECT_EQ(ended->text, "A dog");
    EXPECT_EQ(ended->media, "events/1.jpg");
    EXPECT_EQ(run(log->finish("01ARZ3NDEKTSV4RRFFQ69G5FAV", open->start)).error().kind(),
              ErrorKind::NotFound);
}

TEST_F(EventLogTest, FinishBeforeTheBeginningEndsAtTheBeginning) {
    const EventPtr open = run(log->append(event("porch", kind::kSound))).value();
    EXPECT_EQ(run(log->finish(open->id, open->start - 5s)).value()->end, open->start);
}

TEST_F(EventLogTest, RefusesWhatIsOverItsLimitAndKeepsWhatIsAtIt) {
    const auto append = [&](auto change) {
        Event e = event("porch", kind::kMotion);
        change(e);
        const auto stored = run(log->append(e));
        return stored ? "stored" : std::string(base::to_string(stored.error().kind()));
    };
    EXPECT_EQ(append([](Event& e) { e.kind = ""; }), "invalid-argument");
    EXPECT_EQ(append([](Event& e) { e.kind = std::string(200, 'k'); }), "stored");
    EXPECT_EQ(append([](Event& e) { e.kind = std::string(201, 'k'); }), "invalid-argument");
    EXPECT_EQ(append([](Event& e) {
                  e.camera =
                      "a\x1F"
                      "b";
              }),
              "invalid-argument");
    EXPECT_EQ(append([](Event& e) { e.text = std::string(4097, 't'); }), "invalid-argument");
    EXPECT_EQ(append([](Event& e) { e.evidence = std::string(64 * 1024 + 1, 'x'); }),
              "invalid-argument");
    EXPECT_EQ(append([](Event& e) { e.evidence = "not json at all"; }), "stored")
        << "evidence is kept as it came";
    EXPECT_EQ(append([](Event& e) { e.data = "[1]"; }), "invalid-argument");
    EXPECT_EQ(append([](Event& e) { e.data = "{"; }), "invalid-argument");
    EXPECT_EQ(append([](Event& e) { e.end = e.start - 1us; }), "invalid-argument");
}

TEST_F(EventLogTest, ListsNewestFirstWithFiltersForCameraKindAndTime) {
    for (const auto& [camera, kind, at] : {std::tuple{"a", kind::kMotion, 0s},
                                           {"b", kind::kSound, 10s},
                                           {"a", kind::kSound, 20s},
                                           {"ab", kind::kMotion, 30s}}) {
        ASSERT_TRUE(run(log->append(event(camera, kind, at))));
    }
    const auto at = [](auto s) { return fakes::Clock::kBegin + s; };
    EXPECT_THAT(list(), ElementsAre("ab:motion", "a:sound", "b:sound", "a:motion"));
    EXPECT_THAT(list([](Query& q) { q.cameras = {"a"}; }), ElementsAre("a:sound", "a:motion"));
    EXPECT_THAT(list([](Query& q) {
                    q.cameras = {"a", "b"};
                    q.kinds = {"sound"};
                }),
                ElementsAre("a:sound", "b:sound"));
    EXPECT_THAT(list([&](Query& q) {
                    q.from = at(10s);
                    q.to = at(30s);
                }),
                ElementsAre("a:sound", "b:sound"));
    EXPECT_THAT(list([](Query& q) { q.cameras = {"nobody"}; }), IsEmpty());
}

TEST_F(EventLogTest, AnEventThatStillWentOnIsInTheRange) {
    Event e = event("a", kind::kMotion, 0s);
    e.end = e.start + 60s;
    ASSERT_TRUE(run(log->append(e)));
    EXPECT_THAT(list([&](Query& q) { q.from = e.start + 30s; }), ElementsAre("a:motion"));
    EXPECT_THAT(list([&](Query& q) { q.from = e.start + 60s; }), IsEmpty());
}

TEST_F(EventLogTest, PagesWalkTheWholeListOnceAlsoWhenTimesAreEqual) {
    for (int i = 0; i < 25; ++i)
        ASSERT_TRUE(run(log->append(
            event(fmt::format("c{}", i), kind::kMotion, std::chrono::seconds{i / 10}))));
    std::set<std::string> seen;
    std::string cursor;
    int pages = 0;
    do {
        Query query;
        query.after = cursor;
        query.limit = 10;
        const Page page = run(log->list(query)).value();
        for (const EventPtr& e : page.events) EXPECT_TRUE(seen.insert(e->camera).second);
        cursor = page.next;
        ++pages;
    } while (!cursor.empty());
    EXPECT_EQ(seen.size(), 25u);
    EXPECT_EQ(pages, 3);
}

TEST_F(EventLogTest, ACursorThatIsNoneIsRefused) {
    for (const char* text : {"x", "1", "1.", ".id", "99999999999999999999.a"}) {
        Query query;
        query.after = text;
        EXPECT_EQ(run(log->list(query)).error().kind(), ErrorKind::InvalidArgument) << text;
    }
}

TEST_F(EventLogTest, AFollowerCatchesUpWithRowsAndUpdates) {
    const EventPtr first = run(log->append(event("a", kind::kMotion))).value();
    const EventPtr second = run(log->append(event("b", kind::kMotion))).value();
    ASSERT_TRUE(run(log->finish(first->id, first->start + 1s)));
    const auto missed = run(log->since(second->sequence, 100)).value();
    ASSERT_EQ(missed.size(), 1u);
    EXPECT_EQ(missed[0]->id, first->id);
    EXPECT_TRUE(missed[0]->end);
    EXPECT_EQ(run(log->since(0, 1)).value()[0]->id, second->id) << "oldest change first";
}

TEST_F(EventLogTest, PruneRemovesWhatBeganBefore) {
    for (int i = 0; i < 4; ++i)
        ASSERT_TRUE(run(log->append(event("a", kind::kMotion, std::chrono::seconds{i}))));
    EXPECT_EQ(run(log->prune(fakes::Clock::kBegin + 2s)).value(), 2);
    EXPECT_EQ(list().size(), 2u);
}

Event motion(base::WallTime start) {
    Event e;
    e.camera = "a";
    e.kind = kind::kMotion;
    e.start = start;
    return e;
}

TEST(EventLog, SequenceAndIdsRiseAcrossRestartsPruningAndAClockThatStepsBack) {
    fakes::TempDirectory dir;
    fakes::Clock clock;
    asio::io_context io{1};
    std::int64_t sequence = 0;
    std::string id;
    for (int i = 0; i < 3; ++i) {
        auto store = store::Store::open(dir.path("a.db")).value();
        auto log = EventLog::open(*store, clock).value();
        for (int k = 0; k < 3; ++k) {
            const EventPtr e = log->append_now(motion(clock.wall_now())).value();
            EXPECT_GT(e->sequence, sequence);
            EXPECT_GT(e->id, id);
            sequence = e->sequence;
            id = e->id;
        }
        clock.jump_wall(-1min);
        if (i == 1) {
            clock.jump_wall(1h);  // pruned and restarted: time alone must carry the order
            ASSERT_TRUE(fakes::run(io, log->prune(clock.wall_now() + 24h)));
        }
    }
}

TEST(EventLog, SchemaIsTheDocumentedOne) {
    auto db = store::Database::open(":memory:").value();
    ASSERT_TRUE(store::migrate(*db, table::kSchema));
    const std::string documented =
        store::read_file(fakes::test_data() + "/../../docs/ref/schema/events.sql", 1 << 20).value();
    EXPECT_THAT(documented, HasSubstr(store::describe(*db).value()));
}

TEST(EventJson, LeavesOutWhatIsEmptyAndTheVendorsEvidence) {
    Event e = motion(fakes::Clock::kBegin);
    e.id = "01";
    e.sequence = 7;
    e.evidence = R"({"token":"x"})";
    EXPECT_EQ(
        to_json(e).dump(),
        R"({"camera":"a","id":"01","kind":"motion","sequence":7,"start":"2026-11-20T21:00:00.000Z"})");
    e.end = e.start + 1500ms;
    e.data = R"({"zone":1})";
    const auto json = to_json(e, true);
    EXPECT_EQ(json["end"], "2026-11-20T21:00:01.500Z");
    EXPECT_EQ(json["data"]["zone"], 1);
    EXPECT_EQ(json["evidence"]["token"], "x");
}

}  // namespace
}  // namespace casement::events

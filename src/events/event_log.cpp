#include "events/event_log.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace casement::events {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using store::Database;
using store::Durability;

constexpr std::size_t kMaxName = 200;        // camera, kind, vendor id
constexpr std::size_t kMaxText = 4 * 1024;   // a sentence, or a path
constexpr std::size_t kMaxData = 64 * 1024;  // Nanit's and Nest's payloads stay under 8 KiB

bool is_plain(std::string_view text, std::size_t limit) {
    return text.size() <= limit &&
           std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

Result<> check(const Event& event) {
    const auto refuse = [](std::string_view what) {
        return fail(ErrorKind::InvalidArgument, "event: {} is too long or holds control characters",
                    what);
    };
    if (event.kind.empty() || !is_plain(event.kind, kMaxName)) return refuse("its kind");
    if (!is_plain(event.camera, kMaxName)) return refuse("its camera");
    if (!is_plain(event.vendor_id, kMaxName)) return refuse("the vendor's id");
    if (!is_plain(event.text, kMaxText)) return refuse("its text");
    if (!is_plain(event.media, kMaxText)) return refuse("its media reference");
    if (event.evidence.size() > kMaxData) return refuse("the vendor's evidence");
    if (event.data.size() > kMaxData) return refuse("its data");
    const auto data = nlohmann::json::parse(event.data, nullptr, false);
    if (!data.is_object())
        return fail(ErrorKind::InvalidArgument, "event: its data is no JSON object");
    if (event.end && *event.end < event.start)
        return fail(ErrorKind::InvalidArgument, "event: it ends before it begins");
    return {};
}

/// What a second report of the same thing adds; false when nothing.
bool merge(Event& known, const Event& report) {
    const Event before = known;
    if (report.end && !known.end) known.end = report.end;
    if (report.score) known.score = report.score;
    if (known.text.empty()) known.text = report.text;
    if (known.media.empty()) known.media = report.media;
    if (known.evidence.empty()) known.evidence = report.evidence;
    return known != before;
}

}  // namespace

Result<std::unique_ptr<EventLog>> EventLog::open(store::Store& store, const base::Clock& clock) {
    std::unique_ptr<EventLog> log(new EventLog(store, clock));
    CASEMENT_TRY(store.run_now([&](Database& database) -> Result<> {
        CASEMENT_TRY(store::migrate(database, table::kSchema));
        CASEMENT_TRY(const table::Newest newest, table::newest(database));
        log->sequence_ = newest.sequence;
        log->ids_.start_after(newest.id);
        return {};
    }));
    return log;
}

std::int64_t EventLog::next_sequence() {
    // Microseconds of the wall clock, made to rise always: stays above what followers remember even
    // when the newest rows were pruned before a restart, and below 2^53, so that JavaScript reads
    // it exactly.
    sequence_ = std::max(sequence_ + 1, store::to_column(clock_.wall_now()));
    return sequence_;
}

Result<EventPtr> EventLog::append_in(Database& database, Event event) {
    CASEMENT_TRY(check(event));
    EventPtr stored;
    bool news = true;
    CASEMENT_TRY(database.transaction(Durability::Full, [&]() -> Result<> {
        std::optional<Event> known;
        if (!event.vendor_id.empty()) {
            CASEMENT_TRY(known, table::find_vendor(database, event.camera, event.vendor_id));
        }
        if (known) {
            news = merge(*known, event);
            event = std::move(*known);
            if (news) event.sequence = next_sequence();
            stored = std::make_shared<const Event>(std::move(event));
            return news ? table::update(database, *stored) : Result<>{};
        }
        event.id = ids_.next();
        event.sequence = next_sequence();
        stored = std::make_shared<const Event>(std::move(event));
        return table::insert(database, *stored);
    }));
    if (news) bus_.publish(stored);
    return stored;
}

Result<EventPtr> EventLog::append_now(Event event) {
    return store_.run_now(
        [&](Database& database) { return append_in(database, std::move(event)); });
}

async::Task<Result<EventPtr>> EventLog::append(Event event) {
    co_return co_await store_.run([this, event = std::move(event)](Database& database) mutable {
        return append_in(database, std::move(event));
    });
}

async::Task<Result<EventPtr>> EventLog::finish(std::string id, base::WallTime end,
                                               Amendment amendment) {
    co_return co_await store_.run([this, id = std::move(id), end, amendment = std::move(amendment)](
                                      Database& database) -> Result<EventPtr> {
        EventPtr stored;
        CASEMENT_TRY(database.transaction(Durability::Full, [&]() -> Result<> {
            CASEMENT_TRY(auto event, table::find(database, id));
            if (!event) return fail(ErrorKind::NotFound, "no event {}", id.substr(0, kIdLength));
            event->end = std::max(end, event->start);
            if (amendment.score) event->score = amendment.score;
            if (!amendment.text.empty()) event->text = amendment.text;
            if (!amendment.media.empty()) event->media = amendment.media;
            CASEMENT_TRY(check(*event));
            event->sequence = next_sequence();
            stored = std::make_shared<const Event>(std::move(*event));
            return table::update(database, *stored);
        }));
        bus_.publish(stored);
        return stored;
    });
}

async::Task<Result<Page>> EventLog::list(Query query) {
    co_return co_await store_.run(
        [query = std::move(query)](Database& database) { return table::list(database, query); });
}

async::Task<Result<std::vector<EventPtr>>> EventLog::since(std::int64_t sequence,
                                                           std::size_t limit) {
    co_return co_await store_.run(
        [=](Database& database) { return table::since(database, sequence, limit); });
}

async::Task<Result<EventPtr>> EventLog::find(std::string id) {
    co_return co_await store_.run([id = std::move(id)](Database& database) -> Result<EventPtr> {
        CASEMENT_TRY(auto event, table::find(database, id));
        if (!event) return fail(ErrorKind::NotFound, "no event {}", id.substr(0, kIdLength));
        return std::make_shared<const Event>(std::move(*event));
    });
}

async::Task<Result<std::int64_t>> EventLog::prune(base::WallTime before) {
    co_return co_await store_.run(
        [=](Database& database) { return table::prune(database, before); });
}

}  // namespace casement::events

#include "events/table.hpp"

#include <array>

#include "base/text.hpp"

namespace casement::events::table {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using store::Database;
using store::Row;

constexpr std::array<std::string_view, 1> kSteps{
    R"sql(CREATE TABLE events (
    id TEXT PRIMARY KEY NOT NULL,
    sequence INTEGER NOT NULL UNIQUE,
    camera TEXT NOT NULL,
    kind TEXT NOT NULL,
    start_us INTEGER NOT NULL,
    end_us INTEGER,
    score REAL,
    text TEXT NOT NULL,
    media TEXT NOT NULL,
    vendor_id TEXT,
    data TEXT NOT NULL,
    evidence TEXT NOT NULL
);
CREATE INDEX events_by_start ON events (start_us, id);
CREATE INDEX events_by_camera ON events (camera, start_us, id);
CREATE UNIQUE INDEX events_by_vendor_id ON events (camera, vendor_id) WHERE vendor_id IS NOT NULL;
)sql"};

#define COLUMNS \
    "id, sequence, camera, kind, start_us, end_us, score, text, media, vendor_id, data, evidence"

Event from_row(const Row& row) {
    return {.id = row.get<std::string>(0),
            .sequence = row.get<std::int64_t>(1),
            .camera = row.get<std::string>(2),
            .kind = row.get<std::string>(3),
            .start = row.get<base::WallTime>(4),
            .end = row.get<std::optional<base::WallTime>>(5),
            .score = row.get<std::optional<double>>(6),
            .text = row.get<std::string>(7),
            .media = row.get<std::string>(8),
            .vendor_id = row.get<std::optional<std::string>>(9).value_or(""),
            .data = row.get<std::string>(10),
            .evidence = row.get<std::string>(11)};
}

EventPtr shared_from_row(const Row& row) { return std::make_shared<const Event>(from_row(row)); }

std::optional<std::string> or_null(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

/// The names as one text, which one bound parameter carries: the statement stays the same for any
/// number of them.
std::optional<std::string> name_list(const std::vector<std::string>& names) {
    if (names.empty()) return std::nullopt;
    std::string out;
    for (const std::string& name : names)
        out += "\x1F" + name;  // a separator that no name holds (EventLog checks)
    return out + "\x1F";
}

/// "<start_us>.<id>" of the last event of a page.
Result<std::pair<std::int64_t, std::string>> parse_cursor(std::string_view text) {
    const auto start = base::parse_number<std::int64_t>(base::take_until(text, '.'));
    if (!start || text.empty() || text.size() > 64)
        return fail(ErrorKind::InvalidArgument, "that is no cursor of this list");
    return std::pair{*start, std::string(text)};
}

}  // namespace

const store::Schema kSchema{"events", kSteps};

Result<> insert(Database& database, const Event& e) {
    CASEMENT_TRY(database.run("INSERT INTO events (" COLUMNS
                              ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                              e.id, e.sequence, e.camera, e.kind, e.start, e.end, e.score, e.text,
                              e.media, or_null(e.vendor_id), e.data, e.evidence));
    return {};
}

Result<> update(Database& database, const Event& e) {
    CASEMENT_TRY(
        const auto changed,
        database.run("UPDATE events SET sequence = ?, end_us = ?, score = ?, text = ?, media = ?, "
                     "data = ?, evidence = ? WHERE id = ?",
                     e.sequence, e.end, e.score, e.text, e.media, e.data, e.evidence, e.id));
    if (changed != 1) return fail(ErrorKind::NotFound, "no event {}", e.id);
    return {};
}

Result<std::optional<Event>> find(Database& database, std::string_view id) {
    return database.one("SELECT " COLUMNS " FROM events WHERE id = ?", from_row, id);
}

Result<std::optional<Event>> find_vendor(Database& database, std::string_view camera,
                                         std::string_view vendor_id) {
    return database.one("SELECT " COLUMNS " FROM events WHERE camera = ? AND vendor_id = ?",
                        from_row, camera, vendor_id);
}

Result<Page> list(Database& database, const Query& query) {
    std::optional<std::int64_t> before_start;
    std::string before_id;
    if (!query.after.empty()) {
        CASEMENT_TRY(auto cursor, parse_cursor(query.after));
        before_start = cursor.first;
        before_id = std::move(cursor.second);
    }
    const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, kMaxPage);
    const auto cameras = name_list(query.cameras), kinds = name_list(query.kinds);
    // Names are matched inside a separated list; `instr` is the portable spelling of "contains"
    // (strpos, position).
    CASEMENT_TRY(
        auto events,
        database.all(
            "SELECT " COLUMNS
            " FROM events WHERE (?1 IS NULL OR instr(?1, char(31) || camera || char(31)) > 0)"
            " AND (?2 IS NULL OR instr(?2, char(31) || kind || char(31)) > 0)"
            " AND (?3 IS NULL OR start_us >= ?3 OR end_us > ?3) AND (?4 IS NULL OR start_us < ?4)"
            " AND (?5 IS NULL OR start_us < ?5 OR (start_us = ?5 AND id < ?6))"
            " ORDER BY start_us DESC, id DESC LIMIT ?7",
            shared_from_row, cameras, kinds, query.from, query.to, before_start, before_id,
            limit + 1));
    Page page{std::move(events), {}};
    if (page.events.size() > limit) {
        page.events.pop_back();
        const Event& last = *page.events.back();
        page.next = fmt::format("{}.{}", store::to_column(last.start), last.id);
    }
    return page;
}

Result<std::vector<EventPtr>> since(Database& database, std::int64_t sequence, std::size_t limit) {
    return database.all("SELECT " COLUMNS
                        " FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?",
                        shared_from_row, sequence, std::clamp<std::size_t>(limit, 1, kMaxPage));
}

Result<std::int64_t> prune(Database& database, base::WallTime before) {
    return database.run("DELETE FROM events WHERE start_us < ?", before);
}

Result<Newest> newest(Database& database) {
    CASEMENT_TRY(
        auto found,
        database.one("SELECT coalesce(max(sequence), 0), coalesce(max(id), '') FROM events",
                     [](const Row& row) {
                         return Newest{row.get<std::int64_t>(0), row.get<std::string>(1)};
                     }));
    return found.value_or(Newest{});
}

}  // namespace casement::events::table

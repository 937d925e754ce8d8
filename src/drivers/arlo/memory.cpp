#include "drivers/arlo/memory.hpp"

#include <array>

#include "base/log.hpp"

namespace casement::drivers::arlo {

namespace {

using base::Result;
using protocols::arlo::Fields;

constexpr std::array<std::string_view, 3> kSteps{R"sql(
CREATE TABLE arlo_devices (
    serial TEXT NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    model TEXT NOT NULL,
    firmware TEXT NOT NULL,
    port INTEGER NOT NULL,
    registration TEXT NOT NULL,
    status TEXT NOT NULL,
    registers TEXT NOT NULL,
    quality TEXT NOT NULL,
    needs_set_up INTEGER NOT NULL,
    streamed_counter_s INTEGER NOT NULL,
    streamed_day INTEGER NOT NULL,
    streamed_today_s INTEGER NOT NULL,
    ongoing TEXT NOT NULL,
    seen_us INTEGER NOT NULL
);
CREATE TABLE arlo_refused (
    model TEXT NOT NULL,
    firmware TEXT NOT NULL,
    register TEXT NOT NULL,
    PRIMARY KEY (model, firmware, register)
);
)sql",
                                                 R"sql(
CREATE TABLE arlo_media (
    serial TEXT NOT NULL PRIMARY KEY,
    streamed_day INTEGER NOT NULL,
    streamed_ms INTEGER NOT NULL,
    awake_day INTEGER NOT NULL,
    awake_ms INTEGER NOT NULL,
    transport TEXT NOT NULL,
    main_port INTEGER NOT NULL,
    small_port INTEGER NOT NULL
);
CREATE TABLE arlo_awake (
    serial TEXT NOT NULL,
    from_us INTEGER NOT NULL,
    to_us INTEGER NOT NULL,
    cause TEXT NOT NULL,
    PRIMARY KEY (serial, from_us)
);
)sql",
                                                 R"sql(
CREATE TABLE arlo_given (
    serial TEXT NOT NULL PRIMARY KEY,
    friendly_name TEXT NOT NULL,
    power TEXT NOT NULL,
    zones TEXT NOT NULL
);
)sql"};

using Transport = camera::PullRtsp::Transport;

std::string word_of(std::optional<Transport> transport) {
    if (!transport) return {};
    return *transport == Transport::Udp ? "udp" : "tcp";
}

std::optional<Transport> transport_of(std::string_view word) {
    if (word == "udp") return Transport::Udp;
    return word == "tcp" ? std::optional(Transport::Tcp) : std::nullopt;
}

Result<> write_media(store::Database& db, const std::string& serial, const Media& m,
                     const std::optional<camera::Awake>& last) {
    CASEMENT_TRY(db.run(
        "INSERT OR REPLACE INTO arlo_media (serial, streamed_day, streamed_ms, "
        "awake_day, awake_ms, transport, main_port, small_port) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        serial, m.streamed.day, m.streamed.spent.count(), m.awake.day, m.awake.spent.count(),
        word_of(m.transport), static_cast<int>(m.main_port), static_cast<int>(m.small_port)));
    if (!last) return {};
    CASEMENT_TRY(
        db.run("INSERT OR REPLACE INTO arlo_awake (serial, from_us, to_us, cause) "
               "VALUES (?, ?, ?, ?)",
               serial, last->from, last->to, std::string(camera::to_string(last->cause))));
    CASEMENT_TRY(
        db.run("DELETE FROM arlo_awake WHERE serial = ? AND from_us <= "
               "(SELECT from_us FROM arlo_awake WHERE serial = ? "
               "ORDER BY from_us DESC LIMIT 1 OFFSET ?)",
               serial, serial, static_cast<std::int64_t>(AwakeLog::kMost)));
    return {};
}

struct Row {
    Record record;
    std::string registers, ongoing;
};

Row read(const store::Row& row) {
    Row out;
    Record& r = out.record;
    r.serial = row.get<std::string>(0);
    r.address = row.get<std::string>(1);
    r.model = row.get<std::string>(2);
    r.firmware = row.get<std::string>(3);
    r.port = row.get<int>(4) == 1 ? Port::Doorbell : Port::Camera;
    r.registration = row.get<std::string>(5);
    r.status = row.get<std::string>(6);
    out.registers = row.get<std::string>(7);
    r.held.quality = row.get<std::string>(8);
    r.needs_set_up = row.get<bool>(9);
    r.streamed = {row.get<std::int64_t>(10), row.get<std::int64_t>(11), row.get<std::int64_t>(12)};
    out.ongoing = row.get<std::string>(13);
    r.seen = row.get<base::WallTime>(14);
    r.friendly_name = row.get<std::string>(15);
    r.power = row.get<std::string>(16);
    r.zones = row.get<std::string>(17);
    return out;
}

Result<Record> whole(Row row) {
    CASEMENT_TRY(row.record.held.registers, protocols::arlo::parse_fields(row.registers));
    CASEMENT_TRY(const Fields ongoing, protocols::arlo::parse_fields(row.ongoing));
    for (const auto& [kind, event] : ongoing) {
        if (const auto* id = std::get_if<std::string>(&event)) row.record.ongoing[kind] = *id;
    }
    return std::move(row.record);
}

Result<> write(store::Database& db, const Record& r) {
    Fields ongoing;
    for (const auto& [kind, event] : r.ongoing) ongoing.set(kind, event);
    CASEMENT_TRY(
        db.run("INSERT OR REPLACE INTO arlo_devices (serial, address, model, firmware, "
               "port, registration, status, registers, quality, needs_set_up, "
               "streamed_counter_s, streamed_day, streamed_today_s, ongoing, seen_us) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               r.serial, r.address, r.model, r.firmware, r.port == Port::Doorbell ? 1 : 0,
               r.registration, r.status, protocols::arlo::to_json(r.held.registers), r.held.quality,
               r.needs_set_up, r.streamed.counter_s, r.streamed.day, r.streamed.today_s,
               protocols::arlo::to_json(ongoing), r.seen));
    const bool is_given = !r.friendly_name.empty() || !r.power.empty() || !r.zones.empty();
    if (!is_given) {
        CASEMENT_TRY(db.run("DELETE FROM arlo_given WHERE serial = ?", r.serial));
        return {};
    }
    CASEMENT_TRY(
        db.run("INSERT OR REPLACE INTO arlo_given (serial, friendly_name, power, zones) VALUES (?, "
               "?, ?, ?)",
               r.serial, r.friendly_name, r.power, r.zones));
    return {};
}

}  // namespace

const store::Schema kArloSchema{"arlo", kSteps};

Result<std::unique_ptr<Memory>> Memory::open(store::Store& store) {
    CASEMENT_TRY(
        store.run_now([](store::Database& db) { return store::migrate(db, kArloSchema); }));
    return std::unique_ptr<Memory>(new Memory(store));
}

Result<std::vector<Record>> Memory::devices() {
    CASEMENT_TRY(auto rows, store_.run_now([](store::Database& db) {
        return db.all(
            "SELECT arlo_devices.serial, address, model, firmware, port, registration, status, "
            "registers, "
            "quality, needs_set_up, streamed_counter_s, streamed_day, streamed_today_s, ongoing, "
            "seen_us, coalesce(friendly_name, ''), coalesce(power, ''), coalesce(zones, '') "
            "FROM arlo_devices LEFT JOIN arlo_given ON arlo_given.serial = arlo_devices.serial "
            "ORDER BY arlo_devices.serial",
            read);
    }));
    std::vector<Record> out;
    for (Row& row : rows) {
        const std::string serial = row.record.serial;
        auto record = whole(std::move(row));
        if (record) {
            out.push_back(std::move(*record));
        } else {
            base::Log()
                .with("serial", serial)
                .warn(
                    "What was stored of an Arlo device cannot be read; it is known again when it "
                    "registers: {}",
                    record.error().message());
        }
    }
    return out;
}

Result<std::vector<KnownDevice>> known_devices(store::Database& database) {
    CASEMENT_TRY(const auto tables,
                 database.all("SELECT name FROM sqlite_schema WHERE name = 'arlo_devices'",
                              [](const store::Row& row) { return row.get<std::string>(0); }));
    if (tables.empty()) return std::vector<KnownDevice>{};
    return database.all("SELECT serial, address, model FROM arlo_devices ORDER BY serial",
                        [](const store::Row& row) {
                            return KnownDevice{row.get<std::string>(0), row.get<std::string>(1),
                                               row.get<std::string>(2)};
                        });
}

Result<Refusals> Memory::refusals() {
    struct One {
        std::string model, firmware, name;
    };
    CASEMENT_TRY(const auto rows, store_.run_now([](store::Database& db) {
        return db.all("SELECT model, firmware, register FROM arlo_refused ORDER BY 1, 2, 3",
                      [](const store::Row& row) {
                          return One{row.get<std::string>(0), row.get<std::string>(1),
                                     row.get<std::string>(2)};
                      });
    }));
    Refusals out;
    for (const One& one : rows) out[{one.model, one.firmware}].push_back(one.name);
    return out;
}

Result<std::map<std::string, StoredMedia>> Memory::media() {
    struct Stored {
        std::string serial;
        Media media;
    };
    const auto port = [](int number) {
        return static_cast<std::uint16_t>(number > 0 && number <= 0xFFFF ? number : 0);
    };
    CASEMENT_TRY(const auto rows, store_.run_now([port](store::Database& db) {
        return db.all(
            "SELECT serial, streamed_day, streamed_ms, awake_day, awake_ms, transport, "
            "main_port, small_port FROM arlo_media",
            [port](const store::Row& row) {
                using std::chrono::milliseconds;
                Stored out;
                out.serial = row.get<std::string>(0);
                out.media.streamed = {row.get<std::int64_t>(1),
                                      milliseconds(row.get<std::int64_t>(2))};
                out.media.awake = {row.get<std::int64_t>(3),
                                   milliseconds(row.get<std::int64_t>(4))};
                out.media.transport = transport_of(row.get<std::string>(5));
                out.media.main_port = port(row.get<int>(6));
                out.media.small_port = port(row.get<int>(7));
                return out;
            });
    }));
    std::map<std::string, StoredMedia> out;
    for (const Stored& row : rows) out[row.serial].media = row.media;
    struct Stretch {
        std::string serial, cause;
        camera::Awake awake;
    };
    CASEMENT_TRY(const auto stretches, store_.run_now([](store::Database& db) {
        return db.all("SELECT serial, from_us, to_us, cause FROM arlo_awake ORDER BY from_us",
                      [](const store::Row& row) {
                          Stretch out;
                          out.serial = row.get<std::string>(0);
                          out.awake.from = row.get<base::WallTime>(1);
                          out.awake.to = row.get<base::WallTime>(2);
                          out.cause = row.get<std::string>(3);
                          return out;
                      });
    }));
    for (const Stretch& one : stretches) {
        const auto cause = camera::parse_wake_cause(one.cause);
        if (cause) out[one.serial].awake.push_back({*cause, one.awake.from, one.awake.to});
    }
    return out;
}

async::Task<Result<>> Memory::put_media(std::string serial, Media media,
                                        std::optional<camera::Awake> last) {
    co_return co_await store_.run([=](store::Database& db) {
        return db.transaction(store::Durability::Fast,
                              [&] { return write_media(db, serial, media, last); });
    });
}

async::Task<Result<>> Memory::put(Record record) {
    co_return co_await store_.run([record = std::move(record)](store::Database& db) {
        return db.transaction(store::Durability::Fast, [&] { return write(db, record); });
    });
}

async::Task<Result<>> Memory::forget(std::string serial) {
    co_return co_await store_.run([serial = std::move(serial)](store::Database& db) -> Result<> {
        return db.transaction(store::Durability::Full, [&]() -> Result<> {
            CASEMENT_TRY(db.run("DELETE FROM arlo_devices WHERE serial = ?", serial));
            CASEMENT_TRY(db.run("DELETE FROM arlo_given WHERE serial = ?", serial));
            CASEMENT_TRY(db.run("DELETE FROM arlo_media WHERE serial = ?", serial));
            CASEMENT_TRY(db.run("DELETE FROM arlo_awake WHERE serial = ?", serial));
            return {};
        });
    });
}

async::Task<Result<>> Memory::refuse(std::string model, std::string firmware,
                                     std::vector<std::string> registers) {
    co_return co_await store_.run([=](store::Database& db) {
        return db.transaction(store::Durability::Fast, [&]() -> Result<> {
            for (const std::string& name : registers) {
                CASEMENT_TRY(
                    db.run("INSERT OR IGNORE INTO arlo_refused (model, firmware, "
                           "register) VALUES (?, ?, ?)",
                           model, firmware, name));
            }
            return {};
        });
    });
}

}  // namespace casement::drivers::arlo

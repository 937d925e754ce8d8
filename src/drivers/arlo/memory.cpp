#include "drivers/arlo/memory.hpp"

#include <array>

#include "base/log.hpp"

namespace casement::drivers::arlo {

namespace {

using base::Result;
using protocols::arlo::Fields;

constexpr std::array<std::string_view, 1> kSteps{R"sql(
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
)sql"};

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
            "SELECT serial, address, model, firmware, port, registration, status, registers, "
            "quality, needs_set_up, streamed_counter_s, streamed_day, streamed_today_s, ongoing, "
            "seen_us FROM arlo_devices ORDER BY serial",
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

async::Task<Result<>> Memory::put(Record record) {
    co_return co_await store_.run(
        [record = std::move(record)](store::Database& db) { return write(db, record); });
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

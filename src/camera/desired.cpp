#include "camera/desired.hpp"

#include <array>

#include <nlohmann/json.hpp>

#include "camera/json.hpp"

namespace casement::camera {

namespace {

using base::Result;
using store::Database;
using store::Durability;
using store::Row;

constexpr std::array<std::string_view, 1> kSteps{
    R"sql(CREATE TABLE desired_settings (
    camera TEXT NOT NULL,
    setting TEXT NOT NULL,
    value TEXT NOT NULL,
    asked_us INTEGER NOT NULL,
    asked_by TEXT NOT NULL,
    refused TEXT NOT NULL,
    PRIMARY KEY (camera, setting)
);
)sql"};

struct Stored {
    std::string camera, setting, value;
    Wish wish;
};

Result<std::vector<Stored>> read_all(Database& database) {
    return database.all(
        "SELECT camera, setting, value, asked_us, asked_by, refused FROM desired_settings",
        [](const Row& row) {
            return Stored{.camera = row.get<std::string>(0),
                          .setting = row.get<std::string>(1),
                          .value = row.get<std::string>(2),
                          .wish = {.value = {},
                                   .asked_at = row.get<base::WallTime>(3),
                                   .by = row.get<std::string>(4),
                                   .refused = row.get<std::string>(5)}};
        });
}

}  // namespace

const store::Schema kDesiredSchema{"camera", kSteps};

Result<std::unique_ptr<DesiredState>> DesiredState::open(store::Store& store) {
    CASEMENT_TRY(std::vector<Stored> rows,
                 store.run_now([](Database& database) -> Result<std::vector<Stored>> {
                     CASEMENT_TRY(store::migrate(database, kDesiredSchema));
                     return read_all(database);
                 }));
    std::unique_ptr<DesiredState> desired(new DesiredState(store));
    const base::MutexLock lock(desired->mutex_);
    for (Stored& row : rows) {
        const auto json = nlohmann::json::parse(row.value, nullptr, false);
        CASEMENT_TRY(row.wish.value, stored_value_from_json(json));
        desired->by_camera_[row.camera].insert_or_assign(row.setting, std::move(row.wish));
    }
    return desired;
}

Wishes DesiredState::wishes(std::string_view camera) const {
    const base::MutexLock lock(mutex_);
    const auto found = by_camera_.find(camera);
    return found == by_camera_.end() ? Wishes{} : found->second;
}

std::optional<Wish> DesiredState::wish(std::string_view camera, std::string_view setting) const {
    const base::MutexLock lock(mutex_);
    const auto found = by_camera_.find(camera);
    if (found == by_camera_.end()) return std::nullopt;
    const auto wish = found->second.find(setting);
    return wish == found->second.end() ? std::nullopt : std::optional(wish->second);
}

async::Task<Result<>> DesiredState::put(std::string camera, std::string setting, Wish wish) {
    co_return co_await store_.run([this, camera = std::move(camera), setting = std::move(setting),
                                   wish = std::move(wish)](Database& database) -> Result<> {
        CASEMENT_TRY(database.transaction(Durability::Full, [&]() -> Result<> {
            CASEMENT_TRY(
                database.run("INSERT INTO desired_settings (camera, setting, value, asked_us, "
                             "asked_by, refused) VALUES (?, ?, ?, ?, ?, ?) "
                             "ON CONFLICT (camera, setting) DO UPDATE SET value = excluded.value, "
                             "asked_us = excluded.asked_us, "
                             "asked_by = excluded.asked_by, refused = excluded.refused",
                             camera, setting, value_to_json(wish.value).dump(), wish.asked_at,
                             wish.by, wish.refused));
            return {};
        }));
        const base::MutexLock lock(mutex_);
        by_camera_[camera].insert_or_assign(setting, wish);
        return {};
    });
}

async::Task<Result<>> DesiredState::forget(std::string camera, std::string setting) {
    co_return co_await store_.run([this, camera = std::move(camera),
                                   setting = std::move(setting)](Database& database) -> Result<> {
        CASEMENT_TRY(database.transaction(Durability::Full, [&]() -> Result<> {
            CASEMENT_TRY(database.run(
                "DELETE FROM desired_settings WHERE camera = ? AND setting = ?", camera, setting));
            return {};
        }));
        const base::MutexLock lock(mutex_);
        if (const auto found = by_camera_.find(camera); found != by_camera_.end())
            found->second.erase(setting);
        return {};
    });
}

}  // namespace casement::camera

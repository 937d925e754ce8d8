#include "drivers/nanit/memory.hpp"

#include "base/log.hpp"
#include "drivers/json.hpp"

namespace casement::drivers::nanit {

namespace {

using base::Secret;
using nlohmann::json;

Secret written(const Remembered& camera) {
    const auto expires =
        std::chrono::floor<std::chrono::seconds>(camera.uc_expires.time_since_epoch()).count();
    const json out{{"baby", camera.baby},
                   {"name", camera.name},
                   {"address", camera.address},
                   {"fingerprint", camera.fingerprint},
                   {"uc_token", camera.uc_token.reveal()},
                   {"uc_expires", expires},
                   {"takes_access_token", camera.takes_access_token}};
    return Secret(out.dump(-1, ' ', false, json::error_handler_t::replace));
}

std::optional<Remembered> read(const Secret& secret) {
    const auto stored = parse_object(secret.reveal());
    if (!stored) return std::nullopt;
    Remembered out{.baby = text_at(*stored, "baby"),
                   .name = text_at(*stored, "name"),
                   .address = text_at(*stored, "address"),
                   .fingerprint = text_at(*stored, "fingerprint"),
                   .uc_token = Secret(text_at(*stored, "uc_token")),
                   .uc_expires = {},
                   .takes_access_token = at(*stored, "takes_access_token") == json(true)};
    if (const json& expires = at(*stored, "uc_expires"); expires.is_number_integer())
        out.uc_expires = base::WallTime{std::chrono::seconds{expires.get<std::int64_t>()}};
    if (!out.uc_token.empty()) base::mask_in_logs(out.uc_token.reveal());
    return out;
}

}  // namespace

Memory::Memory(store::SealedStore& sealed, async::BlockingPool& disk, std::string account)
    : sealed_(sealed), disk_(disk), prefix_(fmt::format("nanit/{}/camera/", account)) {
    for (const std::string& name : sealed_.names()) {
        if (!name.starts_with(prefix_)) continue;
        const auto secret = sealed_.get(name);
        auto camera = secret ? read(*secret) : std::nullopt;
        if (camera) cameras_.emplace(name.substr(prefix_.size()), std::move(*camera));
    }
}

std::string Memory::entry(std::string_view serial) const { return prefix_ + std::string(serial); }

const Remembered& Memory::of(std::string_view serial) const {
    static const Remembered none;
    const auto found = cameras_.find(serial);
    return found == cameras_.end() ? none : found->second;
}

async::Task<> Memory::put(std::string serial, Remembered camera) {
    if (of(serial) == camera && cameras_.contains(serial)) co_return;
    cameras_.insert_or_assign(serial, camera);
    const auto stored = co_await disk_.run(
        [this, serial, camera] { return sealed_.put(entry(serial), written(camera)); });
    if (!stored)
        base::Log().component("nanit").error("what is known of {} is not kept: {}", serial,
                                             stored.error().message());
}

async::Task<> Memory::forget(std::string serial) {
    cameras_.erase(serial);
    (void)co_await disk_.run([this, serial] { return sealed_.remove(entry(serial)); });
}

}  // namespace casement::drivers::nanit

#include "emulators/nest/home.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace casement::emulators::nest {

using base::ErrorKind;
using base::Result;

namespace {

constexpr std::size_t kMostCuepoints = 1000;  // per camera

/// What dropcams.set_properties takes, and as which JSON it is told.
struct Settable {
    std::string_view name;
    std::vector<std::pair<std::string_view, std::string_view>>
        values;  // of the form, of the record
};
const std::vector<Settable>& settables() {
    const std::vector<std::pair<std::string_view, std::string_view>> on_off{{"true", "true"},
                                                                            {"false", "false"}};
    static const std::vector<Settable> all{
        {"streaming.enabled", on_off},
        {"audio.enabled", on_off},
        {"doorbell.indoor_chime.enabled", on_off},
        {"doorbell.chime_assist.enabled", on_off},
        {"video.flipped", on_off},
        {"irled.state", {{"auto_on", R"("auto_on")"}, {"always_off", R"("always_off")"}}},
        {"statusled.brightness", {{"0", "0"}, {"1", "1"}, {"2", "2"}}},
    };
    return all;
}

}  // namespace

bool Camera::is_on() const { return properties.at("streaming.enabled") == "true"; }
bool Camera::hears() const { return has_microphone && properties.at("audio.enabled") == "true"; }

Home::Home(const base::Clock& clock) : clock_(clock) { lists_.at = clock_.wall_now(); }

void Home::add(Camera camera) {
    std::map<std::string, std::string> properties{
        {"streaming.enabled", "true"},   {"audio.enabled", "true"},
        {"irled.state", R"("auto_on")"}, {"statusled.brightness", "0"},
        {"video.flipped", "false"},      {"notify.motion.enabled", "true"}};
    if (camera.model.is_doorbell) {
        properties.emplace("doorbell.indoor_chime.enabled", "true");
        properties.emplace("doorbell.chime_assist.enabled", "false");
    }
    camera.properties.merge(properties);  // what is said stays
    const std::string key = "quartz." + camera.uuid;
    if (Camera* known = find(camera.uuid)) {
        *known = std::move(camera);
    } else {
        cameras_.push_back(std::move(camera));
    }
    bump(key);
    bump_lists();
}

void Home::remove(std::string_view uuid) {
    if (std::erase_if(cameras_, [uuid](const Camera& one) { return one.uuid == uuid; }) > 0)
        bump_lists();
}

Camera* Home::find(std::string_view uuid) {
    const auto at = std::ranges::find(cameras_, uuid, &Camera::uuid);
    return at == cameras_.end() ? nullptr : &*at;
}

void Home::bump(const std::string& key) {
    Revision& revision = revisions_[key];
    ++revision.number;
    revision.at = clock_.wall_now();
    std::erase_if(bells_, [](const auto& weak) { return weak.expired(); });
    for (const auto& weak : bells_) weak.lock()->ring();
}

void Home::bump_lists() {
    ++lists_.number;
    bump("lists");
    lists_.at = clock_.wall_now();
}

std::shared_ptr<async::Bell> Home::listen(const async::Executor& executor) {
    auto bell = std::make_shared<async::Bell>(executor);
    bells_.push_back(bell);
    return bell;
}

void Home::touch(std::string_view uuid) { bump("quartz." + std::string(uuid)); }

void Home::set_online(std::string_view uuid, bool online) {
    Camera* camera = find(uuid);
    if (camera == nullptr || camera->online == online) return;
    camera->online = online;
    touch(uuid);
}

void Home::set_owner(std::string_view uuid, std::string_view userid) {
    Camera* camera = find(uuid);
    if (camera == nullptr) return;
    camera->owner = userid;
    bump_lists();
}

Result<> Home::set_properties(std::string_view uuid,
                              const std::vector<std::pair<std::string, std::string>>& wanted) {
    Camera* camera = find(uuid);
    if (camera == nullptr) return base::fail(ErrorKind::NotFound, "there is no such camera");
    auto changed = camera->properties;
    for (const auto& [name, value] : wanted) {
        const auto settable = std::ranges::find(settables(), name, &Settable::name);
        const auto known = changed.find(name);
        if (settable == settables().end() || known == changed.end())
            return base::fail(ErrorKind::InvalidArgument, "there is no property {}", name);
        const auto* to = std::ranges::find(settable->values, value,
                                           &std::pair<std::string_view, std::string_view>::first)
                             .base();
        if (to == settable->values.data() + settable->values.size())
            return base::fail(ErrorKind::InvalidArgument, "{} cannot be {}", name, value);
        known->second = std::string(to->second);
    }
    if (changed == camera->properties) return {};
    camera->properties = std::move(changed);
    touch(uuid);
    return {};
}

std::string Home::add_cuepoint(std::string_view uuid, std::vector<std::string> types,
                               std::chrono::milliseconds length, bool lasting) {
    const auto now = clock_.wall_now();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    // Seconds, but no two alike.
    last_cuepoint_ = std::max<std::int64_t>(last_cuepoint_ + 1, seconds);
    std::string id = fmt::format("{}-labs", last_cuepoint_);
    auto& all = cuepoints_[std::string(uuid)];
    all.push_back({.id = id,
                   .types = std::move(types),
                   .start = now,
                   .end = now + length,
                   .in_progress = lasting});
    if (all.size() > kMostCuepoints) all.erase(all.begin());
    touch(uuid);  // the bucket tells the last one
    return id;
}

void Home::end_cuepoint(std::string_view uuid, std::string_view id) {
    const auto all = cuepoints_.find(uuid);
    if (all == cuepoints_.end()) return;
    const auto at = std::ranges::find(all->second, id, &Cuepoint::id);
    if (at == all->second.end() || !at->in_progress) return;
    at->in_progress = false;
    at->end = clock_.wall_now();
    touch(uuid);
}

const Cuepoint* Home::find_cuepoint(std::string_view uuid, std::string_view id) const {
    const auto all = cuepoints_.find(uuid);
    if (all == cuepoints_.end()) return nullptr;
    const auto at = std::ranges::find(all->second, id, &Cuepoint::id);
    return at == all->second.end() ? nullptr : &*at;
}

}  // namespace casement::emulators::nest

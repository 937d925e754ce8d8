#pragma once
// What the emulated cloud knows of a home: its cameras, their properties, what happened at them,
// and all of it as the vendor's JSON.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "async/bell.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace casement::emulators::nest {

/// A model as its records tell it.
struct Model {
    std::string_view name;
    int type;
    bool is_doorbell;
};
inline constexpr Model kIndoor{"Nest Cam Indoor", 8, false};
inline constexpr Model kOutdoor{"Nest Cam Outdoor", 9, false};
inline constexpr Model kHello{"Nest Hello", 12, true};

struct Camera {
    std::string uuid;           // 32 hexadecimal digits
    std::string description{};  // the owner's label, often empty
    std::string where = "Front Door";
    Model model = kIndoor;
    std::string region = "us1";
    bool online = true;
    bool has_microphone = true;
    bool has_nexustalk = true;         // false: its records name no host for live pictures
    std::string migration = "NORMAL";  // cc2migration.overview_state; empty: not told
    std::string owner{};               // userid; empty: every user's

    // Filled in by the cloud, for its records.
    std::string nexus_url{}, nexustalk_host{}, websocket_host{};
    bool is_on() const;
    bool hears() const;
    bool is_of(std::string_view userid) const { return owner.empty() || owner == userid; }
    std::map<std::string, std::string> properties{};  // JSON values by name
};

/// One of GET /cuepoint. Times of the vendor: milliseconds.
struct Cuepoint {
    std::string id;
    std::vector<std::string> types;
    base::WallTime start, end;
    bool in_progress = false;
    bool is_important = true;
    std::vector<int> zones{};
};

/// Lives on one executor. The clock outlives it.
class Home {
public:
    static constexpr std::string_view kStructure = "s-0001";

    explicit Home(const base::Clock& clock);

    /// One with its uuid that is there already is replaced.
    void add(Camera camera);
    void remove(std::string_view uuid);
    Camera* find(std::string_view uuid);
    const std::vector<Camera>& cameras() const { return cameras_; }

    /// Something of the camera has changed that its bucket tells: long polls are answered.
    void touch(std::string_view uuid);
    void set_online(std::string_view uuid, bool online);
    void set_owner(std::string_view uuid, std::string_view userid);
    /// As dropcams.set_properties does. InvalidArgument for a property that cannot be set, or to
    /// that value; nothing is changed then.
    base::Result<> set_properties(std::string_view uuid,
                                  const std::vector<std::pair<std::string, std::string>>& wanted);

    /// Answers its id. Lasting ones are in progress until end_cuepoint().
    std::string add_cuepoint(std::string_view uuid, std::vector<std::string> types,
                             std::chrono::milliseconds length, bool lasting = false);
    void end_cuepoint(std::string_view uuid, std::string_view id);
    const Cuepoint* find_cuepoint(std::string_view uuid, std::string_view id) const;

    // Bodies of answers.
    /// The buckets of these types, in the order of app_launch.
    nlohmann::json buckets(std::string_view userid, const std::set<std::string>& types) const;
    /// Nothing for a key that is none of the user's.
    std::optional<nlohmann::json> bucket(std::string_view userid, std::string_view key) const;
    /// One of cameras.get_*'s items.
    nlohmann::json camera_info(const Camera& camera) const;
    /// Those that began or ended in [from, until], the oldest first; `types` empty is all.
    nlohmann::json cuepoints(std::string_view uuid, base::WallTime from, base::WallTime until,
                             const std::set<std::string>& types) const;

    /// Rung at every change while the caller keeps it.
    std::shared_ptr<async::Bell> listen(const async::Executor& executor);

private:
    struct Revision {
        std::int64_t number = 1;
        base::WallTime at;
    };
    nlohmann::json wrapped(const std::string& key, nlohmann::json value) const;
    nlohmann::json quartz(const Camera& camera) const;
    std::vector<std::string> keys(std::string_view userid) const;
    nlohmann::json value_of(std::string_view userid, std::string_view key) const;
    void bump(const std::string& key);
    void bump_lists();

    const base::Clock& clock_;
    std::vector<Camera> cameras_;
    std::map<std::string, std::vector<Cuepoint>, std::less<>> cuepoints_;  // oldest first
    std::map<std::string, Revision, std::less<>> revisions_;               // by object_key
    Revision lists_;                                                       // of all that has no own
    std::vector<std::weak_ptr<async::Bell>> bells_;
    std::int64_t last_cuepoint_ = 0;
};

}  // namespace casement::emulators::nest

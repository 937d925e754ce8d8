#pragma once
// What the emulated cloud knows of an account's babies, and how it tells it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace casement::emulators::nanit {

struct Baby {
    std::string uid;
    std::optional<std::string> name = {};        // null in the answer when it is not set
    std::optional<std::string> camera_uid = {};  // none: an account with a speaker only
    std::optional<std::string> speaker_uid = {};
    bool connected = true;
    std::optional<base::WallTime> last_seen = {};  // none: now
    bool shows_camera = true;  // false: the answer has no `camera`, though there is a camera_uid
    std::string stream_url = "rtmps://media-secured.nanit.com";
    std::string version = "6.58.615";
};

/// Lives on one executor. The clock outlives it.
class Nursery {
public:
    explicit Nursery(const base::Clock& clock);

    /// A baby like it that is there already is replaced.
    void add(Baby baby);
    Baby* find(std::string_view uid);
    Baby* find_camera(std::string_view camera_uid);

    /// A message of GET /messages, now or `ago`; answers its id. No message is made (0) for a type
    /// that the baby's settings switch off.
    std::int64_t add_message(std::string_view baby_uid, std::string_view type,
                             std::chrono::seconds ago = {}, std::optional<double> value = {});
    /// An event of GET /events; answers its uid.
    std::string add_event(std::string_view baby_uid, std::string_view key,
                          std::chrono::seconds ago = {});
    void set_has_stats(bool has) { has_stats_ = has; }
    /// Events have films from now on, at signed addresses of this host: an account with a plan.
    /// Empty: they have none.
    void set_films(std::string base_url) { films_ = std::move(base_url); }
    /// Whether the address of a film, "ev5c20.mp4" and its signature, is good.
    bool has_film(std::string_view file, std::string_view signature) const;

    // Bodies of answers, JSON.
    std::string babies() const;
    std::string baby(const Baby& baby) const;
    /// Newest first, `limit` at most.
    std::string messages(const Baby& baby, std::size_t limit) const;
    std::string events(const Baby& baby, std::size_t limit) const;
    std::optional<std::string> last_event(const Baby& baby) const;
    std::optional<std::string> event(const Baby& baby, std::string_view uid) const;
    std::string stats(const Baby& baby) const;
    std::string settings(const Baby& baby) const;
    /// `{"settings":{"SOUND":true}}`; other keys stay. InvalidArgument for another shape.
    base::Result<> change_settings(const Baby& baby, std::string_view body);

private:
    struct Message {
        std::int64_t id = 0;
        std::string type;
        base::WallTime time;
        std::optional<double> value;
    };
    struct Event {
        std::string uid, key;
        base::WallTime time;
    };
    struct Records {
        std::vector<Message> messages;  // oldest first
        std::vector<Event> events;
        std::map<std::string, bool> settings;
    };
    const Records& records(const Baby& baby) const { return records_.at(baby.uid); }
    std::string message_text(const Baby& baby, const Message& message) const;
    std::string event_text(const Baby& baby, const Event& event) const;

    const base::Clock& clock_;
    std::vector<Baby> babies_;
    std::map<std::string, Records, std::less<>> records_;  // by baby_uid
    std::int64_t last_message_ = 900'000;
    std::uint32_t last_event_ = 0x5c00;
    bool has_stats_ = true;
    std::string films_;
};

}  // namespace casement::emulators::nanit
